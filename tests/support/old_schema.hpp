#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/store/events.hpp"
#include "stepcast/store/files.hpp"
#include "stepcast/store/jobs.hpp"
#include "stepcast/store/printers.hpp"
#include "stepcast/store/users.hpp"

#include "history_contract.hpp"

/// Databases as earlier versions left them, with rows in them.
namespace stepcast::testing {

/// Each migration as a database is told it, in order.
inline std::vector<std::filesystem::path> migration_files(const std::string& dialect) {
  std::set<std::filesystem::path> sorted;
  for (const auto& entry :
       std::filesystem::directory_iterator(STEPCAST_MIGRATIONS_DIR "/" + dialect)) {
    sorted.insert(entry.path());
  }
  return {sorted.begin(), sorted.end()};
}

inline std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Makes `version` of the schema, each step followed by rows of its tables.
inline std::string script_of_version(const std::string& dialect, std::size_t version) {
  const std::string hour = std::to_string(kMonday);
  const std::vector<std::string> rows{
      "INSERT INTO files VALUES ('old.gcode', 'old', 'x', 1, 2, 'ada', '');\n"
      "INSERT INTO jobs (id, printer, file, sha256, user_name, state, created_ms, reason) "
      "VALUES ('old', 'taz6', 'old.gcode', 'x', 'ada', 'done', 1, '');\n",
      "INSERT INTO users (name, password_hash, role, active, created_ms) "
      "VALUES ('ada', 'hash', 'admin', 1, 1);\n",
      "INSERT INTO events VALUES (7, 1, 'PrintDone', 'taz6', 'old', '{}');\n",
      "INSERT INTO printers VALUES ('taz6', 'TAZ', 'streamed', 'taz6', 1, 2);\n"
      "INSERT INTO telemetry_series (printer, metric) VALUES ('taz6', 'old');\n"
      "INSERT INTO telemetry_1h SELECT id, " +
          hour +
          ", 10, 1, 2, 3 FROM telemetry_series;\n"
          "INSERT INTO telemetry_1h SELECT id, " +
          hour +
          " + 3600, 30, 0, 4, 5 "
          "FROM telemetry_series;\n"};
  std::string script =
      "CREATE TABLE schema_version (version BIGINT PRIMARY KEY, applied_ms BIGINT NOT NULL);\n";
  const auto files = migration_files(dialect);
  for (std::size_t i = 0; i < version; ++i) {
    script += text_of(files.at(i));
    script += "INSERT INTO schema_version VALUES (" + std::to_string(i + 1) + ", 0);\n";
    script += i < rows.size() ? rows[i] : "";
  }
  return script;
}

/// What script_of_version() wrote, through the newest repositories.
inline void expect_rows_of_version(store::Store& store, std::size_t version) {
  SCOPED_TRACE("from version " + std::to_string(version));
  EXPECT_EQ(file_in(store, "old.gcode")->user, "ada");
  EXPECT_EQ(read_from(store, [](auto& session) { return store::find_job(session, "old"); })->state,
            "done");
  const auto users = read_from(store, [](auto& session) { return store::all_users(session); });
  EXPECT_EQ(users.size(), version >= 2 ? 1U : 0U);
  EXPECT_EQ(read_from(store, [](auto& session) { return store::last_event(session); }),
            version >= 3 ? 7 : 0);
  const auto printers =
      read_from(store, [](auto& session) { return store::all_printers(session); });
  EXPECT_EQ(printers.size(), version >= 4 ? 1U : 0U);
  const auto day = points_in(store, "old", kMonday, kMonday + kDay_s, 1);
  if (version >= 4) {
    expect_points(day, {{kMonday, 40, 0, 3.5, 5}});
  } else {
    EXPECT_TRUE(day.empty());
  }
}

}  // namespace stepcast::testing
