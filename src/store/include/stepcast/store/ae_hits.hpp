#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::store {

/// An acoustic emission that passed the threshold of its sensor.
struct AeHitRow {
  std::int64_t id{};  ///< Given by the database.
  std::string printer;
  std::string job;  ///< Empty: outside a job.
  UnixMs at{};
  std::int64_t trai{};    ///< The sensor's own number for the hit and its waveform.
  double amplitude_v{};   ///< Peak.
  double duration_s{};    ///< Threshold first to last crossed.
  double energy_eu{};     ///< 1 eu = 1e-14 V2s.
  double rms_v{};         ///< Of the waveform.
  double rise_time_s{};   ///< Threshold crossed to peak.
  std::int64_t counts{};  ///< Threshold crossings.
  std::int64_t samples{};
  std::string label;                  ///< The class; empty: not classified.
  std::optional<double> probability;  ///< Of the class.
  std::optional<double> x_mm;         ///< Where the tool was.
  std::optional<double> y_mm;
  std::optional<double> z_mm;
  std::string waveform;  ///< Path of the samples; empty: not kept.
};

/// Numbers the hits in their order.
[[nodiscard]] Result<void> add_ae_hits(Session& session, std::span<const AeHitRow> rows);
/// Those whose id is greater than `after`, in order.
[[nodiscard]] Result<std::vector<AeHitRow>> ae_hits_of_job(Session& session, std::string_view job,
                                                           std::int64_t after, std::int64_t limit);
/// The oldest `limit` at most. @returns how many.
[[nodiscard]] Result<std::int64_t> remove_old_ae_hits(Session& session, UnixMs before,
                                                      std::int64_t limit);

}  // namespace stepcast::store
