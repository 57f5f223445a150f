#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/store/ae_hits.hpp"
#include "stepcast/store/detections.hpp"
#include "stepcast/store/events.hpp"
#include "stepcast/store/frames.hpp"
#include "stepcast/store/printers.hpp"
#include "stepcast/store/telemetry.hpp"

#include "store_contract.hpp"

/// What SQLite and PostgreSQL must both do with what printers measured and did.
namespace stepcast::testing {

/// Writes `value_of(second)` for each second of [from, to).
template <class ValueOf>
void record(store::Store& store, const std::string& metric, store::UnixS from, store::UnixS to,
            ValueOf value_of) {
  ASSERT_TRUE(store.write([&](store::Session& session) {
    return store::series_of(session, "taz6", metric).and_then([&](std::int64_t series) {
      std::vector<store::TelemetryRow> rows;
      for (auto at = from; at < to; ++at) {
        rows.push_back({series, at, value_of(at)});
      }
      return store::add_telemetry(session, std::move(rows));
    });
  }));
}

inline std::vector<store::TelemetryPoint> points_in(store::Store& store, const std::string& metric,
                                                    store::UnixS from, store::UnixS to,
                                                    std::int64_t points) {
  return read_from(store, [&](auto& session) {
    return store::telemetry_points(
        session, {.printer = "taz6", .metric = metric, .from = from, .to = to, .points = points});
  });
}

inline void remove_old(store::Store& store, store::Resolution resolution, const std::string& metric,
                       store::UnixS before, std::int64_t& removed) {
  ASSERT_TRUE(store.write([&](store::Session& session) {
    return store::series_of(session, "taz6", metric).and_then([&](std::int64_t series) {
      return store::remove_old_telemetry(session, resolution, series, before)
          .map([&](std::int64_t rows) { removed = rows; });
    });
  }));
}

inline void expect_points(const std::vector<store::TelemetryPoint>& found,
                          const std::vector<store::TelemetryPoint>& wanted) {
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(found[i].at, wanted[i].at) << i;
    EXPECT_EQ(found[i].samples, wanted[i].samples) << i;
    EXPECT_EQ(found[i].lowest, wanted[i].lowest) << i;
    EXPECT_DOUBLE_EQ(found[i].mean, wanted[i].mean) << i;
    EXPECT_EQ(found[i].highest, wanted[i].highest) << i;
  }
}

constexpr store::UnixS kDay_s = 86'400;
constexpr store::UnixS kMonday = 20'000 * kDay_s;  // midnight of some day

inline void expect_seconds_to_come_back_as_they_were(store::Store& store) {
  record(store, "seconds", kMonday, kMonday + 3, [](auto at) { return double(at - kMonday); });
  expect_points(points_in(store, "seconds", kMonday, kMonday + 10, 10),
                {{kMonday, 1, 0, 0, 0}, {kMonday + 1, 1, 1, 1, 1}, {kMonday + 2, 1, 2, 2, 2}});
  expect_points(points_in(store, "seconds", kMonday + 1, kMonday + 2, 10),
                {{kMonday + 1, 1, 1, 1, 1}});
  EXPECT_TRUE(points_in(store, "unknown", kMonday, kMonday + 10, 10).empty());
  const auto metrics =
      read_from(store, [](auto& session) { return store::metrics_of(session, "taz6"); });
  EXPECT_EQ(metrics, std::vector<std::string>{"seconds"});
}

inline void expect_a_long_range_to_come_as_few_points(store::Store& store) {
  // An hour that rises by one a second, after an hour that stands still.
  record(store, "long", kMonday - 3600, kMonday, [](auto /*at*/) { return 5.0; });
  record(store, "long", kMonday, kMonday + 3600, [](auto at) { return double(at - kMonday); });
  expect_points(points_in(store, "long", kMonday - 3600, kMonday + 3600, 2),
                {{kMonday - 3600, 3600, 5, 5, 5}, {kMonday, 3600, 0, 1799.5, 3599}});
  expect_points(points_in(store, "long", kMonday, kMonday + 600, 5),
                {{kMonday, 120, 0, 59.5, 119},
                 {kMonday + 120, 120, 120, 179.5, 239},
                 {kMonday + 240, 120, 240, 299.5, 359},
                 {kMonday + 360, 120, 360, 419.5, 479},
                 {kMonday + 480, 120, 480, 539.5, 599}});
  for (const auto& [from, to, points] :
       std::vector<std::array<std::int64_t, 3>>{{0, 10, 0}, {10, 9, 5}}) {
    const auto refused = store.read([&, f = from, t = to, n = points](auto& session) {
      return store::telemetry_points(
                 session, {.printer = "taz6", .metric = "long", .from = f, .to = t, .points = n})
          .map([](const auto& /*points*/) {});
    });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::kInvalidArgument);
  }
}

