#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::store {

/// A spool of filament.
struct SpoolRow {
  std::int64_t id{};
  std::string name;
  std::string vendor;
  std::string material;  ///< "PLA"
  std::string colour;    ///< "#rrggbb"; empty: not known
  double diameter_mm{};
  double density_g_cm3{};
  double weight_g{};    ///< Of the filament when the spool was full.
  double used_g{};      ///< Of it, since then.
  std::string printer;  ///< That it is mounted on; empty: it lies on the shelf.
  std::int64_t tool{};
  std::string note;
  UnixMs created{};
  std::int64_t archived{};  ///< 1: no longer shown.
};

/// `id` is given by the database. @returns it; kInvalidArgument when the place is taken.
[[nodiscard]] Result<std::int64_t> add_spool(Session& session, const SpoolRow& row);
/// Replaces all but the usage. @returns false when there is none of that id.
[[nodiscard]] Result<bool> update_spool(Session& session, const SpoolRow& row);
[[nodiscard]] Result<void> set_spool_used(Session& session, std::int64_t id, double used_g);
[[nodiscard]] Result<std::optional<SpoolRow>> find_spool(Session& session, std::int64_t id);
[[nodiscard]] Result<std::optional<SpoolRow>> spool_at(Session& session, std::string_view printer,
                                                       std::int64_t tool);
/// By id; those that are archived too when asked for.
[[nodiscard]] Result<std::vector<SpoolRow>> all_spools(Session& session, bool archived);
/// What is mounted there goes back to the shelf.
[[nodiscard]] Result<void> clear_spool_place(Session& session, std::string_view printer,
                                             std::int64_t tool);

/// Filament that a job took from a spool.
struct SpoolUsageRow {
  std::string job;
  std::int64_t tool{};
  std::int64_t spool{};
  double filament_mm{};
  double weight_g{};
  UnixMs at{};
};
/// Books it once, and takes it from the spool. @returns false when this job and tool are booked.
[[nodiscard]] Result<bool> book_spool_usage(Session& session, const SpoolUsageRow& row);
/// Newest first.
[[nodiscard]] Result<std::vector<SpoolUsageRow>> usage_of_spool(Session& session,
                                                                std::int64_t spool,
                                                                std::int64_t limit);

}  // namespace stepcast::store
