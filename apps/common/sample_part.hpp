#pragma once

#include <filesystem>

namespace stepcast::cli {

/// The sample part beside the program, in a checkout or an installation; empty if it is not there.
[[nodiscard]] std::filesystem::path sample_part();

}  // namespace stepcast::cli