inline void expect_minutes_to_follow_their_seconds(store::Store& store) {
  const auto minute = [&] { return points_in(store, "follows", kMonday, kMonday + 60, 1); };
  record(store, "follows", kMonday, kMonday + 10, [](auto /*at*/) { return 1.0; });
  expect_points(minute(), {{kMonday, 10, 1, 1, 1}});
  record(store, "follows", kMonday + 10, kMonday + 20, [](auto /*at*/) { return 3.0; });
  expect_points(minute(), {{kMonday, 20, 1, 2, 3}});
  // The clock was set back: the same seconds come again.
  record(store, "follows", kMonday, kMonday + 20, [](auto /*at*/) { return 7.0; });
  expect_points(minute(), {{kMonday, 20, 7, 7, 7}});
  expect_points(points_in(store, "follows", kMonday, kMonday + 3600, 1), {{kMonday, 20, 7, 7, 7}});
}

inline void expect_many_series_of_one_batch_to_stay_apart(store::Store& store) {
  // More than one statement makes, and not a multiple; the batch ends one minute and begins
  // another.
  constexpr int kSeries = 75;
  const auto name = [](int i) { return "many" + std::to_string(i); };
  ASSERT_TRUE(store.write([&](store::Session& session) -> Result<void> {
    std::vector<store::TelemetryRow> rows;
    for (int i = 0; i < kSeries; ++i) {
      const auto series = store::series_of(session, "taz6", name(i));
      if (!series) {
        return tl::unexpected(series.error());
      }
      rows.push_back({*series, kMonday + 58, double(i)});
      rows.push_back({*series, kMonday + 59, double(i + 2)});
      if (i % 2 == 0) {
        rows.push_back({*series, kMonday + 60, double(-i)});
      }
    }
    return store::add_telemetry(session, std::move(rows));
  }));
  for (int i = 0; i < kSeries; ++i) {
    std::vector<store::TelemetryPoint> wanted{{kMonday, 2, double(i), i + 1.0, i + 2.0}};
    if (i % 2 == 0) {
      wanted.push_back({kMonday + 60, 1, double(-i), double(-i), double(-i)});
    }
    expect_points(points_in(store, name(i), kMonday, kMonday + 120, 2), wanted);
  }
  expect_points(points_in(store, name(74), kMonday, kMonday + 3600, 1),
                {{kMonday, 3, -74, 76.0 / 3.0, 76}});
}

inline void expect_the_last_of_one_second_to_count(store::Store& store) {
  ASSERT_TRUE(store.write([](store::Session& session) {
    return store::series_of(session, "taz6", "twice").and_then([&](std::int64_t series) {
      return store::add_telemetry(
          session,
          {{series, kMonday + 1, 1.0}, {series, kMonday, 2.0}, {series, kMonday + 1, 3.0}});
    });
  }));
  expect_points(points_in(store, "twice", kMonday, kMonday + 2, 2),
                {{kMonday, 1, 2, 2, 2}, {kMonday + 1, 1, 3, 3, 3}});
}

