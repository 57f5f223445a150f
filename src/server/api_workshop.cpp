#include "api_workshop.hpp"

#include <charconv>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace stepcast::server::api {
namespace {

using workshop::Spool;
using workshop::TaskState;
using workshop::Workshop;

constexpr std::size_t kLongestName = 120;
constexpr std::size_t kLongestNote = 2000;

Json spool_json(const Spool& spool) {
  Json object{{"id", spool.id},
              {"name", spool.name},
              {"vendor", spool.vendor},
              {"material", spool.material},
              {"colour", spool.colour},
              {"diameter_mm", spool.diameter_mm},
              {"density_g_cm3", spool.density_g_cm3},
              {"weight_g", spool.weight_g},
              {"used_g", spool.used_g},
              {"left_g", workshop::left_g(spool)},
              {"left_mm", workshop::left_length(spool).v},
              {"note", spool.note},
              {"created", time_json(spool.created)},
              {"archived", spool.archived != 0}};
  object["printer"] = spool.printer.empty() ? Json(nullptr) : Json(spool.printer);
  object["tool"] = spool.printer.empty() ? Json(nullptr) : Json(spool.tool);
  return object;
}

Json task_json(const TaskState& state) {
  const workshop::Task& task = state.task;
  Json object{{"id", task.id},        {"printer", task.printer},      {"title", task.title},
              {"note", task.note},    {"done", time_json(task.done)}, {"share", state.share},
              {"due", state.is_due()}};
  object["every_hours"] = maybe(task.every_hours);
  object["every_filament_m"] = maybe(task.every_filament_m);
  object["every_days"] = maybe(task.every_days);
  object["hours"] = maybe(state.hours);
  object["filament_m"] = maybe(state.filament_m);
  object["days"] = maybe(state.days);
  return object;
}

// A handler that has what it works on.
auto with(Workshop& shop, http::Response (*handle)(Call&, Workshop&)) {
  return [&shop, handle](Call& call) { return handle(call, shop); };
}

Json items_of(Json items) {
  Json object = Json::object();
  object["items"] = std::move(items);
  return object;
}

template <class Rows, class ToJson>
http::Response answer_all(const Call& call, const Result<Rows>& rows, ToJson&& to_json) {
  if (!rows) {
    return refuse(call, rows.error());
  }
  Json items = Json::array();
  for (const auto& row : *rows) {
    items.push_back(to_json(row));
  }
  return answer(items_of(std::move(items)));
}

template <class Value, class ToJson>
http::Response answer_one(const Call& call, const Result<Value>& value, ToJson&& to_json,
                          int status = 200) {
  return value ? answer(to_json(*value), status) : refuse(call, value.error());
}

// The number that the path names; what is no number is not there.
Result<std::int64_t> id_of(const Call& call, std::string_view name) {
  const std::string& text = call.parameter(name);
  std::int64_t id = 0;
  const char* const end = text.data() + text.size();
  if (std::from_chars(text.data(), end, id).ptr != end) {
    return fail(Errc::kNotFound, fmt::format("there is no {} '{}'", name, text));
  }
  return id;
}

// A key for one printer neither sees nor changes what belongs to another.
Result<void> check_printer(const Call& call, const std::string& printer) {
  if (call.who.printer && !printer.empty() && *call.who.printer != printer) {
    return fail(Errc::kDenied, fmt::format("this key is for the printer '{}'", *call.who.printer));
  }
  if (!printer.empty() && call.site.find_printer(printer) == nullptr) {
    return fail(Errc::kNotFound, fmt::format("there is no printer '{}'", printer), "printer",
                "GET /api/v1/printers lists them");
  }
  return {};
}

// Of a printer that is there; the shelf has none.
Result<void> check_tool(const Call& call, const std::string& printer, std::int64_t tool) {
  if (const jobs::Runner* runner = call.site.find_printer(printer); runner != nullptr) {
    const auto tools = static_cast<std::int64_t>(runner->identity().tools);
    if (tool >= tools) {
      return fail(Errc::kOutOfRange, fmt::format("'{}' has no tool {}", printer, tool), "tool",
                  fmt::format("from 0 to {} is possible", tools - 1));
    }
  }
  return {};
}

// The printer that a list is of; empty: all.
Result<std::string> printer_of_query(const Call& call) {
  std::string printer = call.query.value("printer", std::string());
  return check_printer(call, printer).map([&] {
    return printer.empty() && call.who.printer ? *call.who.printer : std::move(printer);
  });
}

Result<Spool> visible_spool(const Call& call, Workshop& shop) {
  return id_of(call, "spool")
      .and_then([&](std::int64_t id) { return shop.spool(id); })
      .and_then([&](Spool spool) -> Result<Spool> {
        if (auto seen = check_printer(call, spool.printer); !seen) {
          return tl::unexpected(seen.error());
        }
        return spool;
      });
}

Result<TaskState> visible_task(const Call& call, Workshop& shop) {
  return id_of(call, "task")
      .and_then([&](std::int64_t id) { return shop.task(id); })
      .and_then([&](TaskState state) -> Result<TaskState> {
        if (call.who.printer && *call.who.printer != state.task.printer) {
          return fail(Errc::kDenied,
                      fmt::format("this key is for the printer '{}'", *call.who.printer));
        }
        return state;
      });
}

// What a body says of a spool; the rest stays.
void take_over(const Json& body, Spool& spool) {
  const auto text = [&](const char* key, std::string& value) { value = body.value(key, value); };
  text("name", spool.name);
  text("vendor", spool.vendor);
  text("material", spool.material);
  text("colour", spool.colour);
  text("note", spool.note);
  spool.diameter_mm = body.value("diameter_mm", spool.diameter_mm);
  spool.density_g_cm3 = body.value("density_g_cm3", spool.density_g_cm3);
  spool.weight_g = body.value("weight_g", spool.weight_g);
  spool.archived = body.value("archived", spool.archived != 0) ? 1 : 0;
}

http::Response list_spools(Call& call, Workshop& shop) {
  auto spools = shop.spools(call.query.value("archived", false));
  if (spools && call.who.printer) {
    std::erase_if(*spools, [&](const Spool& spool) {
      return !spool.printer.empty() && spool.printer != *call.who.printer;
    });
  }
  return answer_all(call, spools, spool_json);
}

http::Response get_spool(Call& call, Workshop& shop) {
  return answer_one(call, visible_spool(call, shop), spool_json);
}

http::Response create_spool(Call& call, Workshop& shop) {
  Spool spool;
  take_over(call.body, spool);
  spool.used_g = call.body.value("used_g", 0.0);
  return answer_one(call, shop.add_spool(std::move(spool)), spool_json, 201);
}

http::Response change_spool(Call& call, Workshop& shop) {
  return answer_one(call, visible_spool(call, shop).and_then([&](Spool spool) {
    take_over(call.body, spool);
    return shop.change_spool(std::move(spool));
  }),
                    spool_json);
}

http::Response mount_spool(Call& call, Workshop& shop) {
  const Json& named = call.body.at("printer");
  const std::string printer = named.is_null() ? "" : named.get<std::string>();
  return answer_one(call,
                    visible_spool(call, shop).and_then([&](const Spool& spool) -> Result<Spool> {
                      if (auto there = check_printer(call, printer); !there) {
                        return tl::unexpected(there.error());
                      }
                      const auto tool = call.body.value("tool", std::int64_t{0});
                      if (auto there = check_tool(call, printer, tool); !there) {
                        return tl::unexpected(there.error());
                      }
                      return shop.mount(spool.id, printer, tool);
                    }),
                    spool_json);
}

http::Response weigh_spool(Call& call, Workshop& shop) {
  return answer_one(call, visible_spool(call, shop).and_then([&](const Spool& spool) {
    return shop.weigh(spool.id, call.body.at("left_g").get<double>());
  }),
                    spool_json);
}

http::Response list_usage(Call& call, Workshop& shop) {
  const auto usage = visible_spool(call, shop).and_then([&](const Spool& spool) {
    return shop.usage(spool.id, kMostItems);
  });
  return answer_all(call, usage, [](const store::SpoolUsageRow& row) {
    return Json{{"job", row.job},
                {"tool", row.tool},
                {"filament_mm", row.filament_mm},
                {"weight_g", row.weight_g},
                {"at", time_json(row.at)}};
  });
}

http::Response list_tasks(Call& call, Workshop& shop) {
  return answer_all(call, printer_of_query(call).and_then([&](const std::string& printer) {
    return shop.tasks(printer);
  }),
                    task_json);
}

http::Response create_task(Call& call, Workshop& shop) {
  workshop::Task task;
  task.printer = call.text("printer");
  task.title = call.text("title");
  task.note = call.text("note");
  const auto every = [&](const char* key, std::optional<double>& value) {
    if (call.body.contains(key)) {
      value = call.body.at(key).get<double>();
    }
  };
  every("every_hours", task.every_hours);
  every("every_filament_m", task.every_filament_m);
  every("every_days", task.every_days);
  return answer_one(call, check_printer(call, task.printer).and_then([&] {
    return shop.add_task(std::move(task));
  }),
                    task_json, 201);
}

http::Response complete_task(Call& call, Workshop& shop) {
  return answer_one(call, visible_task(call, shop).and_then([&](const TaskState& state) {
    return shop.complete_task(state.task.id, call.who.user, call.text("note"));
  }),
                    task_json);
}

http::Response remove_task(Call& call, Workshop& shop) {
  return done(call, visible_task(call, shop).and_then([&](const TaskState& state) {
    return shop.remove_task(state.task.id);
  }));
}

http::Response list_maintenance(Call& call, Workshop& shop) {
  const auto log = shop.maintenance_log(call.runner->identity().id, kMostItems);
  return answer_all(call, log, [](const store::MaintenanceLogRow& row) {
    return Json{
        {"task", row.task}, {"title", row.title}, {"at", time_json(row.at)},     {"user", row.user},
        {"note", row.note}, {"hours", row.hours}, {"filament_m", row.filament_m}};
  });
}

void add_shapes(Table& table) {
  using namespace shape;  // NOLINT(google-build-using-namespace)
  table.shapes["Spool"] = object({
      {"id", integer()},
      {"name", text()},
      {"vendor", text()},
      {"material", text()},
      {"colour", described(text(), "#rrggbb, or empty.")},
      {"diameter_mm", number()},
      {"density_g_cm3", number()},
      {"weight_g", described(number(), "Of the filament when the spool was full.")},
      {"used_g", number()},
      {"left_g", number()},
      {"left_mm", number()},
      {"note", text()},
      {"created", text()},
      {"archived", boolean()},
      {"printer", described(nullable(text()), "That it is mounted on; null: on the shelf.")},
      {"tool", nullable(integer())},
  });
  table.shapes["SpoolUsage"] = object({
      {"job", text()},
      {"tool", integer()},
      {"filament_mm", number()},
      {"weight_g", number()},
      {"at", text()},
  });
  table.shapes["MaintenanceTask"] = object({
      {"id", integer()},
      {"printer", text()},
      {"title", text()},
      {"note", text()},
      {"done", described(text(), "When it was done last, or entered.")},
      {"share", described(number(), "Of what comes first; due from 1.")},
      {"due", boolean()},
      {"every_hours", described(nullable(number()), "Of printing.")},
      {"every_filament_m", nullable(number())},
      {"every_days", nullable(number())},
      {"hours", described(nullable(number()), "Since it was done.")},
      {"filament_m", nullable(number())},
      {"days", nullable(number())},
  });
  table.shapes["MaintenanceEntry"] = object({
      {"task", integer()},
      {"title", text()},
      {"at", text()},
      {"user", text()},
      {"note", text()},
      {"hours", described(number(), "Of printing by then.")},
      {"filament_m", number()},
  });
}

void add_spools(Table& table, Workshop& shop) {
  using namespace shape;  // NOLINT(google-build-using-namespace)
  const Json name = text(1, kLongestName);
  const Json brief = text(0, kLongestName);
  const Json note = text(0, kLongestNote);
  const Json spools = object({{"items", list(named("Spool"))}});
  table.operations.push_back({.path = "/spools",
                              .permission = "STATUS",
                              .id = "listSpools",
                              .tag = "workshop",
                              .summary = "Spools of filament.",
                              .query = {{"archived", boolean(), "Also those in the archive."}},
                              .answer = {.status = 200, .shape = spools},
                              .handle = with(shop, list_spools)});
  table.operations.push_back({.method = http::Method::kPost,
                              .path = "/spools",
                              .permission = "CONTROL",
                              .id = "createSpool",
                              .tag = "workshop",
                              .summary = "Enters a spool; it lies on the shelf.",
                              .request = object({{"name", name},
                                                 {"diameter_mm", number()},
                                                 {"density_g_cm3", number()},
                                                 {"weight_g", number()},
                                                 optional("used_g", number()),
                                                 optional("vendor", brief),
                                                 optional("material", brief),
                                                 optional("colour", brief),
                                                 optional("note", note)}),
                              .answer = {.status = 201, .shape = named("Spool")},
                              .repeats = Repeats::kByKey,
                              .handle = with(shop, create_spool)});
  table.operations.push_back({.path = "/spools/{spool}",
                              .permission = "STATUS",
                              .id = "getSpool",
                              .tag = "workshop",
                              .summary = "One spool.",
                              .answer = {.status = 200, .shape = named("Spool")},
                              .handle = with(shop, get_spool)});
  table.operations.push_back(
      {.method = http::Method::kPatch,
       .path = "/spools/{spool}",
       .permission = "CONTROL",
       .id = "changeSpool",
       .tag = "workshop",
       .summary = "Changes what is given; an archived spool is on no printer.",
       .request = object({optional("name", name), optional("diameter_mm", number()),
                          optional("density_g_cm3", number()), optional("weight_g", number()),
                          optional("vendor", brief), optional("material", brief),
                          optional("colour", brief), optional("note", note),
                          optional("archived", boolean())}),
       .answer = {.status = 200, .shape = named("Spool")},
       .handle = with(shop, change_spool)});
  table.operations.push_back({.method = http::Method::kPut,
                              .path = "/spools/{spool}/place",
                              .permission = "CONTROL",
                              .id = "mountSpool",
                              .tag = "workshop",
                              .summary = "Mounts a spool; what was there goes back to the shelf.",
                              .request = object({{"printer", nullable(text(1, kLongestName))},
                                                 optional("tool", integer(0, kMostTools - 1))}),
                              .answer = {.status = 200, .shape = named("Spool")},
                              .handle = with(shop, mount_spool)});
  table.operations.push_back({.method = http::Method::kPut,
                              .path = "/spools/{spool}/left",
                              .permission = "CONTROL",
                              .id = "weighSpool",
                              .tag = "workshop",
                              .summary = "Sets what is left, by weighing it.",
                              .request = object({{"left_g", number()}}),
                              .answer = {.status = 200, .shape = named("Spool")},
                              .handle = with(shop, weigh_spool)});
  table.operations.push_back(
      {.path = "/spools/{spool}/usage",
       .permission = "STATUS",
       .id = "listSpoolUsage",
       .tag = "workshop",
       .summary = "What the last 500 jobs took from a spool, newest first.",
       .answer = {.status = 200, .shape = object({{"items", list(named("SpoolUsage"))}})},
       .handle = with(shop, list_usage)});
}

void add_maintenance(Table& table, Workshop& shop) {
  using namespace shape;  // NOLINT(google-build-using-namespace)
  const Json note = text(0, kLongestNote);
  const Json printer = text(1, kLongestName);
  table.operations.push_back(
      {.path = "/maintenance",
       .permission = "STATUS",
       .id = "listMaintenanceTasks",
       .tag = "workshop",
       .summary = "What is to be done to printers, and when.",
       .query = {{"printer", printer, "Only tasks of this printer."}},
       .answer = {.status = 200, .shape = object({{"items", list(named("MaintenanceTask"))}})},
       .handle = with(shop, list_tasks)});
  table.operations.push_back(
      {.method = http::Method::kPost,
       .path = "/maintenance",
       .permission = "SETTINGS",
       .id = "createMaintenanceTask",
       .tag = "workshop",
       .summary = "Enters a task with at least one interval; it counts from now.",
       .request = object({{"printer", printer},
                          {"title", text(1, kLongestName)},
                          optional("note", note),
                          optional("every_hours", number()),
                          optional("every_filament_m", number()),
                          optional("every_days", number())}),
       .answer = {.status = 201, .shape = named("MaintenanceTask")},
       .repeats = Repeats::kByKey,
       .handle = with(shop, create_task)});
  table.operations.push_back({.method = http::Method::kPost,
                              .path = "/maintenance/{task}/done",
                              .permission = "CONTROL",
                              .id = "completeMaintenanceTask",
                              .tag = "workshop",
                              .summary = "It has been done; it counts from now again.",
                              .request = object({optional("note", note)}),
                              .answer = {.status = 200, .shape = named("MaintenanceTask")},
                              .repeats = Repeats::kByKey,
                              .handle = with(shop, complete_task)});
  table.operations.push_back({.method = http::Method::kDelete,
                              .path = "/maintenance/{task}",
                              .permission = "SETTINGS",
                              .id = "removeMaintenanceTask",
                              .tag = "workshop",
                              .summary = "Forgets a task; what was done stays in the log.",
                              .answer = {.status = 204},
                              .handle = with(shop, remove_task)});
  table.operations.push_back(
      {.path = "/printers/{printer}/maintenance-log",
       .permission = "STATUS",
       .id = "listMaintenance",
       .tag = "workshop",
       .summary = "The last 500 times that something was done to a printer, newest first.",
       .answer = {.status = 200, .shape = object({{"items", list(named("MaintenanceEntry"))}})},
       .handle = with(shop, list_maintenance)});
}

}  // namespace

void add_workshop_operations(Table& table, Workshop& shop) {
  add_shapes(table);
  add_spools(table, shop);
  add_maintenance(table, shop);
}

}  // namespace stepcast::server::api
