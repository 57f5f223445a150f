#pragma once

#include <filesystem>
#include <string_view>

#include "stepcast/base/result.hpp"

namespace stepcast::cli {

/// Writes beside the file first and renames: who reads it finds the old one or the new one, whole.
/// @returns kIo
[[nodiscard]] Result<void> write_whole_file(const std::filesystem::path& path,
                                            std::string_view text);

}  // namespace stepcast::cli
