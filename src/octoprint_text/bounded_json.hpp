#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

namespace stepcast::octoprint {

/// What a stranger sent, as JSON; discarded if it is none, or nests_too_deep().
[[nodiscard]] nlohmann::json parse_bounded(std::string_view text);

}  // namespace stepcast::octoprint
