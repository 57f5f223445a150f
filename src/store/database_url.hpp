#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "stepcast/base/result.hpp"

namespace stepcast::store {

enum class Dialect : std::uint8_t { kSqlite, kPostgresql };

/// Where a database is.
struct DatabaseUrl {
  Dialect dialect{};
  std::filesystem::path path;  ///< SQLite.
  std::string server;          ///< PostgreSQL: the whole URL, password included.
  std::string shown;           ///< For messages: without the password.
};

/// @returns kInvalidArgument naming the forms that there are.
[[nodiscard]] Result<DatabaseUrl> parse_database_url(std::string_view url);

}  // namespace stepcast::store
