#pragma once

#include <memory>

#include "stepcast/http/router.hpp"
#include "stepcast/server/gate.hpp"
#include "stepcast/server/site.hpp"
#include "stepcast/workshop/workshop.hpp"

namespace stepcast::server {

/// The interface of this server's own, under `/api/v1` (docs/api.md). One table of operations makes
/// both the routes and the OpenAPI document at `/api/v1/openapi.json`.
///
/// Threads: build and destroy on one; handlers run where their routes say.
class Api {
 public:
  /// `site`, `gate` and `workshop` must outlive this, and this the HTTP server.
  Api(Site& site, const Gate& gate, workshop::Workshop& workshop);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  void add_routes(http::Router& router);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::server
