#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include "stepcast/store/files.hpp"
#include "stepcast/store/store.hpp"

#include "small_disk.hpp"
#include "store_contract.hpp"
#include "store_folder.hpp"

namespace stepcast::testing {
namespace {

namespace fs = std::filesystem;

// Somebody's tool that holds the database; another connection counts like another process.
class Holder {
 public:
  explicit Holder(const fs::path& path) {
    EXPECT_EQ(sqlite3_open(path.c_str(), &database_), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  }
  ~Holder() { sqlite3_close(database_); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

 private:
  sqlite3* database_ = nullptr;
};

TEST(LockedDatabase, LetsReadersReadAndWritersWait) {
  const StoreFolder folder;
  const auto store = folder.open();
  ASSERT_TRUE(store->write(putting_file("before")));
  auto holder = std::make_unique<Holder>(folder.database());
  auto written =
      std::async(std::launch::async, [&] { return store->write(putting_file("meanwhile")); });
  EXPECT_EQ(files_in(*store).size(), 1U);
  holder.reset();
  const auto done = written.get();
  EXPECT_TRUE(done) << done.error().to_string();
  EXPECT_EQ(files_in(*store).size(), 2U);
}

TEST(LockedDatabase, IsToldToWhoWaitedTooLongAndLosesNothingThatMayNotBeLost) {
  const StoreFolder folder;
  const auto store = folder.open();
  auto holder = std::make_unique<Holder>(folder.database());
  store->write_soon(putting_file("audit 1"));
  store->write_soon(putting_file("audit 2"));
  const auto refused = store->write(putting_file("refused"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kBusy) << refused.error().to_string();
  EXPECT_NE(refused.error().location.find("stepcast.db"), std::string::npos);
  holder.reset();
  ASSERT_TRUE(store->flush());
  const auto files = files_in(*store);
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].path, "audit 1");
  EXPECT_EQ(files[1].path, "audit 2");
}

TEST(FullDisk, KeepsWhatWasAcknowledgedAndGoesOnWhenThereIsRoom) {
  const StoreFolder folder;
  const auto store = folder.open();
  std::vector<std::string> acknowledged;
  const auto put_large = [&](const std::string& path) {
    auto row = file_row(path);
    row.stated = std::string(50'000, 'x');
    const auto done =
        store->write([row](store::Session& session) { return store::put_file(session, row); });
    if (done) {
      acknowledged.push_back(path);
    }
    return done;
  };
  Result<void> last;
  {
    const testing::SmallDisk disk(2'000'000);
    for (int i = 0; last && i < 200; ++i) {
      last = put_large("large" + std::to_string(i));
    }
    ASSERT_FALSE(last) << "ten megabytes fit into two";
    EXPECT_TRUE(last.error().code == Errc::kFull || last.error().code == Errc::kIo)
        << last.error().to_string();
    EXPECT_FALSE(last.error().location.empty());
    EXPECT_EQ(files_in(*store).size(), acknowledged.size()) << "reading goes on";
    store->write_soon([](store::Session& session) {
      auto row = file_row("~audit");
      row.stated = std::string(50'000, 'x');
      return store::put_file(session, row);
    });
    EXPECT_FALSE(put_large("another"));
  }
  const auto after = put_large("~after");
  ASSERT_TRUE(after) << after.error().to_string();
  ASSERT_TRUE(store->flush());
  EXPECT_TRUE(file_in(*store, "~audit")) << "it may not be lost";
  for (const auto& path : acknowledged) {
    EXPECT_TRUE(file_in(*store, path)) << path;
  }
  EXPECT_EQ(files_in(*store).size(), acknowledged.size() + 1) << "nothing that was refused";
}

// What root may do says nothing: the test becomes nobody for a while.
class Nobody {
 public:
  Nobody() : before_(::geteuid()) {
    constexpr uid_t kNobody = 65534;
    if (before_ == 0) {
      EXPECT_EQ(::seteuid(kNobody), 0);
    }
  }
  ~Nobody() { EXPECT_EQ(::seteuid(before_), 0); }
  Nobody(const Nobody&) = delete;
  Nobody& operator=(const Nobody&) = delete;

 private:
  uid_t before_;
};

TEST(ReadOnlyDisk, IsNamedWithARemedyAndNothingChanges) {
  const StoreFolder folder;
  ASSERT_TRUE(folder.open()->write(putting_file("a")));
  const auto size = fs::file_size(folder.database());
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    fs::permissions(entry.path(), fs::perms::owner_read | fs::perms::others_read);
  }
  fs::permissions(folder.path(), fs::perms(0555));
  {
    const Nobody nobody;
    const auto refused = folder.try_open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::kIo) << refused.error().to_string();
    EXPECT_NE(refused.error().location.find("stepcast.db"), std::string::npos);
    EXPECT_FALSE(refused.error().remedy.empty());
  }
  fs::permissions(folder.path(), fs::perms::owner_all);
  EXPECT_EQ(fs::file_size(folder.database()), size);
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    fs::permissions(entry.path(), fs::perms(0600));
  }
  EXPECT_TRUE(file_in(*folder.open(), "a"));
}

}  // namespace
}  // namespace stepcast::testing
