#include "temperature_history.hpp"

#include <algorithm>

namespace stepcast::server::octoprint {
namespace {

// What OctoPrint's graph shows; with a sample each two seconds 900 of them.
constexpr std::int64_t kHistoryS = 30 * 60;

}  // namespace

Json sample_json(const std::map<std::string, printer::Heater>& heaters, std::int64_t unix_s) {
  Json sample{{"time", unix_s}};
  for (const auto& [name, heater] : heaters) {
    sample[name] = {{"actual", heater.actual ? Json(heater.actual->v) : Json(nullptr)},
                    {"target", heater.target.v}};
  }
  return sample;
}

void TemperatureHistory::add(const std::string& printer, const printer::Status& status,
                             std::int64_t unix_s) {
  if (status.heaters.empty()) {
    return;
  }
  const std::scoped_lock lock(mutex_);
  auto& samples = samples_[printer];
  samples.push_back({.unix_s = unix_s, .heaters = status.heaters});
  while (samples.front().unix_s < unix_s - kHistoryS) {
    samples.pop_front();
  }
}

Json TemperatureHistory::samples(const std::string& printer, std::size_t most) const {
  Json list = Json::array();
  const std::scoped_lock lock(mutex_);
  const auto found = samples_.find(printer);
  if (found == samples_.end()) {
    return list;
  }
  const auto& samples = found->second;
  for (std::size_t i = samples.size() - std::min(most, samples.size()); i < samples.size(); ++i) {
    list.push_back(sample_json(samples[i].heaters, samples[i].unix_s));
  }
  return list;
}

}  // namespace stepcast::server::octoprint
