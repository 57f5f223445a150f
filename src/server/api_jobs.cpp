#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "api_operation.hpp"

namespace stepcast::server::api {
namespace {

Json job_json(const store::JobRow& row) {
  const auto when = [](const std::optional<store::UnixMs>& at) {
    return at ? time_json(*at) : Json(nullptr);
  };
  Json object{{"id", row.id},         {"printer", row.printer},
              {"path", row.file},     {"sha256", row.sha256},
              {"user", row.user},     {"state", row.state},
              {"reason", row.reason}, {"created", time_json(row.created)}};
  object["started"] = when(row.started);
  object["ended"] = when(row.ended);
  object["estimated_s"] = maybe(row.estimated_s);
  object["actual_s"] = maybe(row.actual_s);
  object["filament_mm"] = maybe(row.filament_mm);
  object["recovers"] = row.recovers.empty() ? Json(nullptr) : Json(row.recovers);
  return object;
}

// "1763720430123 id": where a page ended.
Result<store::JobCursor> cursor_of(const std::string& text) {
  store::JobCursor cursor;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, cursor.created);
  if (read.ec != std::errc{} || read.ptr == end || *read.ptr != ' ') {
    return fail(Errc::kInvalidArgument, "is not the `next` of a list of jobs", "?after",
                "leave it out for the first page");
  }
  cursor.id = std::string(read.ptr + 1, end);
  return cursor;
}

http::Response list_jobs(Call& call) {
  store::JobFilter filter{.printer = call.query.value("printer", std::string()),
                          .state = call.query.value("state", std::string())};
  if (call.who.printer) {
    if (!filter.printer.empty() && filter.printer != *call.who.printer) {
      return refuse(call, {Errc::kDenied,
                           fmt::format("this key is for the printer '{}'", *call.who.printer),
                           "?printer",
                           {}});
    }
    filter.printer = *call.who.printer;
  }
  std::optional<store::JobCursor> after;
  if (call.query.contains("after")) {
    auto cursor = cursor_of(call.query.at("after").get<std::string>());
    if (!cursor) {
      return refuse(call, cursor.error());
    }
    after = std::move(*cursor);
  }
  const auto limit = call.query.value("limit", kDefaultItems);
  std::vector<store::JobRow> rows;
  const auto read = call.site.store.read([&](store::Session& session) {
    return store::jobs_page(session, filter, after, limit + 1).map([&](auto found) {
      rows = std::move(found);
    });
  });
  if (!read) {
    return refuse(call, read.error());
  }
  Json next = nullptr;
  if (static_cast<std::int64_t>(rows.size()) > limit) {
    rows.pop_back();
    next = fmt::format("{} {}", rows.back().created, rows.back().id);
  }
  Json items = Json::array();
  for (const store::JobRow& row : rows) {
    items.push_back(job_json(row));
  }
  return page(call, std::move(items), next);
}

http::Response get_job(Call& call) {
  const std::string& id = call.parameter("job");
  std::optional<store::JobRow> row;
  const auto read = call.site.store.read([&](store::Session& session) {
    return store::find_job(session, id).map([&](auto found) { row = std::move(found); });
  });
  if (!read) {
    return refuse(call, read.error());
  }
  if (!row || (call.who.printer && *call.who.printer != row->printer)) {
    return refuse(call, {Errc::kNotFound, fmt::format("there is no job '{}'", id), {}, {}});
  }
  return answer(job_json(*row));
}

}  // namespace

void add_job_operations(Table& table) {
  using namespace shape;  // NOLINT(google-build-using-namespace)
  table.shapes["Job"] = object({
      {"id", text()},
      {"printer", text()},
      {"path", described(text(), "Of the file when it was printed.")},
      {"sha256", text()},
      {"user", text()},
      {"state", described(text(), "queued, starting, printing, paused, done, cancelled, failed.")},
      {"reason", described(text(), "Of a failure; else empty.")},
      {"created", text()},
      {"started", nullable(text())},
      {"ended", nullable(text())},
      {"estimated_s", nullable(number())},
      {"actual_s", nullable(number())},
      {"filament_mm", nullable(number())},
      {"recovers", described(nullable(text()),
                             "The job of which this one is the rest, after a loss of power.")},
  });
  auto query = page_parameters();
  query.push_back({"printer", text(1, 40), "Only jobs of this printer."});
  query.push_back({"state", text(1, 40), "Only jobs in this state."});
  table.operations.push_back({.path = "/jobs",
                              .permission = "STATUS",
                              .id = "listJobs",
                              .tag = "jobs",
                              .summary = "The history of all printers, newest first.",
                              .query = std::move(query),
                              .answer = {.status = 200, .shape = shape::page("Job")},
                              .handle = list_jobs});
  table.operations.push_back({.path = "/jobs/{job}",
                              .permission = "STATUS",
                              .id = "getJob",
                              .tag = "jobs",
                              .summary = "One run of one file.",
                              .answer = {.status = 200, .shape = named("Job")},
                              .handle = get_job});
}

}  // namespace stepcast::server::api
