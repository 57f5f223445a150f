#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "stepcast/store/telemetry.hpp"

#include "api_operation.hpp"

namespace stepcast::server::api {
namespace {

constexpr std::int64_t kMostPoints = 5000;
constexpr std::int64_t kDefaultPoints = 500;
constexpr std::int64_t kDefaultRangeS = 3600;
constexpr std::int64_t kEndOfTimeS = 253'402'300'799;  // the year 9999

store::UnixS unix_seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

http::Response list_series(Call& call) {
  std::vector<std::string> metrics;
  const auto read = call.site.store.read([&](store::Session& session) {
    return store::metrics_of(session, call.runner->identity().id).map([&](auto found) {
      metrics = std::move(found);
    });
  });
  if (!read) {
    return refuse(call, read.error());
  }
  Json object = Json::object();
  object["items"] = metrics;
  object["next"] = nullptr;
  return answer(object);
}

http::Response get_series(Call& call) {
  store::TelemetryRange range;
  range.printer = call.runner->identity().id;
  range.metric = call.parameter("metric");
  range.to = call.query.value("to_s", unix_seconds_now() + 1);
  range.from = call.query.value("from_s", range.to - kDefaultRangeS);
  range.points = call.query.value("points", kDefaultPoints);
  std::vector<store::TelemetryPoint> points;
  const auto read = call.site.store.read([&](store::Session& session) {
    return store::telemetry_points(session, range).map([&](auto found) {
      points = std::move(found);
    });
  });
  if (!read) {
    return refuse(call, read.error());
  }
  Json items = Json::array();
  for (const store::TelemetryPoint& point : points) {
    items.push_back({{"at_s", point.at},
                     {"samples", point.samples},
                     {"lowest", point.lowest},
                     {"mean", point.mean},
                     {"highest", point.highest}});
  }
  Json object = Json::object();
  object["metric"] = range.metric;
  object["points"] = std::move(items);
  return answer(object);
}

}  // namespace

void add_telemetry_operations(Table& table) {
  using namespace shape;  // NOLINT(google-build-using-namespace)
  table.operations.push_back(
      {.path = "/printers/{printer}/series",
       .permission = "STATUS",
       .id = "listSeries",
       .tag = "telemetry",
       .summary = "The names of what has been recorded of a printer.",
       .answer = {.status = 200,
                  .shape = object({{"items", list(text())}, {"next", nullable(text())}})},
       .handle = list_series});
  const Json point = object({{"at_s", described(integer(), "Begin of the stretch; UTC.")},
                             {"samples", integer()},
                             {"lowest", number()},
                             {"mean", number()},
                             {"highest", number()}});
  table.shapes["Series"] = object({{"metric", text()}, {"points", list(point)}});
  table.operations.push_back(
      {.path = "/printers/{printer}/series/{metric}",
       .permission = "STATUS",
       .id = "getSeries",
       .tag = "telemetry",
       .summary = "How one of them went: stretches of equal length, oldest first; those without "
                  "values are left out. A metric that was never recorded has none.",
       .query = {{"from_s", integer(0, kEndOfTimeS), "Seconds since 1970; an hour before `to_s`."},
                 {"to_s", integer(0, kEndOfTimeS), "Not included; now if it is left out."},
                 {"points", integer(1, kMostPoints), "So many at most; 500 if it is left out."}},
       .answer = {.status = 200, .shape = named("Series")},
       .handle = get_series});
}

}  // namespace stepcast::server::api
