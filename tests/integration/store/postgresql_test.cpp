#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "history_contract.hpp"
#include "old_schema.hpp"
#include "postgresql_server.hpp"
#include "queue_contract.hpp"
#include "store_contract.hpp"
#include "workshop_contract.hpp"

namespace stepcast::testing {
namespace {

class PostgresqlStore : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!PostgresqlServer::programs()) {
      GTEST_SKIP() << "no PostgreSQL server below /usr/lib/postgresql";
    }
    server_ = std::make_unique<PostgresqlServer>();
    auto opened = server_->try_open();
    ASSERT_TRUE(opened) << opened.error().to_string();
    store_ = std::move(*opened);
  }
  void TearDown() override { store_.reset(); }

  std::unique_ptr<PostgresqlServer> server_;
  std::unique_ptr<store::Store> store_;
};

// Starting a server takes seconds: claims that do not disturb each other share one.
TEST_F(PostgresqlStore, KeepsRowsAsSqliteDoes) {
  expect_files_come_back_as_they_were(*store_);
  expect_a_second_upload_replaces_the_row(*store_);
  expect_removal_tells_whether_there_was_a_file(*store_);
  expect_prints_are_counted_by_how_they_ended(*store_);
  expect_totals_of_a_printer(*store_);
  expect_jobs_keep_what_is_not_known(*store_);
  expect_jobs_come_newest_first_by_page(*store_);
  expect_keys_and_logins_to_go_with_their_user(*store_);
}

TEST_F(PostgresqlStore, AnalysesBelongToContentsAndSettings) {
  expect_analyses_belong_to_contents_and_settings(*store_);
}

TEST_F(PostgresqlStore, KeepsHistoryAsSqliteDoes) {
  expect_seconds_to_come_back_as_they_were(*store_);
  expect_a_long_range_to_come_as_few_points(*store_);
  expect_minutes_to_follow_their_seconds(*store_);
  expect_many_series_of_one_batch_to_stay_apart(*store_);
  expect_the_last_of_one_second_to_count(*store_);
  expect_old_seconds_to_go_an_hour_at_a_time(*store_);
  expect_a_year_to_come_from_quarters_of_days(*store_);
  expect_the_newest_event_to_stay(*store_);
  expect_printers_to_keep_when_they_came(*store_);
  expect_a_correction_to_name_its_cause(*store_);
  expect_hits_to_be_numbered_in_their_order(*store_);
  expect_frames_to_be_kept_by_reference(*store_);
}

TEST_F(PostgresqlStore, KeepsTheWorkshopAsSqliteDoes) {
  expect_a_place_for_one_spool_only(*store_);
  expect_usage_to_be_booked_once(*store_);
  expect_tasks_to_keep_which_intervals_they_have(*store_);
  expect_totals_by_day_printer_and_material(*store_);
  expect_channels_to_know_their_place(*store_);
}

TEST_F(PostgresqlStore, KeepsTheQueueAndPeopleAsSqliteDoes) {
  expect_the_queue_to_be_served_in_order(*store_);
  expect_queue_rules_to_be_told(*store_);
  expect_a_start_to_be_claimed_once(*store_);
  expect_the_bed_to_be_remembered(*store_);
  expect_second_factors_to_go_with_their_user(*store_);
  expect_an_answer_to_be_given_once(*store_);
  expect_an_audit_entry_to_stay(*store_);
}

TEST_F(PostgresqlStore, UndoesOnlyTheWorkThatFailed) {
  expect_an_error_undoes_its_own_work_alone(*store_);
  expect_a_hidden_error_of_a_statement_stays_with_its_work(*store_);
  expect_broken_rules_to_be_told(*store_);
  expect_errors_to_keep_secrets(*store_);
}

TEST_F(PostgresqlStore, KeepsSettingsByScope) {
  expect_settings_to_be_kept_by_scope(*store_);
}

TEST_F(PostgresqlStore, KeepsReadersApartFromTheWriter) {
  expect_readers_not_to_write(*store_);
  expect_readers_to_see_what_is_committed(*store_);
}

TEST_F(PostgresqlStore, LetsInOneServerAtATime) {
  const auto second = server_->try_open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kBusy) << second.error().to_string();
  const StoreFolder folder;
  const auto copied = store_->backup(folder.database());
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().code, Errc::kUnsupported);
}

TEST_F(PostgresqlStore, ComesBackWhenTheServerWasRestarted) {
  ASSERT_TRUE(store_->write(putting_file("before")));
  server_->stop();
  const auto lost = store_->write(putting_file("lost"));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, Errc::kNetwork) << lost.error().to_string();
  server_->run();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!store_->write(putting_file("after")) && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const auto files = files_in(*store_);
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].path, "after");
  EXPECT_EQ(files[1].path, "before");
}

TEST_F(PostgresqlStore, LosesNothingAcknowledgedWhenTheServerCrashesUnderLoad) {
  constexpr std::size_t kThreads = 3;
  constexpr int kAudit = 50;
  std::atomic<bool> stop = false;
  std::atomic<int> written = 0;
  std::vector<std::vector<std::string>> acknowledged(kThreads);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; !stop; ++i) {
        const auto path = std::to_string(t) + "/" + std::to_string(i);
        if (store_->write(putting_file(path))) {
          acknowledged[t].push_back(path);
          ++written;
        }
      }
    });
  }
  const auto wait_for_writes = [&](int more) {
    const auto wanted = written + more;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (written < wanted && std::chrono::steady_clock::now() < end) {
      std::this_thread::yield();
    }
    EXPECT_GE(written, wanted);
  };
  wait_for_writes(50);
  server_->crash();
  for (int i = 0; i < kAudit; ++i) {
    store_->write_soon(putting_file("audit" + std::to_string(i)));
  }
  server_->run();
  wait_for_writes(50);
  stop = true;
  for (auto& thread : threads) {
    thread.join();
  }
  ASSERT_TRUE(store_->flush());
  for (const auto& paths : acknowledged) {
    for (const auto& path : paths) {
      EXPECT_TRUE(file_in(*store_, path)) << path;
    }
  }
  for (int i = 0; i < kAudit; ++i) {
    EXPECT_TRUE(file_in(*store_, "audit" + std::to_string(i))) << i;
  }
}

TEST_F(PostgresqlStore, KeepsTheRowsOfEveryEarlierVersion) {
  const auto newest = migration_files("postgresql").size();
  for (std::size_t version = 1; version < newest; ++version) {
    store_.reset();
    const StoreFolder folder;
    const auto script = folder.path() / "old.sql";
    std::ofstream(script) << "DROP SCHEMA public CASCADE;\nCREATE SCHEMA public;\n"
                          << script_of_version("postgresql", version);
    std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
    ASSERT_TRUE(server_->execute(script)) << version;
    auto opened = server_->try_open();
    ASSERT_TRUE(opened) << opened.error().to_string();
    store_ = std::move(*opened);
    expect_rows_of_version(*store_, version);
  }
}

}  // namespace
}  // namespace stepcast::testing
