#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/store/maintenance.hpp"
#include "stepcast/store/outbox.hpp"
#include "stepcast/store/spools.hpp"
#include "stepcast/store/statistics.hpp"

#include "store_contract.hpp"

/// What SQLite and PostgreSQL must both do with spools, maintenance and statistics.
namespace stepcast::testing {

inline store::SpoolRow spool_row(const std::string& name) {
  store::SpoolRow row;
  row.name = name;
  row.material = "PLA";
  row.diameter_mm = 1.75;
  row.density_g_cm3 = 1.24;
  row.weight_g = 1000;
  row.created = 5;
  return row;
}

inline std::int64_t put_spool(store::Store& store, const store::SpoolRow& row) {
  std::int64_t id = 0;
  EXPECT_TRUE(write_to(store, [&](auto& session) {
    return store::add_spool(session, row).map([&](std::int64_t given) { id = given; });
  }));
  return id;
}

inline void expect_a_place_for_one_spool_only(store::Store& store) {
  auto first = spool_row("first");
  first.printer = "place";
  const auto id = put_spool(store, first);
  auto second = spool_row("second");
  second.printer = "place";
  const auto taken = write_to(store, [&](auto& session) {
    return store::add_spool(session, second).map([](std::int64_t) {});
  });
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::kInvalidArgument);
  EXPECT_EQ(
      read_from(store, [](auto& session) { return store::spool_at(session, "place", 0); })->id, id);
  second.tool = 1;
  EXPECT_GT(put_spool(store, second), id);
  // The shelf has room for all.
  put_spool(store, spool_row("shelf"));
  put_spool(store, spool_row("shelf"));
  ASSERT_TRUE(
      write_to(store, [](auto& session) { return store::clear_spool_place(session, "place", 0); }));
  EXPECT_FALSE(
      read_from(store, [](auto& session) { return store::spool_at(session, "place", 0); }));
}

inline void expect_usage_to_be_booked_once(store::Store& store) {
  const auto id = put_spool(store, spool_row("used"));
  std::vector<bool> booked;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(write_to(store, [&](auto& session) {
      return store::book_spool_usage(session, {.job = "book1",
                                               .tool = 0,
                                               .spool = id,
                                               .filament_mm = 1000,
                                               .weight_g = 2.5,
                                               .at = 7})
          .map([&](bool is_new) { booked.push_back(is_new); });
    }));
  }
  EXPECT_EQ(booked, (std::vector<bool>{true, false}));
  EXPECT_EQ(read_from(store, [&](auto& session) { return store::find_spool(session, id); })->used_g,
            2.5);
  EXPECT_EQ(
      read_from(store, [&](auto& session) { return store::usage_of_spool(session, id, 9); }).size(),
      1U);
}

inline void expect_tasks_to_keep_which_intervals_they_have(store::Store& store) {
  store::MaintenanceTaskRow row;
  row.printer = "tasks";
  row.title = "Oil";
  row.every_days = 30;
  ASSERT_TRUE(write_to(store, [&](auto& session) {
    return store::add_maintenance_task(session, row).map([&](std::int64_t id) { row.id = id; });
  }));
  row.told = 1;
  ASSERT_TRUE(
      write_to(store, [&](auto& session) { return store::put_maintenance_task(session, row); }));
  const auto found =
      read_from(store, [](auto& session) { return store::maintenance_tasks(session, "tasks"); });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_FALSE(found[0].every_hours || found[0].every_filament_m);
  EXPECT_EQ(found[0].every_days, 30.0);
  EXPECT_EQ(found[0].told, 1);
}

inline void expect_totals_by_day_printer_and_material(store::Store& store) {
  constexpr store::UnixMs kDay = 86'400'000;
  constexpr store::UnixMs kFrom = 100 * kDay;
  const auto id = put_spool(store, spool_row("totals"));
  ASSERT_TRUE(write_to(store, [&](auto& session) -> Result<void> {
    int number = 0;
    for (const char* state : {"done", "failed", "cancelled", "printing"}) {
      auto row = job_row("day" + std::to_string(number), state, kFrom);
      row.printer = "daily";
      row.ended = kFrom + (number < 2 ? 0 : kDay);
      row.estimated_s = 7200;
      row.actual_s = 3600;
      row.filament_mm = 4000;
      if (auto put = store::put_job(session, row); !put) {
        return put;
      }
      ++number;
    }
    return store::book_spool_usage(session, {.job = "day0",
                                             .tool = 0,
                                             .spool = id,
                                             .filament_mm = 4000,
                                             .weight_g = 12,
                                             .at = kFrom})
        .map([](bool) {});
  }));
  const auto days = read_from(store, [](auto& session) {
    return store::print_totals_by_day(session, "daily", kFrom, kFrom + 2 * kDay);
  });
  ASSERT_EQ(days.size(), 2U);
  EXPECT_EQ(days[0].day, 100);
  EXPECT_EQ(days[0].done, 1);
  EXPECT_EQ(days[0].failed, 1);
  EXPECT_DOUBLE_EQ(days[0].hours, 2);
  EXPECT_DOUBLE_EQ(days[0].filament_m, 6) << "half of the time of the failed one, half of its 4 m";
  EXPECT_EQ(days[1].cancelled, 1);
  const auto first_day = read_from(store, [](auto& session) {
    return store::print_totals_by_day(session, "", kFrom, kFrom + kDay);
  });
  EXPECT_EQ(first_day.size(), 1U);
  EXPECT_DOUBLE_EQ(
      read_from(store, [](auto& session) { return store::print_totals(session, "daily"); }).hours,
      3);
  EXPECT_EQ(
      read_from(store, [](auto& session) { return store::print_totals(session, "nobody"); }).done,
      0);
  const auto materials = read_from(store, [](auto& session) {
    return store::material_totals(session, "daily", kFrom, kFrom + kDay);
  });
  ASSERT_EQ(materials.size(), 1U);
  EXPECT_EQ(materials[0].material, "PLA");
  EXPECT_EQ(materials[0].jobs, 1);
  EXPECT_DOUBLE_EQ(materials[0].filament_m, 4);
  EXPECT_TRUE(read_from(store, [](auto& session) {
                return store::material_totals(session, "other", kFrom, kFrom + kDay);
              }).empty());
}

inline void expect_channels_to_know_their_place(store::Store& store) {
  const auto put = [](std::int64_t sequence) {
    return [sequence](store::Session& session) {
      return store::put_outbox_place(session, {.channel = "phone", .sequence = sequence});
    };
  };
  const auto get = [](auto& session) { return store::find_outbox_place(session, "phone"); };
  EXPECT_FALSE(read_from(store, get));
  ASSERT_TRUE(store.write(put(3)));
  ASSERT_TRUE(store.write(put(8)));
  EXPECT_EQ(read_from(store, get)->sequence, 8);
}

}  // namespace stepcast::testing
