#include "figures.hpp"

#include <gtest/gtest.h>

namespace stepcast::workshop {
namespace {

constexpr store::UnixMs kOneDay = 86'400'000;

Spool pla() {
  Spool spool;
  spool.name = "PLA";
  spool.diameter_mm = 1.75;
  spool.density_g_cm3 = 1.24;
  spool.weight_g = 1000;
  return spool;
}

Task task_every(std::optional<double> hours, std::optional<double> filament_m,
                std::optional<double> days) {
  Task task;
  task.printer = "taz6";
  task.title = "Oil";
  task.every_hours = hours;
  task.every_filament_m = filament_m;
  task.every_days = days;
  return task;
}

TEST(Spools, WeighWhatTheirVolumeAndDensityGive) {
  // 1 m of 1.75 mm is 2.405 cm3, of PLA 2.983 g: the figure on the labels of spools, 330 m a
  // kilogram.
  EXPECT_NEAR(weight_of(pla(), Mm{1000}), 2.9826, 1e-4);
  EXPECT_NEAR(left_length(pla()).v, 335'284, 1);
  EXPECT_NEAR(weight_of(pla(), left_length(pla())), 1000, 1e-9);
}

TEST(Spools, AreNeverLessThanEmpty) {
  Spool spool = pla();
  spool.used_g = 1200;
  EXPECT_EQ(left_g(spool), 0);
}

TEST(Spools, WithFiguresThatCannotBeAreRefusedByName) {
  EXPECT_TRUE(check_spool(pla()));
  const auto refused = [](auto change) {
    Spool spool = pla();
    change(spool);
    const auto fit = check_spool(spool);
    return fit ? std::string("(fits)") : fit.error().location;
  };
  EXPECT_EQ(refused([](Spool& s) { s.name = ""; }), "name");
  EXPECT_EQ(refused([](Spool& s) { s.colour = "blue"; }), "colour");
  EXPECT_EQ(refused([](Spool& s) { s.colour = "#12345g"; }), "colour");
  EXPECT_EQ(refused([](Spool& s) { s.diameter_mm = 0; }), "diameter_mm");
  EXPECT_EQ(refused([](Spool& s) { s.density_g_cm3 = -1; }), "density_g_cm3");
  EXPECT_EQ(refused([](Spool& s) { s.weight_g = 1e9; }), "weight_g");
  EXPECT_EQ(refused([](Spool& s) { s.used_g = 1001; }), "used_g");
}

TEST(Tasks, AreDueByWhateverComesFirst) {
  store::PrintTotals totals;
  totals.hours = 90;
  totals.filament_m = 30;
  const TaskState early = state_of(task_every(100, 100, 10), totals, 5 * kOneDay);
  EXPECT_FALSE(early.is_due());
  EXPECT_DOUBLE_EQ(early.share, 0.9);
  EXPECT_TRUE(state_of(task_every(100, 30, 10), totals, 5 * kOneDay).is_due());
  EXPECT_TRUE(state_of(task_every(100, 100, 5), totals, 5 * kOneDay).is_due());
  EXPECT_FALSE(state_of(task_every(100, {}, {}), totals, 5000 * kOneDay).is_due());
}

TEST(Tasks, NeedAnIntervalAboveNothing) {
  EXPECT_TRUE(check_task(task_every(1, {}, {})));
  EXPECT_FALSE(check_task(task_every({}, {}, {})));
  EXPECT_FALSE(check_task(task_every(0, {}, {})));
  EXPECT_FALSE(check_task(task_every({}, {}, -3)));
}

TEST(Months, AreThoseOfTheCalendar) {
  EXPECT_EQ(month_of(0), "1970-01");
  EXPECT_EQ(month_of(59), "1970-03") << "1970 had no 29 February";
  EXPECT_EQ(month_of(20'778), "2026-11");
}

TEST(StatisticsOfDays, AddUpByPrinterAndMonth) {
  const std::vector<store::PrintTotals> days{
      {.printer = "a", .day = 20'757, .done = 2, .failed = 1, .hours = 3, .filament_m = 10},
      {.printer = "b", .day = 20'757, .done = 1, .cancelled = 4, .hours = 1, .filament_m = 2},
      {.printer = "a", .day = 20'758, .failed = 1, .hours = 0.5, .filament_m = 1}};
  const Statistics statistics = statistics_of(days, {});
  EXPECT_EQ(statistics.all.done, 3);
  EXPECT_DOUBLE_EQ(statistics.all.hours, 4.5);
  EXPECT_DOUBLE_EQ(statistics.all.success_rate().value(), 0.6) << "who cancels did not fail";
  ASSERT_EQ(statistics.by_printer.size(), 2U);
  EXPECT_EQ(statistics.by_printer[0].key, "a");
  EXPECT_DOUBLE_EQ(statistics.by_printer[0].filament_m, 11);
  ASSERT_EQ(statistics.by_month.size(), 2U);
  EXPECT_EQ(statistics.by_month[0].key, "2026-10");
  EXPECT_EQ(statistics.by_month[1].key, "2026-11");
  EXPECT_FALSE(statistics_of({}, {}).all.success_rate());
}

}  // namespace
}  // namespace stepcast::workshop