inline void expect_old_seconds_to_go_an_hour_at_a_time(store::Store& store) {
  constexpr store::UnixS kHours = 3;
  record(store, "aged", kMonday, kMonday + kHours * 3600, [](auto /*at*/) { return 1.0; });
  std::int64_t removed = 0;
  const auto before = kMonday + 2 * 3600 + 60;
  for (const std::int64_t wanted : {3600, 3600, 60, 0}) {
    remove_old(store, store::Resolution::kSecond, "aged", before, removed);
    EXPECT_EQ(removed, wanted);
  }
  // Where the seconds are gone, a fine chart shows the minutes.
  const auto fine = points_in(store, "aged", kMonday + 120, kMonday + 240, 120);
  expect_points(fine, {{kMonday + 120, 60, 1, 1, 1}, {kMonday + 180, 60, 1, 1, 1}});
  EXPECT_EQ(points_in(store, "aged", before, before + 100, 100).size(), 100U);
}

inline void expect_a_year_to_come_from_quarters_of_days(store::Store& store) {
  // One second in each quarter of two days.
  for (int quarter = 0; quarter < 8; ++quarter) {
    const auto at = kMonday + quarter * kDay_s / 4 + 100;
    record(store, "year", at, at + 1, [&](auto /*at*/) { return double(quarter); });
  }
  expect_points(points_in(store, "year", kMonday, kMonday + 2 * kDay_s, 2),
                {{kMonday, 4, 0, 1.5, 3}, {kMonday + kDay_s, 4, 4, 5.5, 7}});
}

inline void expect_the_newest_event_to_stay(store::Store& store) {
  std::int64_t removed = -1;
  ASSERT_TRUE(write_to(store, [&](auto& session) -> Result<void> {
    for (std::int64_t i = 1; i <= 5; ++i) {
      store::EventRow event{i, 10 * i, "Test", "", "", "{}"};
      if (auto added = store::add_event(session, event); !added) {
        return added;
      }
    }
    return store::remove_old_events(session, 35, 2).map([&](auto rows) { removed = rows; });
  }));
  EXPECT_EQ(removed, 2) << "no more than the limit";
  const auto remove_all = [&] {
    ASSERT_TRUE(write_to(store, [&](auto& session) {
      return store::remove_old_events(session, 1000, 100).map([&](auto rows) { removed = rows; });
    }));
  };
  remove_all();
  EXPECT_EQ(removed, 2);
  EXPECT_EQ(read_from(store, [](auto& session) { return store::last_event(session); }), 5);
}

inline void expect_printers_to_keep_when_they_came(store::Store& store) {
  const auto see = [&](const std::string& title, store::UnixMs when) {
    ASSERT_TRUE(write_to(store, [&](auto& session) {
      return store::see_printer(session, {"mini", title, "streamed", "taz6", when, when});
    }));
  };
  see("Mini", 10);
  see("Mini 2", 20);
  const auto printers =
      read_from(store, [](auto& session) { return store::all_printers(session); });
  ASSERT_EQ(printers.size(), 1U);
  EXPECT_EQ(printers[0].title, "Mini 2");
  EXPECT_EQ(printers[0].first_seen, 10);
  EXPECT_EQ(printers[0].last_seen, 20);
}

inline void expect_a_correction_to_name_its_cause(store::Store& store) {
  std::int64_t cause = 0;
  std::int64_t correction = 0;
  ASSERT_TRUE(write_to(store, [&](auto& session) {
    store::DetectionRow seen;
    seen.printer = "taz6";
    seen.job = "job";
    seen.at = 5;
    seen.model = "yolo 1";
    seen.label = "stringing";
    seen.confidence = 0.9;
    seen.x = 100.5;
    seen.layer = 12;
    return store::add_detection(session, seen)
        .and_then([&](std::int64_t id) {
          cause = id;
          return store::add_correction(session, {.id = 0,
                                                 .printer = "taz6",
                                                 .job = "job",
                                                 .at = 6,
                                                 .detection = id,
                                                 .kind = "flow",
                                                 .old_value = 1.0,
                                                 .new_value = 0.9,
                                                 .outcome = ""});
        })
        .and_then([&](std::int64_t id) {
          correction = id;
          return store::set_correction_outcome(session, id, "better");
        })
        .map([](bool found) { EXPECT_TRUE(found); });
  }));
  EXPECT_GT(cause, 0);
  const auto detections =
      read_from(store, [](auto& session) { return store::detections_of_job(session, "job"); });
  ASSERT_EQ(detections.size(), 1U);
  EXPECT_EQ(detections[0].id, cause);
  EXPECT_EQ(detections[0].x, 100.5);
  EXPECT_EQ(detections[0].layer, 12);
  EXPECT_FALSE(detections[0].z_mm);
  const auto corrections =
      read_from(store, [](auto& session) { return store::corrections_of_job(session, "job"); });
  ASSERT_EQ(corrections.size(), 1U);
  EXPECT_EQ(corrections[0].id, correction);
  EXPECT_EQ(corrections[0].detection, cause);
  EXPECT_EQ(corrections[0].outcome, "better");
  const auto of_printer = read_from(
      store, [](auto& session) { return store::detections_of_printer(session, "taz6", 10); });
  EXPECT_EQ(of_printer.size(), 1U);
  EXPECT_FALSE(write_to(store, [](auto& session) {
    store::DetectionRow sure;
    sure.confidence = 1.5;
    return store::add_detection(session, sure).map([](std::int64_t /*id*/) {});
  }));
}

