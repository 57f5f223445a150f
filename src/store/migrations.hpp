#pragma once

#include <span>
#include <string_view>

#include "stepcast/base/result.hpp"

#include "connection.hpp"
#include "database_url.hpp"

namespace stepcast::store {

/// The statements that lead from one version of the schema to the next.
using Migration = std::string_view;

/// Version n is reached by the first n of them; what has been released never changes.
[[nodiscard]] std::span<const Migration> sqlite_migrations();
[[nodiscard]] std::span<const Migration> postgresql_migrations();

/// The version of the schema; 0: the database is empty. Changes nothing.
/// @returns kUnsupported: the database is newer than this program, or another program's.
[[nodiscard]] Result<int> found_version(Connection& connection, const DatabaseUrl& url);

/// Brings the schema up to date, each step in a transaction of its own; before the first step a
/// SQLite database that holds data is copied beside itself.
/// @returns the version reached; errors of found_version().
[[nodiscard]] Result<int> migrate(Connection& connection, const DatabaseUrl& url);

}  // namespace stepcast::store
