#pragma once

#include <map>
#include <memory>
#include <string>

#include "stepcast/http/router.hpp"
#include "stepcast/server/gate.hpp"
#include "stepcast/server/site.hpp"

namespace stepcast::timelapse {
class Recorder;
}

namespace stepcast::server {

/// What films the prints of a printer, by the printer's id; those without a camera have none.
using Recorders = std::map<std::string, std::unique_ptr<timelapse::Recorder>, std::less<>>;

/// The HTTP interface of OctoPrint, tiers A and B of docs/octoprint.md, for every printer of a
/// site: at the root for the printer that the key names or the first one, and below `/p/<id>`.
///
/// Threads: build and destroy on one; handlers run where their routes say.
class OctoPrint {
 public:
  /// All must outlive this, and this the HTTP server.
  OctoPrint(Site& site, Gate& gate, const Recorders& recorders);
  ~OctoPrint();
  OctoPrint(const OctoPrint&) = delete;
  OctoPrint& operator=(const OctoPrint&) = delete;

  void add_routes(http::Router& router);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::server
