#include "bounded_json.hpp"

#include <cstddef>

#include "stepcast/octoprint/json_depth.hpp"

namespace stepcast::octoprint {
namespace {

// Settings nest deepest, five levels.
constexpr std::size_t kDeepest = 32;

// Of brackets outside of texts; of what is no JSON it may be wrong.
std::size_t depth_of(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text) {
      i += c == '\\' ? 1 : 0;
      in_text = c != '"';
    } else if (c == '"') {
      in_text = true;
    } else if (c == '[' || c == '{') {
      deepest = deepest < ++depth ? depth : deepest;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

bool nests_too_deep(std::string_view json) {
  return depth_of(json) > kDeepest;
}

nlohmann::json parse_bounded(std::string_view text) {
  using nlohmann::json;
  return nests_too_deep(text) ? json(json::value_t::discarded)
                              : json::parse(text, nullptr, /*allow_exceptions=*/false);
}

}  // namespace stepcast::octoprint
