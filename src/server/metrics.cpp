#include "stepcast/server/metrics.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "stepcast/metrics/process.hpp"
#include "stepcast/server/authentication.hpp"

#include "metrics_samples.hpp"

namespace stepcast::server {
namespace {

// Answers from memory take under 1 ms, uploads minutes.
constexpr std::array kBoundsS{0.0005, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0};
constexpr double kSPerUs = 1e-6;

double unix_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

class Metrics::Impl {
 public:
  explicit Impl(Site& site)
      : site_(site), heard_(site.events.listen([this](const events::Event& event) {
          const std::scoped_lock lock(mutex_);
          ++events_[event.type];
        })) {}

  void answered(const http::Request& request, int status, std::size_t bytes, double took_s) {
    // Patterns, never paths: as many series as there are routes, whatever strangers ask for.
    const std::string_view pattern = request.pattern.empty() ? "none" : request.pattern;
    const auto bucket = static_cast<std::size_t>(
        std::lower_bound(kBoundsS.begin(), kBoundsS.end(), took_s) - kBoundsS.begin());
    const std::scoped_lock lock(mutex_);
    bytes_ += bytes;
    ++requests_[{pattern, request.method, status}];
    Durations& durations = durations_[{pattern, request.method}];
    ++durations.counts.at(bucket);
    durations.sum_s += took_s;
  }

  void collect(Collector collector) {
    const std::scoped_lock lock(collectors_mutex_);
    collectors_.push_back(std::move(collector));
  }

  http::Response answer(const http::Request& request) {
    const auto& who = principal(request);
    metrics::Page page;
    for (const auto& runner : site_.printers) {
      if (!who.printer || *who.printer == runner->identity().id) {
        add_printer(page, *runner);
      }
    }
    // A database that cannot be read now is one sample, not the loss of all others.
    const auto jobs = add_jobs(page, site_.store, who.printer.value_or(""));
    page.gauge("stepcast_store_readable", "1 when the jobs could be counted.", {}, jobs ? 1 : 0);
    if (!who.printer) {
      metrics::add_process(page, start_unix_s_);
      add_store(page, site_);
      add_requests(page);
      const std::scoped_lock lock(collectors_mutex_);
      for (const Collector& collector : collectors_) {
        collector(page);
      }
    }
    http::Response response = http::Response::text(page.text());
    response.headers.set("Content-Type", metrics::kContentType);
    return response;
  }

 private:
  // Durations of the requests of one route.
  struct Durations {
    std::array<std::uint64_t, kBoundsS.size() + 1> counts{};
    double sum_s{};
  };

  void add_requests(metrics::Page& page) {
    const std::scoped_lock lock(mutex_);
    page.counter("stepcast_http_answer_bytes_total", "Bytes of the bodies of answers.", {}, bytes_);
    for (const auto& [type, count] : events_) {
      page.counter("stepcast_events_total", "Events since the start.", {{"type", type}}, count);
    }
    for (const auto& [key, count] : requests_) {
      const auto& [pattern, method, status] = key;
      page.counter(
          "stepcast_http_requests_total", "Requests answered, by route.",
          {{"route", pattern}, {"method", method_name(method)}, {"status", std::to_string(status)}},
          count);
    }
    for (const auto& [key, durations] : durations_) {
      page.histogram("stepcast_http_request_duration_seconds",
                     "From the first byte of a request to the last of its answer.",
                     {{"route", key.first}, {"method", method_name(key.second)}},
                     {.bounds = {kBoundsS.begin(), kBoundsS.end()},
                      .counts = {durations.counts.begin(), durations.counts.end()},
                      .sum = durations.sum_s});
    }
  }

  Site& site_;
  const double start_unix_s_ = unix_seconds();

  std::mutex mutex_;  // guards what follows, up to the next mutex; patterns live in the router
  std::map<std::tuple<std::string_view, http::Method, int>, std::uint64_t> requests_;
  std::map<std::pair<std::string_view, http::Method>, Durations> durations_;
  std::uint64_t bytes_ = 0;
  std::map<std::string, std::uint64_t> events_;

  std::mutex collectors_mutex_;
  std::vector<Collector> collectors_;
  events::Log::Subscription heard_;  // last: uses all of the above
};

Metrics::Metrics(Site& site) : impl_(std::make_unique<Impl>(site)) {}
Metrics::~Metrics() = default;

void Metrics::answered(const http::Request& request, int status, std::size_t bytes,
                       std::chrono::microseconds took) {
  impl_->answered(request, status, bytes, kSPerUs * static_cast<double>(took.count()));
}

void Metrics::collect(Collector collector) {
  impl_->collect(std::move(collector));
}

void Metrics::add_routes(http::Router& router) {
  http::Route route;
  route.method = http::Method::kGet;
  route.pattern = "/metrics";
  route.permission = "STATUS";
  route.runs = http::Runs::kOnWorker;  // counts jobs in the database
  route.handle = [this](http::Request& request) { return impl_->answer(request); };
  router.add(std::move(route));
}

}  // namespace stepcast::server
