#include "stepcast/events/log.hpp"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "store_folder.hpp"

namespace stepcast::testing {
namespace {

class EventLog : public ::testing::Test {
 protected:
  std::unique_ptr<events::Log> open_log() {
    auto log = events::Log::open(*store_);
    EXPECT_TRUE(log);
    return log ? std::move(*log) : nullptr;
  }

  StoreFolder folder_;
  std::unique_ptr<store::Store> store_ = folder_.open();
};

TEST_F(EventLog, TellsListenersInOrderOnceEventsAreOnDisk) {
  auto log = open_log();
  std::vector<std::int64_t> heard;
  std::vector<std::size_t> on_disk;
  const auto subscription = log->listen([&](const events::Event& event) {
    heard.push_back(event.sequence);
    on_disk.push_back(read_from(*store_, [&](auto& session) {
                        return store::events_after(session, "", event.sequence - 1, 1);
                      }).size());
  });
  for (int i = 0; i < 20; ++i) {
    log->append("PrintStarted", "taz6");
  }
  log->flush();
  ASSERT_EQ(heard.size(), 20U);
  for (std::size_t i = 0; i < heard.size(); ++i) {
    EXPECT_EQ(heard[i], static_cast<std::int64_t>(i) + 1);
    EXPECT_EQ(on_disk[i], 1U);
  }
}

TEST_F(EventLog, NeverGivesANumberTwiceOverRestarts) {
  EXPECT_EQ(open_log()->append("PrintStarted"), 1);
  auto log = open_log();
  EXPECT_EQ(log->last(), 1);
  EXPECT_EQ(log->append("PrintDone"), 2);
}

TEST_F(EventLog, ReadsOnFromANumberForOnePrinterOrAll) {
  auto log = open_log();
  log->append("PrintStarted", "left", "job-1", R"({"name":"part.gcode"})");
  log->append("PrintStarted", "right", "job-2");
  log->append("PrintDone", "left", "job-1");
  log->flush();
  const auto all = log->after(1, 10);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].printer, "right");
  const auto left = log->after(0, 10, "left");
  ASSERT_TRUE(left);
  ASSERT_EQ(left->size(), 2U);
  EXPECT_EQ((*left)[0].payload, R"({"name":"part.gcode"})");
  EXPECT_EQ((*left)[1].type, "PrintDone");
  EXPECT_EQ(read_from(*store_, [](auto& session) { return store::events_of_job(session, "job-1"); })
                .size(),
            2U);
}

TEST_F(EventLog, DeliversEvenWhatTheDatabaseRefuses) {
  auto log = open_log();
  // Another writer took the next number: the row cannot be added.
  const auto taken = store_->write([](store::Session& session) {
    return store::add_event(session, {1, 0, "Foreign", "", "", "{}"});
  });
  ASSERT_TRUE(taken);
  std::vector<std::string> heard;
  const auto subscription =
      log->listen([&](const events::Event& event) { heard.push_back(event.type); });
  log->append("PrintFailed");
  log->flush();
  EXPECT_EQ(heard, std::vector<std::string>{"PrintFailed"});
  EXPECT_EQ(log->unsaved(), 1U);
}

TEST_F(EventLog, TellsNobodyWhoHasStoppedListening) {
  auto log = open_log();
  int heard = 0;
  {
    const auto subscription = log->listen([&](const events::Event& /*event*/) { ++heard; });
    log->append("PrintStarted");
    log->flush();
  }
  log->append("PrintDone");
  log->flush();
  EXPECT_EQ(heard, 1);
}

TEST_F(EventLog, LosesNothingOfManyThreadsAtOnce) {
  auto log = open_log();
  std::vector<std::int64_t> heard;
  const auto subscription =
      log->listen([&](const events::Event& event) { heard.push_back(event.sequence); });
  constexpr int kThreads = 4;
  constexpr int kEach = 250;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < kEach; ++j) {
          log->append("PrinterStateChanged");
        }
      });
    }
  }
  log->flush();
  ASSERT_EQ(heard.size(), std::size_t{kThreads * kEach});
  for (std::size_t i = 0; i < heard.size(); ++i) {
    EXPECT_EQ(heard[i], static_cast<std::int64_t>(i) + 1);
  }
  EXPECT_EQ(log->unsaved(), 0U);
}

}  // namespace
}  // namespace stepcast::testing
