#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "stepcast/base/result.hpp"

namespace stepcast::dataset {

/// @returns kMalformed with the place, also for what nests deeper than any label file
[[nodiscard]] Result<nlohmann::ordered_json> parse_json(std::string_view text,
                                                        std::string_view file_name);

/// A list of texts; nullopt if it is none.
[[nodiscard]] std::optional<std::vector<std::string>> texts_of(const nlohmann::ordered_json& json);

}  // namespace stepcast::dataset
