#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "stepcast/acoustic/hit_table.hpp"
#include "stepcast/base/result.hpp"

namespace stepcast::cli {

/// Where `stepcast hear` has its hits from.
struct HearSourceOptions {
  std::string table;
  std::vector<std::string> units;
  std::string waveform;
  std::string format = "auto";
  double rate_hz = 2e6;
  double threshold_uv = 1000.0;
  double discrimination_us = 10'000.0;
  double lockout_us = 0.0;
  double gain_db = 0.0;
  double volts_per_count = 1.0;

  void add_to(CLI::App& command);
};

/// Hits of a table, or found in a waveform, one after the other in constant memory.
class HearSource {
 public:
  [[nodiscard]] static Result<HearSource> open(const HearSourceOptions& options,
                                               bool keep_waveforms);
  HearSource(HearSource&&) noexcept;
  ~HearSource();

  [[nodiscard]] Result<std::optional<acoustic::HitRow>> next();
  /// The hits were measured here, not read.
  [[nodiscard]] bool measured() const;

 private:
  class Waveform;
  HearSource() = default;
  std::optional<acoustic::HitTable> table_;
  std::unique_ptr<Waveform> waveform_;
};

}  // namespace stepcast::cli
