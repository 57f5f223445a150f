#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "stepcast/base/result.hpp"

namespace stepcast {

/// @returns kNotFound, kIo, kOutOfRange above 1 GB
[[nodiscard]] Result<std::string> read_text(const std::filesystem::path& file);

/// Written beside the file, flushed to the disk and renamed: there whole or not at all.
/// @returns kIo
[[nodiscard]] Result<void> write_whole(const std::filesystem::path& file, std::string_view content);

/// The same place without links, `.` and `..`, whether it exists or not; absolute.
[[nodiscard]] std::filesystem::path tidy(const std::filesystem::path& path);

}  // namespace stepcast
