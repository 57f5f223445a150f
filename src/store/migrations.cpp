#include "migrations.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include <fmt/format.h>

namespace stepcast::store {
namespace {

// Every statement ends with a semicolon at the end of a line, and none holds one elsewhere.
Result<void> execute_script(Connection& connection, std::string_view script) {
  constexpr std::string_view kStatementEnd = ";\n";
  while (true) {
    const auto end = script.find(kStatementEnd);
    if (end == std::string_view::npos) {
      return {};
    }
    if (auto done = connection.execute_once(script.substr(0, end)); !done) {
      return done;
    }
    script.remove_prefix(end + kStatementEnd.size());
  }
}

Result<std::int64_t> number(Connection& connection, std::string_view sql) {
  std::int64_t value = 0;
  if (auto asked =
          connection.query<std::int64_t>(sql, [&](std::int64_t answer) { value = answer; });
      !asked) {
    return tl::unexpected(asked.error());
  }
  return value;
}

std::span<const Migration> migrations_of(Dialect dialect) {
  return dialect == Dialect::kSqlite ? sqlite_migrations() : postgresql_migrations();
}

struct Tables {
  bool any = false;
  bool version = false;
};

Result<Tables> tables_of(Connection& connection, Dialect dialect) {
  Tables tables;
  auto asked = connection.query<std::string>(
      dialect == Dialect::kSqlite
          ? "SELECT name FROM sqlite_master WHERE type = 'table'"
          : "SELECT CAST(table_name AS TEXT) FROM information_schema.tables "
            "WHERE table_schema = current_schema()",
      [&](const std::string& name) {
        tables.any = true;
        tables.version = tables.version || name == "schema_version";
      });
  if (!asked) {
    return tl::unexpected(asked.error());
  }
  return tables;
}

Result<int> version_of(Connection& connection, const DatabaseUrl& url) {
  const auto tables = tables_of(connection, url.dialect);
  if (!tables) {
    return tl::unexpected(tables.error());
  }
  if (!tables->version) {
    if (tables->any) {
      return fail(Errc::kUnsupported, "the database belongs to another program", url.shown,
                  "name a new one, which will be created");
    }
    return 0;
  }
  return number(connection, "SELECT coalesce(max(version), 0) FROM schema_version")
      .map([](std::int64_t version) { return static_cast<int>(version); });
}

// Backups of earlier attempts stay: one of them may be the last good one.
std::filesystem::path backup_name(const std::filesystem::path& database, int version) {
  const auto first = fmt::format("{}.v{}.backup", database.string(), version);
  std::filesystem::path name = first;
  for (int copy = 2; std::filesystem::exists(name); ++copy) {
    name = fmt::format("{}-{}", first, copy);
  }
  return name;
}

Result<void> step(Connection& connection, int version, Migration script) {
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  return connection.begin()
      .and_then([&]() -> Result<void> {
        if (version == 1) {
          return connection.execute_once(
              "CREATE TABLE schema_version (version BIGINT PRIMARY KEY, "
              "applied_ms BIGINT NOT NULL)");
        }
        return {};
      })
      .and_then([&] { return execute_script(connection, script); })
      .and_then([&] {
        return connection.execute(
            "INSERT INTO schema_version (version, applied_ms) VALUES (:version, :applied_ms)",
            std::int64_t{version}, std::int64_t{now.count()});
      })
      .and_then([&](std::int64_t /*rows*/) { return connection.commit(); })
      .map_error([&](Error error) {
        connection.roll_back();
        error.message =
            fmt::format("cannot bring the schema to version {}: {}", version, error.message);
        return error;
      });
}

}  // namespace

Result<int> found_version(Connection& connection, const DatabaseUrl& url) {
  auto found = version_of(connection, url);
  const int newest = static_cast<int>(migrations_of(url.dialect).size());
  if (found && *found > newest) {
    return fail(Errc::kUnsupported,
                fmt::format("the database has version {} of the schema; this program knows {}",
                            *found, newest),
                url.shown,
                "start the newer program, or restore the backup made before its first "
                "start");
  }
  return found;
}

Result<int> migrate(Connection& connection, const DatabaseUrl& url) {
  const auto scripts = migrations_of(url.dialect);
  const auto newest = static_cast<int>(scripts.size());
  auto found = found_version(connection, url);
  if (!found) {
    return found;
  }
  if (*found > 0 && *found < newest && url.dialect == Dialect::kSqlite) {
    if (auto copied = connection.copy_to(backup_name(url.path, *found)); !copied) {
      return tl::unexpected(copied.error());
    }
  }
  for (int version = *found + 1; version <= newest; ++version) {
    if (auto done = step(connection, version, scripts[static_cast<std::size_t>(version - 1)]);
        !done) {
      return tl::unexpected(done.error());
    }
  }
  return newest;
}

}  // namespace stepcast::store
