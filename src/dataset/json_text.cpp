#include "json_text.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace stepcast::dataset {
namespace {

constexpr int kDeepest = 32;  // a segmentation of COCO nests six levels

std::size_t line_of(std::string_view text, std::size_t place) {
  const auto read = text.substr(0, std::min(place, text.size()));
  return 1 + static_cast<std::size_t>(std::count(read.begin(), read.end(), '\n'));
}

}  // namespace

Result<nlohmann::ordered_json> parse_json(std::string_view text, std::string_view file_name) {
  using Json = nlohmann::ordered_json;
  try {
    auto json = Json::parse(text, [&](int depth, Json::parse_event_t, Json&) {
      if (depth > kDeepest) {
        throw std::length_error("depth");
      }
      return true;
    });
    return json;
  } catch (const Json::parse_error& error) {
    return fail(Errc::kMalformed, "this is no JSON, or it breaks off",
                fmt::format("{}:{}", file_name, line_of(text, error.byte)));
  } catch (const std::length_error&) {
    return fail(Errc::kMalformed, fmt::format("nests deeper than {} levels", kDeepest),
                std::string(file_name));
  } catch (const Json::exception&) {  // a number beyond any type
    return fail(Errc::kMalformed, "holds a number that is too large", std::string(file_name));
  }
}

std::optional<std::vector<std::string>> texts_of(const nlohmann::ordered_json& json) {
  if (!json.is_array()) {
    return std::nullopt;
  }
  std::vector<std::string> texts;
  for (const auto& entry : json) {
    if (!entry.is_string()) {
      return std::nullopt;
    }
    texts.push_back(entry.get<std::string>());
  }
  return texts;
}

}  // namespace stepcast::dataset
