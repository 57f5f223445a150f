#pragma once

#include <string_view>

namespace stepcast::octoprint {

/// Is this JSON nested deeper than any message of the interface? Writing a value calls itself for
/// each level, so depth costs stack, and a stranger could choose how much.
[[nodiscard]] bool nests_too_deep(std::string_view json);

}  // namespace stepcast::octoprint
