#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "stepcast/http/router.hpp"
#include "stepcast/http/server.hpp"
#include "stepcast/metrics/page.hpp"
#include "stepcast/server/site.hpp"

namespace stepcast::server {

/// `GET /metrics` for Prometheus, with permission STATUS: the server, its store, its printers and
/// their jobs. A key for one printer sees that printer alone. docs/integrations.md lists the names.
///
/// Threads: any. answered() takes a lock for as long as a look-up.
class Metrics {
 public:
  /// `site` must outlive this, and this the HTTP server.
  explicit Metrics(Site& site);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// For http::Server::Options::on_answered.
  void answered(const http::Request& request, int status, std::size_t bytes,
                std::chrono::microseconds took);

  using Collector = std::function<void(metrics::Page&)>;
  /// Writes more samples of the server onto each page, on a worker.
  void collect(Collector collector);

  void add_routes(http::Router& router);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Connections, sockets and uploads.
void add_http(metrics::Page& page, const http::Server::Counts& counts);

}  // namespace stepcast::server
