#include <charconv>
#include <chrono>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "stepcast/jobs/queue.hpp"

#include "api_operation.hpp"

namespace stepcast::server::api {
namespace {

constexpr std::int64_t kMostCopies = 1000;
constexpr std::int64_t kHighestPriority = 100;
constexpr std::int64_t kLongestWaitS = std::int64_t{365} * 24 * 3600;
constexpr double kWidestNozzleMm = 10;
constexpr std::size_t kMostIdBytes = 64;

Json needs_json(const jobs::Needs& needs) {
  Json object{{"material", needs.material}};
  object["nozzle_mm"] = needs.nozzle ? Json(needs.nozzle->v) : Json(nullptr);
  return object;
}

Json moment_json(const std::optional<store::UnixMs>& at) {
  return at ? time_json(*at) : Json(nullptr);
}

Json entry_json(const jobs::QueueEntry& entry) {
  Json starts = Json::array();
  for (const auto& start : entry.starts) {
    starts.push_back({{"job", start.id},
                      {"printer", start.printer},
                      {"state", start.state},
                      {"claimed", time_json(start.claimed)},
                      {"expires", time_json(start.expires)},
                      {"reason", start.reason}});
  }
  Json unmet = Json::array();
  for (const auto& one : entry.unmet) {
    unmet.push_back({{"printer", one.printer}, {"reasons", one.reasons}});
  }
  Json object{{"id", entry.id},
              {"state", std::string(queue_state_text(entry.state))},
              {"printer", entry.target.printer},
              {"group", entry.target.group},
              {"path", entry.file},
              {"sha256", entry.sha256},
              {"user", entry.user},
              {"priority", entry.priority},
              {"copies", entry.copies},
              {"waiting", entry.waiting},
              {"under_way", entry.under_way},
              {"done", entry.done},
              {"failed", entry.failed}};
  object["needs"] = needs_json(entry.needs);
  object["created"] = time_json(entry.created);
  object["expires"] = moment_json(entry.expires);
  object["closed"] = moment_json(entry.closed);
  object["starts"] = std::move(starts);
  object["unmet"] = std::move(unmet);
  return object;
}

Json setup_json(const jobs::PrinterSetup& setup) {
  Json object{{"printer", setup.printer},     {"group", setup.group},
              {"bed_clear", setup.bed_clear}, {"bed_job", setup.bed_job},
              {"material", setup.material},   {"queue_paused", setup.queue_paused}};
  object["nozzle_mm"] = setup.nozzle ? Json(setup.nozzle->v) : Json(nullptr);
  return object;
}

jobs::Needs needs_of(const Json& object) {
  jobs::Needs needs;
  needs.material = object.value("material", std::string());
  if (const auto nozzle = object.find("nozzle_mm"); nozzle != object.end() && !nozzle->is_null()) {
    needs.nozzle = Mm(nozzle->get<double>());
  }
  return needs;
}

store::UnixMs in_seconds(std::int64_t seconds) {
  constexpr std::int64_t kMsInS = 1000;
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
             .count() +
         seconds * kMsInS;
}

http::Response list_queue(Call& call) {
  auto entries = call.site.queue->list();
  if (!entries) {
    return refuse(call, entries.error());
  }
  Json items = Json::array();
  for (const auto& entry : *entries) {
    items.push_back(entry_json(entry));
  }
  Json object = Json::object();
  object["items"] = std::move(items);
  object["next"] = nullptr;
  return answer(object);
}

// The past only grows at its front, so a page is told by how many were before it.
http::Response list_past(Call& call) {
  const std::string after = call.query.value("after", std::string("0"));
  std::int64_t offset = 0;
  const char* const end = after.data() + after.size();
  if (std::from_chars(after.data(), end, offset).ptr != end || offset < 0) {
    return refuse(call, {Errc::kInvalidArgument, "is not the `next` of a page", "?after",
                         "leave it out for the first page"});
  }
  const auto limit = call.query.value("limit", kDefaultItems);
  auto entries = call.site.queue->past(limit + 1, offset);
  if (!entries) {
    return refuse(call, entries.error());
  }
  Json next = nullptr;
  if (static_cast<std::int64_t>(entries->size()) > limit) {
    entries->pop_back();
    next = std::to_string(offset + limit);
  }
  Json items = Json::array();
  for (const auto& entry : *entries) {
    items.push_back(entry_json(entry));
  }
  return page(call, std::move(items), next);
}

http::Response with_entry(const Call& call, const Result<jobs::QueueEntry>& entry, int status) {
  return entry ? answer(entry_json(*entry), status) : refuse(call, entry.error());
}

// A key for one printer queues for that printer alone.
Result<void> may_target(const Call& call, const std::string& printer) {
  if (call.who.printer && printer != *call.who.printer) {
    return fail(Errc::kDenied, fmt::format("this key is for the printer '{}'", *call.who.printer),
                "printer", "name it");
  }
  return {};
}

http::Response add_entry(Call& call) {
  jobs::NewQueueEntry wanted;
  wanted.target = {call.text("printer"), call.text("group")};
  wanted.file = call.text("path");
  wanted.user = call.who.user;
  wanted.priority = call.body.value("priority", std::int64_t{0});
  wanted.copies = call.body.value("copies", std::int64_t{1});
  wanted.needs = needs_of(call.body.value("needs", Json::object()));
  if (call.body.contains("expires_in_s")) {
    wanted.expires = in_seconds(call.body.at("expires_in_s").get<std::int64_t>());
  }
  auto entry = may_target(call, wanted.target.printer).and_then([&] {
    return call.site.queue->add(wanted);
  });
  http::Response response = with_entry(call, entry, 201);
  if (entry) {
    response.headers.set("Location", fmt::format("{}/queue/{}", kBase, entry->id));
  }
  return response;
}

Result<jobs::QueueEntry> own_entry(const Call& call) {
  return call.site.queue->find(call.parameter("entry"))
      .and_then([&](jobs::QueueEntry entry) -> Result<jobs::QueueEntry> {
        if (auto may = may_target(call, entry.target.printer); !may) {
          return tl::unexpected(may.error());
        }
        return entry;
      });
}

http::Response edit_entry(Call& call) {
  jobs::Queue::Edit edit;
  if (call.body.contains("priority")) {
    edit.priority = call.body.at("priority").get<std::int64_t>();
  }
  if (call.body.contains("copies")) {
    edit.copies = call.body.at("copies").get<std::int64_t>();
  }
  if (call.body.contains("needs")) {
    edit.needs = needs_of(call.body.at("needs"));
  }
  if (call.body.contains("expires_in_s")) {
    const Json& seconds = call.body.at("expires_in_s");
    edit.expires = seconds.is_null() ? std::optional<store::UnixMs>{}
                                     : std::optional(in_seconds(seconds.get<std::int64_t>()));
  }
  return with_entry(call, own_entry(call).and_then([&](const auto& entry) {
    return call.site.queue->edit(entry.id, edit, call.who.user);
  }),
                    200);
}

http::Response move_entry(Call& call) {
  return done(call, own_entry(call).and_then([&](const auto& entry) {
    return call.site.queue->move(entry.id, call.text("before"), call.who.user);
  }));
}

http::Response cancel_entry(Call& call) {
  return done(call, own_entry(call).and_then([&](const auto& entry) {
    return call.site.queue->cancel(entry.id, call.who.user);
  }));
}

http::Response get_setup(Call& call) {
  auto setup = call.site.queue->setup(call.runner->identity().id);
  return setup ? answer(setup_json(*setup)) : refuse(call, setup.error());
}

http::Response change_setup(Call& call) {
  auto& queue = *call.site.queue;
  const std::string& id = call.runner->identity().id;
  auto setup = queue.setup(id);
  if (!setup) {
    return refuse(call, setup.error());
  }
  Result<void> changed;
  if (call.body.contains("material") || call.body.contains("nozzle_mm")) {
    auto nozzle = setup->nozzle;
    if (call.body.contains("nozzle_mm")) {
      nozzle = needs_of(call.body).nozzle;
    }
    changed =
        queue.set_loaded(id, call.body.value("material", setup->material), nozzle, call.who.user);
  }
  if (changed && call.body.contains("queue_paused")) {
    changed = queue.pause(id, call.body.at("queue_paused").get<bool>(), call.who.user);
  }
  return changed ? get_setup(call) : refuse(call, changed.error());
}

http::Response clear_bed(Call& call) {
  return done(call, call.site.queue->bed_cleared(call.runner->identity().id, call.text("job"),
                                                 call.who.user));
}

void add_queue_shapes(Table& table) {
  using namespace shape;  // NOLINT(google-build-using-namespace)
  const Json needs = object({{"material", text()}, {"nozzle_mm", nullable(number())}});
  const Json start = object({{"job", text()},
                             {"printer", text()},
                             {"state", text()},
                             {"claimed", text()},
                             {"expires", text()},
                             {"reason", text()}});
  const Json unmet = object({{"printer", text()}, {"reasons", list(text())}});
  table.shapes["QueueEntry"] = object({
      {"id", text()},
      {"state", choice({"waiting", "printing", "done", "cancelled", "expired"})},
      {"printer", described(text(), "Empty, like `group`: any.")},
      {"group", text()},
      {"path", text()},
      {"sha256", described(text(), "What is printed, even if the file has been replaced since.")},
      {"user", text()},
      {"priority", integer()},
      {"copies", integer()},
      {"waiting", integer()},
      {"under_way", integer()},
      {"done", integer()},
      {"failed", integer()},
      {"needs", needs},
      {"created", text()},
      {"expires", nullable(text())},
      {"closed", nullable(text())},
      {"starts", list(start)},
      {"unmet", described(list(unmet), "Why printers do not take it now.")},
  });
  table.shapes["PrinterSetup"] = object({
      {"printer", text()},
      {"group", text()},
      {"bed_clear", boolean()},
      {"bed_job", described(text(), "What lies on the bed; empty: nobody has looked.")},
      {"material", text()},
      {"nozzle_mm", nullable(number())},
      {"queue_paused", boolean()},
  });
}

}  // namespace

void add_queue_operations(Table& table) {
  using namespace shape;  // NOLINT(google-build-using-namespace)
  add_queue_shapes(table);
  const Json priority = integer(-kHighestPriority, kHighestPriority);
  const Json copies = integer(1, kMostCopies);
  const Json material = text(0, kMostIdBytes);
  const Json nozzle = nullable(number(0, kWidestNozzleMm));
  const Json needs = object({optional("material", material), optional("nozzle_mm", nozzle)});
  const Json expires = integer(1, kLongestWaitS);
  const Answer entry{.status = 200, .shape = named("QueueEntry")};
  const Answer setup{.status = 200, .shape = named("PrinterSetup")};
  const auto add = [&](Operation operation) {
    operation.tag = "queue";
    table.operations.push_back(std::move(operation));
  };
  add({.path = "/queue",
       .permission = "STATUS",
       .id = "listQueue",
       .summary = "What is to be printed, in the order of service.",
       .answer = {.status = 200, .shape = shape::page("QueueEntry")},
       .handle = list_queue});
  add({.path = "/queue/past",
       .permission = "STATUS",
       .id = "listPastQueue",
       .summary = "What has left the queue, the latest first.",
       .query = page_parameters(),
       .answer = {.status = 200, .shape = shape::page("QueueEntry")},
       .handle = list_past});
  add({.method = http::Method::kPost,
       .path = "/queue",
       .permission = "PRINT",
       .id = "queuePrint",
       .summary = "Queues copies of a file for a printer, a group, or any.",
       .request = object({{"path", text(1, 1024)},
                          optional("printer", text(1, kMostIdBytes)),
                          optional("group", text(1, kMostIdBytes)),
                          optional("priority", priority),
                          optional("copies", copies),
                          optional("needs", needs),
                          optional("expires_in_s", expires)}),
       .answer = {.status = 201, .shape = named("QueueEntry")},
       .repeats = Repeats::kByKey,
       .handle = add_entry});
  add({.path = "/queue/{entry}",
       .permission = "STATUS",
       .id = "getQueueEntry",
       .summary = "One entry, and why it waits.",
       .answer = entry,
       .handle = [](Call& call) {
         return with_entry(call, call.site.queue->find(call.parameter("entry")), 200);
       }});
  add({.method = http::Method::kPatch,
       .path = "/queue/{entry}",
       .permission = "PRINT",
       .id = "changeQueueEntry",
       .summary = "Changes what is left of an entry.",
       .request = object({optional("priority", priority), optional("copies", copies),
                          optional("needs", needs), optional("expires_in_s", nullable(expires))}),
       .answer = entry,
       .handle = edit_entry});
  add({.method = http::Method::kPost,
       .path = "/queue/{entry}/move",
       .permission = "PRINT",
       .id = "moveQueueEntry",
       .summary = "Puts it in front of another one, or at the end of its priority.",
       .request = object({optional("before", text(1, kMostIdBytes))}),
       .answer = {.status = 204},
       .repeats = Repeats::kByKey,
       .handle = move_entry});
  add({.method = http::Method::kDelete,
       .path = "/queue/{entry}",
       .permission = "PRINT",
       .id = "cancelQueueEntry",
       .summary = "Cancels what waits of it; prints under way go on.",
       .answer = {.status = 204},
       .handle = cancel_entry});
  add({.path = "/printers/{printer}/setup",
       .permission = "STATUS",
       .id = "getPrinterSetup",
       .summary = "What people have said of a printer, for the queue.",
       .answer = setup,
       .handle = get_setup});
  add({.method = http::Method::kPatch,
       .path = "/printers/{printer}/setup",
       .permission = "CONTROL",
       .id = "changePrinterSetup",
       .summary = "Says what is loaded, or pauses the printer's queue.",
       .request = object({optional("material", material), optional("nozzle_mm", nozzle),
                          optional("queue_paused", boolean())}),
       .answer = setup,
       .handle = change_setup});
  add({.method = http::Method::kPost,
       .path = "/printers/{printer}/bed-cleared",
       .permission = "PRINT",
       .id = "bedCleared",
       .summary = "Says that the bed is clear: of the job that lay there (`bed_job`).",
       .request = object({{"job", text(0, kMostIdBytes)}}),
       .answer = {.status = 204},
       .repeats = Repeats::kByKey,
       .handle = clear_bed});
}

}  // namespace stepcast::server::api
