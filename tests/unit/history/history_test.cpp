#include <functional>
#include <future>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/history/metrics.hpp"
#include "stepcast/history/recorder.hpp"
#include "stepcast/history/retention.hpp"
#include "stepcast/store/events.hpp"
#include "stepcast/store/telemetry.hpp"

#include "history_contract.hpp"
#include "store_folder.hpp"

namespace stepcast::testing {
namespace {

printer::Status heating() {
  printer::Status status;
  status.state = printer::State::kPrinting;
  status.heaters["tool0"] = {.actual = Celsius{200.5}, .target = Celsius{210}, .offset = {}};
  status.heaters["bed"] = {.actual = std::nullopt, .target = Celsius{60}, .offset = {}};
  status.position[Axis::kX] = Mm{12.5};
  status.progress.share = 0.25;
  status.link = printer::Link{.buffer_s = 5.5, .rtt_ms = 1.5};
  return status;
}

history::Source source(const std::string& id, std::function<printer::Status()> status) {
  return {{.id = id,
           .title = "A " + id,
           .kind = "streamed",
           .profile = "taz6",
           .first_seen = 0,
           .last_seen = 0},
          std::move(status)};
}

std::vector<store::UnixS> seconds_of(store::Store& store, const std::string& metric) {
  std::vector<store::UnixS> seconds;
  for (const auto& point : points_in(store, metric, kMonday, kMonday + 1000, 1000)) {
    seconds.push_back(point.at - kMonday);
  }
  return seconds;
}

TEST(Measurements, AreWhatAStatusTells) {
  std::map<std::string, double> found;
  for (const auto& [metric, value] : history::measurements_of(heating())) {
    found[metric] = value;
  }
  const std::map<std::string, double> wanted{
      {"tool0.actual_c", 200.5}, {"tool0.target_c", 210}, {"bed.target_c", 60}, {"x_mm", 12.5},
      {"progress", 0.25},        {"feed_rate", 1},        {"flow", 1},          {"z_offset_mm", 0},
      {"buffer_s", 5.5},         {"rtt_ms", 1.5}};
  EXPECT_EQ(found, wanted);
}

TEST(Measurements, LeaveOutWhatIsNotKnown) {
  auto status = heating();
  status.heaters["tool0"].actual = Celsius{std::numeric_limits<double>::quiet_NaN()};
  for (const auto& [metric, value] : history::measurements_of(status)) {
    EXPECT_NE(metric, "tool0.actual_c");
  }
  status.state = printer::State::kOffline;
  EXPECT_TRUE(history::measurements_of(status).empty());
}

TEST(Collector, WritesSecondsOfAllPrintersInBatches) {
  const StoreFolder folder;
  const auto store = folder.open();
  history::Collector collector(
      *store, {source("taz6", heating), source("mini", [] { return printer::Status{}; })});
  ASSERT_TRUE(store->flush());
  for (store::UnixS second = 0; second < 10; ++second) {
    EXPECT_TRUE(seconds_of(*store, "progress").empty()) << second;
    collector.collect(kMonday + second);
  }
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(seconds_of(*store, "progress").size(), 10U);
  const auto printers =
      read_from(*store, [](auto& session) { return store::all_printers(session); });
  ASSERT_EQ(printers.size(), 2U);
  EXPECT_EQ(printers[1].title, "A taz6");
  EXPECT_GT(printers[1].first_seen, 0);
  const auto offline =
      read_from(*store, [](auto& session) { return store::metrics_of(session, "mini"); });
  EXPECT_TRUE(offline.empty()) << "an offline printer measures nothing";
}

TEST(Collector, WritesWhatItHasAtTheEnd) {
  const StoreFolder folder;
  const auto store = folder.open();
  history::Collector(*store, {source("taz6", heating)}).collect(kMonday + 3);
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(seconds_of(*store, "flow"), std::vector<store::UnixS>{3});
}

TEST(Collector, GoesOnWhenTheClockIsSetBackAndForth) {
  const StoreFolder folder;
  const auto store = folder.open();
  {
    history::Collector collector(*store, {source("taz6", heating)});
    for (const store::UnixS second : {10, 11, 500, 501, 11, 12}) {
      collector.collect(kMonday + second);
    }
  }
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(store->counters().failed, 0U);
  EXPECT_EQ(seconds_of(*store, "flow"), (std::vector<store::UnixS>{10, 11, 12, 500, 501}));
}

TEST(Recorder, CollectsBySecondUntilItEnds) {
  const StoreFolder folder;
  const auto store = folder.open();
  std::promise<void> asked_twice;
  int asked = 0;
  {
    const history::Recorder recorder(*store, {source("taz6", [&] {
      if (++asked == 2) {
        asked_twice.set_value();
      }
      return heating();
    })});
    asked_twice.get_future().wait();
  }
  ASSERT_TRUE(store->flush());
  const auto found = read_from(*store, [](auto& session) {
    return store::telemetry_points(session, {.printer = "taz6",
                                             .metric = "progress",
                                             .from = 0,
                                             .to = std::int64_t{1} << 40,
                                             .points = 1});
  });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_GE(found[0].samples, 2);
}

std::int64_t removed(store::Store& store, const history::KeptDays& kept, store::UnixS now) {
  const auto rows = history::remove_old(store, kept, now * 1000);
  EXPECT_TRUE(rows) << rows.error().to_string();
  return rows.value_or(-1);
}

TEST(Retention, RemovesOnlyWhatIsOlderThanItsDays) {
  const StoreFolder folder;
  const auto store = folder.open();
  record(*store, "flow", kMonday, kMonday + 600, [](auto /*at*/) { return 1.0; });
  EXPECT_EQ(removed(*store, {.seconds = 7}, kMonday + 7 * kDay_s), 0);
  EXPECT_EQ(removed(*store, {.seconds = 7}, kMonday + 7 * kDay_s + 120), 120);
  EXPECT_EQ(removed(*store, {.seconds = 0}, kMonday + 1000 * kDay_s), 0) << "0: for ever";
  EXPECT_EQ(removed(*store, {.seconds = 0, .minutes = 1}, kMonday + kDay_s + 120), 2);
  EXPECT_EQ(points_in(*store, "flow", kMonday, kMonday + kDay_s, 1).at(0).samples, 600)
      << "the quarters of the day are as they were";
}

TEST(Retention, SparesMostOfItFromAClockThatIsWrong) {
  const StoreFolder folder;
  const auto store = folder.open();
  record(*store, "flow", kMonday, kMonday + 10 * 3600, [](auto /*at*/) { return 1.0; });
  const auto year_2038 = std::int64_t{1} << 31;
  EXPECT_EQ(removed(*store, {.seconds = 7}, year_2038), 6 * 3600);
  EXPECT_EQ(removed(*store, {.seconds = 7}, 0), 0) << "before 1970 began";
}

TEST(Retention, RemovesOldEventsButKeepsCounting) {
  const StoreFolder folder;
  const auto store = folder.open();
  ASSERT_TRUE(write_to(*store, [](auto& session) -> Result<void> {
    for (std::int64_t i = 1; i <= 3; ++i) {
      if (auto added = store::add_event(session, {i, i, "Test", "", "", "{}"}); !added) {
        return added;
      }
    }
    return {};
  }));
  EXPECT_EQ(removed(*store, {.events = 1}, kMonday), 2);
  EXPECT_EQ(read_from(*store, [](auto& session) { return store::last_event(session); }), 3);
}

}  // namespace
}  // namespace stepcast::testing
