#include "figures.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <numbers>
#include <utility>

#include <fmt/format.h>

namespace stepcast::workshop {
namespace {

constexpr double kMm3PerCm3 = 1000.0;
constexpr double kMsPerDay = 86'400'000.0;
// Wider than what is sold: 1.75 and 2.85 mm, 0.3 to 8 g/cm3 (metal filled), up to 25 kg.
constexpr double kMostDiameterMm = 10;
constexpr double kMostDensity = 25;
constexpr double kMostWeightG = 100'000;

double area_mm2(const Spool& spool) {
  return std::numbers::pi / 4 * spool.diameter_mm * spool.diameter_mm;
}

Result<void> check_range(const char* name, double value, double most) {
  if (value > 0 && value <= most) {
    return {};
  }
  return fail(Errc::kOutOfRange, fmt::format("{} is {}", name, value), name,
              fmt::format("above 0, up to {}", most));
}

void add(Statistics::Line& line, const store::PrintTotals& day) {
  line.done += day.done;
  line.failed += day.failed;
  line.cancelled += day.cancelled;
  line.hours += day.hours;
  line.filament_m += day.filament_m;
}

bool is_colour(const std::string& text) {
  constexpr std::size_t kLength = 7;  // #rrggbb
  return text.size() == kLength && text.front() == '#' &&
         text.find_first_not_of("0123456789abcdef", 1) == std::string::npos;
}

}  // namespace

double weight_of(const Spool& spool, Mm length) {
  return area_mm2(spool) * length.v / kMm3PerCm3 * spool.density_g_cm3;
}

double left_g(const Spool& spool) {
  return std::max(0.0, spool.weight_g - spool.used_g);
}

Mm left_length(const Spool& spool) {
  return Mm{left_g(spool) / spool.density_g_cm3 * kMm3PerCm3 / area_mm2(spool)};
}

TaskState state_of(const Task& task, const store::PrintTotals& totals, store::UnixMs now) {
  TaskState state{.task = task, .hours = {}, .filament_m = {}, .days = {}, .share = 0};
  const auto count = [&state](const std::optional<double>& every, double since,
                              std::optional<double>& shown) {
    if (every) {
      shown = std::max(0.0, since);
      state.share = std::max(state.share, *shown / *every);
    }
  };
  count(task.every_hours, totals.hours - task.done_hours, state.hours);
  count(task.every_filament_m, totals.filament_m - task.done_filament_m, state.filament_m);
  count(task.every_days, static_cast<double>(now - task.done) / kMsPerDay, state.days);
  return state;
}

std::string month_of(std::int64_t day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  return fmt::format("{:04}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()));
}

std::optional<double> Statistics::Line::success_rate() const {
  const std::int64_t ended = done + failed;
  return ended > 0 ? std::optional(static_cast<double>(done) / static_cast<double>(ended))
                   : std::nullopt;
}

Statistics statistics_of(const std::vector<store::PrintTotals>& days,
                         std::vector<store::MaterialTotals> materials) {
  Statistics statistics;
  std::map<std::string, Statistics::Line> printers;
  std::map<std::string, Statistics::Line> months;
  for (const store::PrintTotals& day : days) {
    add(statistics.all, day);
    add(printers[day.printer], day);
    add(months[month_of(day.day)], day);
  }
  const auto move_into = [](std::map<std::string, Statistics::Line>& from,
                            std::vector<Statistics::Line>& to) {
    for (auto& [key, line] : from) {
      line.key = key;
      to.push_back(std::move(line));
    }
  };
  move_into(printers, statistics.by_printer);
  move_into(months, statistics.by_month);
  statistics.by_material = std::move(materials);
  return statistics;
}

Result<void> check_spool(const Spool& spool) {
  if (spool.name.empty()) {
    return fail(Errc::kInvalidArgument, "a spool needs a name", "name");
  }
  if (!spool.colour.empty() && !is_colour(spool.colour)) {
    return fail(Errc::kInvalidArgument, fmt::format("'{}' is no colour", spool.colour), "colour",
                "write it like #1769e0");
  }
  if (!(spool.used_g >= 0 && spool.used_g <= spool.weight_g)) {
    return fail(Errc::kOutOfRange, fmt::format("used_g is {}", spool.used_g), "used_g",
                "from 0 to weight_g");
  }
  return check_range("diameter_mm", spool.diameter_mm, kMostDiameterMm)
      .and_then([&] { return check_range("density_g_cm3", spool.density_g_cm3, kMostDensity); })
      .and_then([&] { return check_range("weight_g", spool.weight_g, kMostWeightG); });
}

Result<void> check_task(const Task& task) {
  if (task.title.empty() || task.printer.empty()) {
    return fail(Errc::kInvalidArgument, "a task needs a title and a printer");
  }
  bool counts = false;
  for (const auto& [name, every] : {std::pair{"every_hours", task.every_hours},
                                    std::pair{"every_filament_m", task.every_filament_m},
                                    std::pair{"every_days", task.every_days}}) {
    if (every && !(*every > 0)) {
      return fail(Errc::kOutOfRange, fmt::format("{} is {}", name, *every), name, "above 0");
    }
    counts = counts || every.has_value();
  }
  if (!counts) {
    return fail(Errc::kInvalidArgument, "a task needs an interval", {},
                "give every_hours, every_filament_m or every_days");
  }
  return {};
}

}  // namespace stepcast::workshop
