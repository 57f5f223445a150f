#pragma once

#include <filesystem>
#include <string>

#include "stepcast/base/result.hpp"

namespace stepcast::store {

/// A consistent copy of a SQLite database that may be open here or in another process.
/// @returns as Store::backup().
[[nodiscard]] Result<void> copy_database(const std::string& url, const std::filesystem::path& to);

}  // namespace stepcast::store
