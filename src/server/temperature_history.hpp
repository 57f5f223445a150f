#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "stepcast/printer/printer.hpp"

#include "octoprint_json.hpp"

namespace stepcast::server::octoprint {

/// The last half hour of each printer's temperatures, for graphs.
///
/// Threads: any.
class TemperatureHistory {
 public:
  void add(const std::string& printer, const printer::Status& status, std::int64_t unix_s);
  /// Oldest first; the latest `most` samples. `[{time, tool0: {actual, target}, ...}]`
  [[nodiscard]] Json samples(const std::string& printer, std::size_t most) const;
  static constexpr std::size_t kAll = ~std::size_t{0};

 private:
  struct Sample {
    std::int64_t unix_s;
    std::map<std::string, printer::Heater> heaters;
  };
  mutable std::mutex mutex_;
  std::map<std::string, std::deque<Sample>, std::less<>> samples_;  ///< By printer.
};

/// One sample as the push socket and the histories of the routes show it.
[[nodiscard]] Json sample_json(const std::map<std::string, printer::Heater>& heaters,
                               std::int64_t unix_s);

}  // namespace stepcast::server::octoprint
