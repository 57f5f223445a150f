#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/machine/profile.hpp"

namespace stepcast::machine {

/// Reads and validates a printer profile (printers/README.md describes every key).
/// @returns kMalformed for broken TOML (file, line, column), kInvalidArgument or kOutOfRange for a
/// missing, unknown or impossible value (file, key, value, limit).
[[nodiscard]] Result<Profile> parse_profile(std::string_view toml_text, std::string_view file_name);

/// Loads `name_or_path`: a path when it ends in ".toml", else `<name>.toml` in the first of
/// `folders` that has it.
/// @returns kNotFound with the list of known names, or any error of parse_profile().
[[nodiscard]] Result<Profile> load_profile(std::string_view name_or_path,
                                           const std::vector<std::filesystem::path>& folders);

/// The text that load_profile() parses: what tells two profiles apart.
[[nodiscard]] Result<std::string> load_profile_text(
    std::string_view name_or_path, const std::vector<std::filesystem::path>& folders);

/// Names of all profiles in `folders`, sorted.
[[nodiscard]] std::vector<std::string> list_profiles(
    const std::vector<std::filesystem::path>& folders);

}  // namespace stepcast::machine