inline void expect_hits_to_be_numbered_in_their_order(store::Store& store) {
  constexpr std::int64_t kHits = 150;  // whole statements of many rows, and a rest
  std::vector<store::AeHitRow> hits(kHits);
  for (std::int64_t i = 0; i < kHits; ++i) {
    auto& hit = hits[static_cast<std::size_t>(i)];
    hit.printer = "taz6";
    hit.job = "ae";
    hit.at = 1000 + i;
    hit.trai = i;
    hit.amplitude_v = 1e-3 * static_cast<double>(i);
    if (i % 2 == 0) {
      hit.probability = 0.5;
    }
  }
  ASSERT_TRUE(write_to(store, [&](auto& session) { return store::add_ae_hits(session, hits); }));
  auto found = read_from(
      store, [](auto& session) { return store::ae_hits_of_job(session, "ae", 0, kHits + 1); });
  ASSERT_EQ(found.size(), hits.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].trai, static_cast<std::int64_t>(i));
    EXPECT_EQ(found[i].amplitude_v, hits[i].amplitude_v);
    EXPECT_EQ(found[i].probability, hits[i].probability);
  }
  const auto fifth = found[4].id;
  std::int64_t removed = 0;
  ASSERT_TRUE(write_to(store, [&](auto& session) {
    return store::remove_old_ae_hits(session, 1005, 3).map([&](auto rows) { removed = rows; });
  }));
  EXPECT_EQ(removed, 3);
  found = read_from(store,
                    [&](auto& session) { return store::ae_hits_of_job(session, "ae", fifth, 2); });
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].trai, 5);
}

inline void expect_frames_to_be_kept_by_reference(store::Store& store) {
  store::FrameRow frame;
  frame.printer = "taz6";
  frame.job = "pictures";
  frame.camera = "front";
  std::vector<std::int64_t> ids;
  for (const std::string path : {"b.jpg", "a.jpg"}) {
    frame.path = path;
    frame.at += 10;
    ASSERT_TRUE(write_to(store, [&](auto& session) {
      return store::add_frame(session, frame).map([&](std::int64_t id) { ids.push_back(id); });
    }));
  }
  EXPECT_FALSE(write_to(store, [&](auto& session) {
    return store::add_frame(session, frame).map([](std::int64_t /*id*/) {});
  })) << "its path is taken";
  EXPECT_EQ(
      read_from(store, [](auto& session) { return store::frames_of_job(session, "pictures"); })
          .size(),
      2U);
  const auto oldest =
      read_from(store, [](auto& session) { return store::oldest_frames(session, 1); });
  ASSERT_EQ(oldest.size(), 1U);
  EXPECT_EQ(oldest[0].path, "b.jpg");
  ASSERT_TRUE(write_to(store, [&](auto& session) {
    return store::remove_frame(session, ids[0]).map([](bool found) { EXPECT_TRUE(found); });
  }));
  const auto newest =
      read_from(store, [](auto& session) { return store::frames_of_printer(session, "taz6", 9); });
  ASSERT_EQ(newest.size(), 1U);
  EXPECT_EQ(newest[0].path, "a.jpg");
}

}  // namespace stepcast::testing
