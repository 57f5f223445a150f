#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include "stepcast/store/store.hpp"

#include "old_schema.hpp"
#include "store_contract.hpp"
#include "store_folder.hpp"

namespace stepcast::testing {
namespace {

namespace fs = std::filesystem;

const int kNewestSchema = static_cast<int>(migration_files("sqlite").size());

// A database behind the back of the store.
class RawDatabase {
 public:
  explicit RawDatabase(const fs::path& path) {
    EXPECT_EQ(sqlite3_open(path.c_str(), &database_), SQLITE_OK);
  }
  ~RawDatabase() { sqlite3_close(database_); }
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;

  std::string execute(const std::string& sql) {
    std::string text;
    const auto add = [](void* out, int count, char** values, char** /*names*/) {
      for (int i = 0; i < count; ++i) {
        *static_cast<std::string*>(out) +=
            std::string(values[i] == nullptr ? "" : values[i]) + "\n";
      }
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(database_, sql.c_str(), add, &text, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database_) << "\n"
        << sql;
    return text;
  }
  std::string schema() { return execute("SELECT sql FROM sqlite_master ORDER BY name"); }

 private:
  sqlite3* database_ = nullptr;
};

void make_version(const fs::path& path, int version) {
  RawDatabase database(path);
  database.execute(
      "CREATE TABLE schema_version (version BIGINT PRIMARY KEY, applied_ms BIGINT NOT NULL)");
  const auto scripts = migration_files("sqlite");
  for (int i = 1; i <= version; ++i) {
    database.execute(text_of(scripts.at(static_cast<std::size_t>(i - 1))));
    database.execute("INSERT INTO schema_version VALUES (" + std::to_string(i) + ", 0)");
  }
}

TEST(StoreSchema, HasTheSameNumbersForBothDatabases) {
  const auto sqlite = migration_files("sqlite");
  const auto postgresql = migration_files("postgresql");
  ASSERT_EQ(sqlite.size(), std::size_t{static_cast<std::size_t>(kNewestSchema)});
  ASSERT_EQ(sqlite.size(), postgresql.size());
  for (std::size_t i = 0; i < sqlite.size(); ++i) {
    EXPECT_EQ(sqlite[i].filename(), postgresql[i].filename());
    EXPECT_EQ(std::stoul(sqlite[i].filename().string()), i + 1);
    EXPECT_EQ(text_of(sqlite[i]).find('@'), std::string::npos) << "a word of neither dialect";
    EXPECT_EQ(text_of(sqlite[i]).back(), '\n');
  }
}

TEST(StoreSchema, IsTheSameFromEveryEarlierVersion) {
  const StoreFolder fresh;
  EXPECT_EQ(fresh.open()->schema_version(), kNewestSchema);
  const auto wanted = RawDatabase(fresh.database()).schema();
  EXPECT_NE(wanted.find("audit_log"), std::string::npos);
  for (int version = 1; version <= kNewestSchema; ++version) {
    const StoreFolder folder;
    make_version(folder.database(), version);
    EXPECT_EQ(folder.open()->schema_version(), kNewestSchema);
    EXPECT_EQ(RawDatabase(folder.database()).schema(), wanted) << "from version " << version;
  }
}

TEST(StoreSchema, KeepsTheRowsOfEveryEarlierVersion) {
  for (std::size_t version = 1; version <= static_cast<std::size_t>(kNewestSchema); ++version) {
    const StoreFolder folder;
    RawDatabase(folder.database()).execute(script_of_version("sqlite", version));
    expect_rows_of_version(*folder.open(), version);
  }
}

TEST(StoreSchema, KeepsRowsAndABackupWhenItChanges) {
  const StoreFolder folder;
  make_version(folder.database(), 1);
  RawDatabase(folder.database())
      .execute("INSERT INTO files VALUES ('old.gcode', 'old', 'x', 1, 2, 'ada', '')");
  EXPECT_TRUE(file_in(*folder.open(), "old.gcode"));
  const auto backup = folder.database().string() + ".v1.backup";
  ASSERT_TRUE(fs::exists(backup));
  RawDatabase old(backup);
  EXPECT_EQ(old.execute("SELECT max(version) FROM schema_version"), "1\n");
  EXPECT_EQ(old.execute("SELECT path FROM files"), "old.gcode\n");
  EXPECT_EQ(old.execute("PRAGMA integrity_check"), "ok\n");
}

TEST(StoreSchema, NeedsNoBackupWhenNothingChanges) {
  const StoreFolder folder;
  folder.open().reset();
  folder.open().reset();
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    EXPECT_EQ(entry.path().string().find("backup"), std::string::npos) << entry.path();
  }
}

TEST(StoreSchema, IsNotTouchedWhenItIsNewer) {
  const StoreFolder folder;
  folder.open().reset();
  RawDatabase(folder.database()).execute("INSERT INTO schema_version VALUES (99, 0)");
  const auto refused = folder.try_open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kUnsupported);
  EXPECT_NE(refused.error().message.find("99"), std::string::npos);
}

TEST(StoreSchema, StaysOutOfTheDatabasesOfOthers) {
  const StoreFolder folder;
  RawDatabase(folder.database()).execute("CREATE TABLE holiday (photo TEXT)");
  const auto refused = folder.try_open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kUnsupported);
  EXPECT_EQ(RawDatabase(folder.database()).execute("SELECT name FROM sqlite_master"), "holiday\n");
}

