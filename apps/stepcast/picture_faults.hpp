#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "stepcast/vision/frame_watch.hpp"

namespace stepcast::cli {

/// Why a picture shows less than there may be: a network finds nothing in the dark, and that is no
/// good print. Empty for a picture that cannot be read, too.
[[nodiscard]] std::vector<vision::FrameFault> faults_of(const std::string& path);

/// Their names, for a line of JSON.
[[nodiscard]] nlohmann::ordered_json json_of(const std::vector<vision::FrameFault>& faults);

/// A line on standard error for each.
void warn_of(const std::vector<vision::FrameFault>& faults, const std::string& path);

}  // namespace stepcast::cli
