#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "stepcast/files/library.hpp"

namespace stepcast::files {

/// As kept in the store, with units in the names.
[[nodiscard]] std::string analysis_to_json(const Analysis& analysis);
[[nodiscard]] std::string stated_to_json(const Stated& stated);
/// Nothing if it is not what this version writes: it is then made again.
[[nodiscard]] std::optional<Analysis> analysis_from_json(std::string_view json);
[[nodiscard]] std::optional<Stated> stated_from_json(std::string_view json);

}  // namespace stepcast::files
