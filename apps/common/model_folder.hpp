#pragma once

#include <string>
#include <string_view>

namespace stepcast::cli {

/// Where a model lies that nobody named: in $STEPCAST_MODELS (a folder), else in the `models`
/// folder beside the program (a checkout or an installation).
/// @param name of the file, as "detector.onnx"
/// @returns the path; of a file that is not there, where it should be
[[nodiscard]] std::string model_path(std::string_view name);

}  // namespace stepcast::cli
