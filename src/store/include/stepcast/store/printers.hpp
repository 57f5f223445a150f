#pragma once

#include <string>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::store {

/// A printer that this server has driven; its history outlives its place in the configuration.
struct PrinterRow {
  std::string id;  ///< As in the configuration, in jobs and in telemetry.
  std::string title;
  std::string kind;     ///< Of its back end: "streamed", "octoprint".
  std::string profile;  ///< Name of the printer profile.
  UnixMs first_seen{};
  UnixMs last_seen{};
};

/// Inserts, or changes all but `first_seen`.
[[nodiscard]] Result<void> see_printer(Session& session, const PrinterRow& row);
[[nodiscard]] Result<std::vector<PrinterRow>> all_printers(Session& session);  ///< By id.

}  // namespace stepcast::store
