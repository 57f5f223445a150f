#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::store {

/// What came of the jobs of one printer that ended on one day (UTC), or of all its days.
///
/// Filament of a job that did not end well counts by the share of its time that was printed.
struct PrintTotals {
  std::string printer;
  std::int64_t day{};  ///< Since 1970.
  std::int64_t done{};
  std::int64_t failed{};
  std::int64_t cancelled{};
  double hours{};  ///< Of printing.
  double filament_m{};
};
/// By day and printer, of [from, to). `printer` empty: of all.
[[nodiscard]] Result<std::vector<PrintTotals>> print_totals_by_day(Session& session,
                                                                   std::string_view printer,
                                                                   UnixMs from, UnixMs to);
/// Of all time.
[[nodiscard]] Result<PrintTotals> print_totals(Session& session, std::string_view printer);

/// What was taken from spools of one material.
struct MaterialTotals {
  std::string material;
  std::int64_t jobs{};
  double filament_m{};
  double weight_g{};
};
[[nodiscard]] Result<std::vector<MaterialTotals>> material_totals(Session& session,
                                                                  std::string_view printer,
                                                                  UnixMs from, UnixMs to);

}  // namespace stepcast::store
