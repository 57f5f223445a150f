#include "stepcast/octoprint/sockjs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bounded_json.hpp"

namespace stepcast::octoprint::sockjs {
namespace {

using nlohmann::json;

std::string written(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

std::string message_frame(std::string_view message) {
  return fmt::format("a[{}]", message);
}

std::string close_frame(int code, std::string_view reason) {
  return fmt::format("c[{},{}]", code, written(json(reason)));
}

std::vector<std::string> messages_in(std::string_view frame) {
  const json value = parse_bounded(frame);
  std::vector<std::string> messages;
  const auto add = [&](const json& item) {
    if (item.is_string()) {
      messages.push_back(item.get<std::string>());
    } else if (item.is_object()) {
      messages.push_back(written(item));
    }
  };
  if (value.is_array()) {
    for (const json& item : value) {
      add(item);
    }
  } else {
    add(value);
  }
  return messages;
}

}  // namespace stepcast::octoprint::sockjs
