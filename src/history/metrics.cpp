#include "stepcast/history/metrics.hpp"

#include <array>
#include <cmath>
#include <string_view>
#include <utility>

namespace stepcast::history {
namespace {

constexpr std::array<std::pair<Axis, std::string_view>, 3> kPositions{
    {{Axis::kX, "x_mm"}, {Axis::kY, "y_mm"}, {Axis::kZ, "z_mm"}}};

}  // namespace

std::vector<Measurement> measurements_of(const printer::Status& status) {
  std::vector<Measurement> found;
  if (status.state == printer::State::kOffline) {
    return found;
  }
  const auto add = [&found](std::string metric, double value) {
    if (std::isfinite(value)) {  // what a back end cannot tell
      found.push_back({std::move(metric), value});
    }
  };
  for (const auto& [name, heater] : status.heaters) {
    if (heater.actual) {
      add(name + ".actual_c", heater.actual->v);
    }
    add(name + ".target_c", heater.target.v);
  }
  for (const auto& [axis, metric] : kPositions) {
    if (status.position[axis]) {
      add(std::string(metric), status.position[axis]->v);
    }
  }
  if (status.state != printer::State::kOperational) {
    add("progress", status.progress.share);
  }
  add("feed_rate", status.feed_rate_factor);
  add("flow", status.flow_factor);
  if (status.fan) {
    add("fan", *status.fan);
  }
  add("z_offset_mm", status.z_offset.v);
  if (status.link) {
    add("buffer_s", status.link->buffer_s);
    add("rtt_ms", status.link->rtt_ms);
  }
  return found;
}

}  // namespace stepcast::history
