#include "stepcast/printer/job_actions.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

#include <fmt/format.h>

#include "stepcast/wire/paper_packet.hpp"

namespace stepcast::printer {
namespace {

using What = control::HeatEvent::What;

bool has(const stream::HeatAbilities& device, What what) {
  if (what == What::kFan) {
    return device.fan;
  }
  return std::find(device.heaters.begin(), device.heaters.end(), control::actuator_name(what)) !=
         device.heaters.end();
}

}  // namespace

Result<void> check_heat(const control::JobPlan& plan, const stream::HeatAbilities& device) {
  return check_heat(plan.heat, plan.file.string(), device);
}

Result<void> check_heat(const std::vector<control::HeatEvent>& events, std::string_view name,
                        const stream::HeatAbilities& device) {
  if (device.actions == 0) {
    return {};
  }
  constexpr Ticks kFifoTicks = Ticks{wire::kPaperFifoPackets} * wire::kPaperTicksPerPacket;
  const std::size_t most = device.actions / 2;
  std::vector<Ticks> ticks;
  for (const control::HeatEvent& event : events) {
    const auto where = [&] { return fmt::format("{}:{}", name, event.line); };
    if (!has(device, event.what)) {
      if (event.what != What::kFan && event.target.v > 0.0) {
        return fail(Errc::kUnsupported,
                    fmt::format("the job heats the {}, which this device does not have",
                                control::actuator_name(event.what)),
                    where(), "slice the job for this printer, or correct the profile");
      }
      continue;
    }
    ticks.push_back(event.tick);
    if (ticks.size() > most && event.tick - ticks[ticks.size() - 1 - most] <= kFifoTicks) {
      return fail(Errc::kUnsupported,
                  fmt::format("more than {} changes of temperature or fan within {} ticks", most,
                              kFifoTicks),
                  where(), "let the slicer change the fan less often");
    }
  }
  return {};
}

std::vector<stream::TimedAction> actions_of(const std::vector<control::HeatEvent>& events,
                                            const stream::HeatAbilities& device) {
  std::vector<stream::TimedAction> actions;
  for (const control::HeatEvent& event : events) {
    if (has(device, event.what)) {
      actions.push_back({.tick = event.tick, .line = control::control_line(event)});
    }
  }
  return actions;
}

std::map<std::string, Celsius> targets_before(const std::vector<control::HeatEvent>& events,
                                              Ticks tick) {
  std::map<std::string, Celsius> targets;
  for (const control::HeatEvent& event : events) {
    if (event.tick >= tick) {
      break;
    }
    if (event.what != What::kFan) {
      targets[control::actuator_name(event.what)] = event.target;
    }
  }
  return targets;
}

Ticks heat_look_ahead(const stream::HeatAbilities& device) {
  constexpr Ticks kBatch = Ticks{wire::kPaperBatchPackets} * wire::kPaperTicksPerPacket;
  return device.actions == 0 ? 0 : kBatch;
}

}  // namespace stepcast::printer