TEST(StoreSchema, KeepsTheOldVersionWhenAStepFails) {
  const StoreFolder folder;
  make_version(folder.database(), 1);
  // In the way of the second step.
  RawDatabase(folder.database()).execute("CREATE TABLE logins (a TEXT)");
  const auto refused = folder.try_open();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("version 2"), std::string::npos);
  RawDatabase after(folder.database());
  EXPECT_EQ(after.execute("SELECT max(version) FROM schema_version"), "1\n");
  EXPECT_EQ(after.execute("SELECT count(*) FROM sqlite_master WHERE name = 'users'"), "0\n");
}

TEST(StoreOpening, LetsInOneServerAtATime) {
  const StoreFolder folder;
  auto store = folder.open();
  const auto second = folder.try_open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kBusy);
  EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos);
  store.reset();
  EXPECT_TRUE(folder.try_open());
}

TEST(StoreOpening, NamesTheFileThatItCannotOpen) {
  const auto opened = store::Store::open({.url = "sqlite:/nowhere/at all/stepcast.db"});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::kIo);
  EXPECT_NE(opened.error().location.find("/nowhere/at all/stepcast.db"), std::string::npos);
  EXPECT_FALSE(opened.error().remedy.empty());
}

TEST(StoreOpening, RefusesAFileThatIsNoDatabase) {
  const StoreFolder folder;
  std::ofstream(folder.database()) << std::string(5000, 'G');
  const auto opened = folder.try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::kIo) << opened.error().to_string();
  EXPECT_EQ(text_of(folder.database()), std::string(5000, 'G'));
}

TEST(StoreOpening, ExplainsTheUrlsThatThereAre) {
  for (const std::string url : {"", "sqlite:", "mysql://host/db", "stepcast.db", "sqlite:a\"b"}) {
    const auto opened = store::Store::open({.url = url});
    ASSERT_FALSE(opened) << url;
    EXPECT_EQ(opened.error().code, Errc::kInvalidArgument) << url;
    EXPECT_NE(opened.error().remedy.find("sqlite:PATH"), std::string::npos) << url;
  }
}

TEST(StoreOpening, NeverShowsThePasswordOfAServer) {
  for (const std::string rest : {"host.invalid/db", "host.invalid/db?password=hunter2"}) {
    const auto opened = store::Store::open({.url = "postgresql://ada:hunter2@" + rest});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::kNetwork) << opened.error().to_string();
    EXPECT_EQ(opened.error().to_string().find("hunter2"), std::string::npos)
        << opened.error().to_string();
    EXPECT_NE(opened.error().to_string().find("ada@host.invalid/db"), std::string::npos)
        << opened.error().to_string();
  }
}

TEST(StoreBackup, HoldsWhatIsCommittedAndOpensByItself) {
  const StoreFolder folder;
  const StoreFolder restored;
  const auto store = folder.open();
  ASSERT_TRUE(store->write(putting_file("a")));
  const auto saved = store->backup(restored.database());
  ASSERT_TRUE(saved) << saved.error().to_string();
  ASSERT_TRUE(store->write(putting_file("b")));
  const auto files = files_in(*restored.open());
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].path, "a");
}

TEST(StoreBackup, OverwritesNothing) {
  const StoreFolder folder;
  const auto store = folder.open();
  const auto target = folder.path() / "precious";
  std::ofstream(target) << "mine";
  const auto refused = store->backup(target);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kInvalidArgument);
  EXPECT_EQ(text_of(target), "mine");
}

TEST(StoreBackup, LeavesNothingWhereItCannotWrite) {
  const StoreFolder folder;
  const auto store = folder.open();
  const auto refused = store->backup(folder.path() / "no folder" / "copy");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kIo);
  EXPECT_FALSE(fs::exists(folder.path() / "no folder"));
}

}  // namespace
}  // namespace stepcast::testing
