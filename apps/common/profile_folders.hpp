#pragma once

#include <filesystem>
#include <vector>

namespace stepcast::cli {

/// Where printer profiles are looked for, in this order: $STEPCAST_PRINTERS, the user's
/// configuration folder, and what lies beside the program (a checkout or an installation).
[[nodiscard]] std::vector<std::filesystem::path> profile_folders();

}  // namespace stepcast::cli
