#include "stepcast/stream/heating.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "stepcast/wire/control_reply.hpp"
#include "stepcast/wire/heat_action.hpp"

namespace stepcast::stream {
namespace {

Error refusal_of(const wire::ControlReply& reply, const Endpoint& device) {
  Errc code = Errc::kProtocol;
  std::string remedy = "update the older one of the two";
  if (reply.code == "fault") {
    code = Errc::kFault;
    remedy = "look at the machine; then send 'heat reset' by stepcast console";
  } else if (reply.code == "unsupported") {
    code = Errc::kUnsupported;
    remedy = "take it out of the printer profile, or fit it";
  } else if (reply.code == "range") {
    code = Errc::kOutOfRange;
    remedy = "choose a lower temperature; the limit is the device's own";
  }
  return {code, fmt::format("the device refused: {} ({})", reply.rest, reply.code),
          device.to_string(), remedy};
}

std::optional<Celsius> degrees(const wire::ControlReply& reply, std::string_view key) {
  std::int32_t centi = 0;
  if (!wire::parse_centi(reply.value(key), centi)) {
    return std::nullopt;
  }
  return Celsius{centi / 100.0};
}

std::string named(std::string_view value) {
  return value == "none" ? std::string() : std::string(value);
}

}  // namespace

HeatAbilities read_heat_abilities(std::string_view pairs) {
  wire::ControlReply reply;
  reply.ok = true;
  reply.rest = pairs;
  HeatAbilities abilities;
  std::uint64_t actions = 0;
  std::uint64_t lease_ms = 0;
  constexpr std::uint64_t kMostActions = 65'535;
  constexpr std::uint64_t kLongestLeaseMs = 86'400'000;
  static_cast<void>(reply.number("actions", kMostActions, actions));
  static_cast<void>(reply.number("lease_ms", kLongestLeaseMs, lease_ms));
  abilities.actions = static_cast<std::uint32_t>(actions);
  abilities.lease = std::chrono::milliseconds(lease_ms);
  abilities.fan = reply.value("fan") == "1";
  std::string_view names = reply.value("heaters");
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find(','));
    if (wire::heater_index(name) != wire::kHeaterCount) {
      abilities.heaters.emplace_back(name);
    }
    names.remove_prefix(std::min(names.size(), name.size() + 1));
  }
  return abilities;
}

Result<HeatReport> read_heat_report(std::string_view text, const Endpoint& device) {
  wire::ControlReply reply;
  const bool understood = wire::parse_control_reply(text, reply);
  if (understood && !reply.ok) {
    return tl::unexpected(refusal_of(reply, device));
  }
  if (!understood || reply.value("lease_ms").empty() || reply.value("fault").empty()) {
    return fail(Errc::kProtocol, fmt::format("'{:.60}' says nothing of heaters", text),
                device.to_string(), "update the device");
  }
  HeatReport report;
  report.lapsed = reply.value("lapsed") == "1";
  report.waiting = named(reply.value("waiting"));
  report.fault = named(reply.value("fault"));
  report.fault_heater = std::string(reply.value("fault_heater"));
  report.fault_reading = degrees(reply, "fault_c");
  std::uint64_t fan = 0;
  if (reply.number("fan", wire::kFullFan, fan)) {
    report.fan = static_cast<double>(fan) / wire::kFullFan;
  }
  for (const std::string_view name : wire::kHeaterNames) {
    const auto target = degrees(reply, fmt::format("{}_target", name));
    if (!target) {
      continue;
    }
    std::uint64_t permille = 0;
    static_cast<void>(reply.number(fmt::format("{}_power", name), 1'000, permille));
    report.heaters[std::string(name)] = {.actual = degrees(reply, name),
                                         .target = *target,
                                         .power = static_cast<double>(permille) / 1'000.0};
  }
  return report;
}

std::string trouble_text(const HeatReport& report) {
  if (!report.fault.empty()) {
    const std::string_view why =
        report.fault == "sensor_low"    ? "its sensor reads below what is possible (open circuit?)"
        : report.fault == "sensor_high" ? "its sensor reads above the limit (short circuit, or "
                                          "too hot)"
        : report.fault == "too_slow"    ? "it does not get hotter although it is heated"
        : report.fault == "lost"        ? "it fell below its target"
        : report.fault == "runaway"     ? "it gets hotter than its target"
        : report.fault == "wait"        ? "it did not reach its target in time"
                                        : "a guard of the device acted";
    return fmt::format("the device switched its heaters off: {} at {:.1f} C: {} ({})",
                       report.fault_heater, report.fault_reading.value_or(Celsius{}).v, why,
                       report.fault);
  }
  if (report.lapsed) {
    return "the device switched its heaters off, because it had heard nothing for too long (lease)";
  }
  return {};
}

}  // namespace stepcast::stream
