#include <charconv>
#include <chrono>
#include <limits>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "api_workshop.hpp"

namespace stepcast::server::api {
namespace {

using Line = workshop::Statistics::Line;

// "2026-11-21" as the first moment of that day in UTC.
Result<store::UnixMs> day_from(const std::string& text, const char* name) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  const char* const begin = text.data();
  const bool shaped = text.size() == 10 && text[4] == '-' && text[7] == '-' &&
                      std::from_chars(begin, begin + 4, year).ptr == begin + 4 &&
                      std::from_chars(begin + 5, begin + 7, month).ptr == begin + 7 &&
                      std::from_chars(begin + 8, begin + 10, day).ptr == begin + 10;
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                         std::chrono::day{day}};
  if (!shaped || !date.ok()) {
    return fail(Errc::kInvalidArgument, fmt::format("'{}' is no day", text),
                fmt::format("?{}", name), "write it like 2026-11-21");
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::sys_days{date}.time_since_epoch())
      .count();
}

Json line_json(const Line& line) {
  Json object{{"done", line.done},
              {"failed", line.failed},
              {"cancelled", line.cancelled},
              {"hours", line.hours},
              {"filament_m", line.filament_m}};
  object["success_rate"] = maybe(line.success_rate());
  return object;
}

Json lines_json(const std::vector<Line>& lines, const char* key) {
  Json array = Json::array();
  for (const Line& line : lines) {
    Json object = line_json(line);
    object[key] = line.key;
    array.push_back(std::move(object));
  }
  return array;
}

Json json_of(const workshop::Statistics& statistics) {
  Json materials = Json::array();
  for (const store::MaterialTotals& totals : statistics.by_material) {
    materials.push_back({{"material", totals.material},
                         {"jobs", totals.jobs},
                         {"filament_m", totals.filament_m},
                         {"weight_g", totals.weight_g}});
  }
  Json object{{"all", line_json(statistics.all)}};
  object["by_printer"] = lines_json(statistics.by_printer, "printer");
  object["by_month"] = lines_json(statistics.by_month, "month");
  object["by_material"] = std::move(materials);
  return object;
}

http::Response get_statistics(Call& call, const workshop::Workshop& shop) {
  store::UnixMs from = 0;
  store::UnixMs to = std::numeric_limits<store::UnixMs>::max();
  for (const auto& [name, value] : {std::pair{"from", &from}, std::pair{"to", &to}}) {
    if (call.query.contains(name)) {
      auto day = day_from(call.query.at(name).get<std::string>(), name);
      if (!day) {
        return refuse(call, day.error());
      }
      *value = *day;
    }
  }
  std::string printer = call.query.value("printer", std::string());
  if (call.who.printer) {
    if (!printer.empty() && printer != *call.who.printer) {
      return refuse(call, {Errc::kDenied,
                           fmt::format("this key is for the printer '{}'", *call.who.printer),
                           "?printer",
                           {}});
    }
    printer = *call.who.printer;
  }
  auto statistics = shop.statistics(printer, from, to);
  return statistics ? answer(json_of(*statistics)) : refuse(call, statistics.error());
}

}  // namespace

void add_statistics_operations(Table& table, workshop::Workshop& shop) {
  using namespace shape;  // NOLINT(google-build-using-namespace)
  const Json rate = described(nullable(number()), "Done, of those done and failed.");
  const auto line = [&](const shape::Field& key) {
    return list(object({key,
                        {"done", integer()},
                        {"failed", integer()},
                        {"cancelled", integer()},
                        {"hours", described(number(), "Of printing.")},
                        {"filament_m", number()},
                        {"success_rate", rate}}));
  };
  const Json statistics =
      object({{"all", object({{"done", integer()},
                              {"failed", integer()},
                              {"cancelled", integer()},
                              {"hours", number()},
                              {"filament_m", number()},
                              {"success_rate", rate}})},
              {"by_printer", line({"printer", text()})},
              {"by_month", line({"month", described(text(), "\"2026-11\", in UTC.")})},
              {"by_material", list(object({{"material", text()},
                                           {"jobs", integer()},
                                           {"filament_m", number()},
                                           {"weight_g", number()}}))}});
  table.shapes["Statistics"] = statistics;
  const Json day = text(10, 10);
  table.operations.push_back(
      {.path = "/statistics",
       .permission = "STATUS",
       .id = "getStatistics",
       .tag = "workshop",
       .summary = "What was printed, by printer, month and material.",
       .query = {{"printer", text(1, 40), "Only of this printer."},
                 {"from", day, "First day, in UTC: 2026-11-01."},
                 {"to", day, "The day after the last."}},
       .answer = {.status = 200, .shape = named("Statistics")},
       .handle = [&shop](Call& call) { return get_statistics(call, shop); }});
}

}  // namespace stepcast::server::api
