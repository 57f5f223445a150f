#include <charconv>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "api_operation.hpp"

namespace stepcast::server::api {
namespace {

http::Response list_events(Call& call) {
  const auto after = call.query.value("after", std::int64_t{0});
  const auto limit = call.query.value("limit", kDefaultItems);
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
  auto events = call.site.events.after(after, limit, printer);
  if (!events) {
    return refuse(call, events.error());
  }
  Json items = Json::array();
  std::int64_t last = after;
  for (const events::Event& event : *events) {
    items.push_back(event_json(event));
    last = event.sequence;
  }
  Json object = Json::object();
  object["items"] = std::move(items);
  // There is always a next page: of what has not happened yet.
  object["next"] = last;
  return answer(object);
}

}  // namespace

Json event_json(const events::Event& event) {
  Json payload = Json::parse(event.payload, nullptr, /*allow_exceptions=*/false);
  Json object{{"sequence", event.sequence}, {"at", time_json(event.at)}, {"type", event.type}};
  object["printer"] = event.printer.empty() ? Json(nullptr) : Json(event.printer);
  object["job"] = event.job.empty() ? Json(nullptr) : Json(event.job);
  object["payload"] = payload.is_object() ? std::move(payload) : Json::object();
  return object;
}

void add_event_operations(Table& table) {
  using namespace shape;  // NOLINT(google-build-using-namespace)
  table.shapes["Event"] = object({
      {"sequence", described(integer(), "Rises by one; never given twice.")},
      {"at", text()},
      {"type", text()},
      {"printer", described(nullable(text()), "null: of the server.")},
      {"job", nullable(text())},
      {"payload", described(any_object(), "Depends on the type.")},
  });
  table.operations.push_back(
      {.path = "/events",
       .permission = "STATUS",
       .id = "listEvents",
       .tag = "events",
       .summary = "What happened, oldest first. `next` is the cursor of what is yet to come.",
       .query = {{"limit", integer(1, kMostItems), "Items of a page; 100 if it is left out."},
                 {"after", integer(0, INT64_MAX), "Only events after this number."},
                 {"printer", text(1, 40), "Only events of this printer."}},
       .answer = {.status = 200,
                  .shape = object({{"items", list(named("Event"))}, {"next", integer()}})},
       .handle = list_events});
}

}  // namespace stepcast::server::api
