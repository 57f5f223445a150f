#pragma once

#include <string_view>

#include "stepcast/device/action_table.hpp"
#include "stepcast/device/control_texts.hpp"
#include "stepcast/device/heater_bank.hpp"

/// The wording of replies about heaters (protocol/control.md section 8).
namespace stepcast::device {

/// What `temps`, `keep`, `heat` and `fan` answer.
inline void write_temps(ReplyLine& out, std::string_view verb, const HeaterBank& bank,
                        std::uint32_t room, std::uint32_t now) {
  out.clear();
  out.add("ok ").add(verb);
  add_pair(out, "lease_ms", bank.lease_left(now));
  out.add(" lapsed=").add(bank.lapsed() ? '1' : '0');
  add_pair(out, "room", room);
  out.add(" waiting=").add(bank.wait() ? wire::kHeaterNames[bank.wait()->heater] : "none");
  const HeaterBank::Fault& fault = bank.fault();
  out.add(" fault=").add(fault_name(fault.cause));
  if (fault.cause != HeatFault::kNone) {
    out.add(" fault_heater=").add(wire::kHeaterNames[fault.heater]);
    out.add(" fault_c=").add_centi(fault.reading);
  }
  if (bank.config().fan) {
    add_pair(out, "fan", bank.fan());
  }
  for (std::size_t i = 0; i < wire::kHeaterCount; ++i) {
    const Heater& heater = bank.heater(i);
    if (!heater.config().fitted) {
      continue;
    }
    const std::string_view name = wire::kHeaterNames[i];
    if (heater.sensor_ok()) {
      out.add(' ').add(name).add('=').add_centi(heater.reading());
    }
    out.add(' ').add(name).add("_target=").add_centi(heater.target());
    out.add(' ').add(name).add("_power=").add_decimal(heater.power());
  }
}

inline void write_refusal(ReplyLine& out, HeaterBank::Refusal refusal, const HeaterBank& bank,
                          const wire::HeatAction& action) {
  const std::string_view name =
      action.kind == wire::HeatAction::Kind::kFan ? "fan" : wire::kHeaterNames[action.heater];
  switch (refusal) {
    case HeaterBank::Refusal::kNone:
      return;
    case HeaterBank::Refusal::kNotFitted:
      write_error(out, "unsupported", "this device has no ");
      out.add(name);
      return;
    case HeaterBank::Refusal::kTooHot:
      write_error(out, "range", name);
      out.add(" allows at most ").add_centi(bank.heater(action.heater).config().largest_target);
      return;
    case HeaterBank::Refusal::kFault:
      write_error(out, "fault", wire::kHeaterNames[bank.fault().heater]);
      out.add(' ').add(fault_name(bank.fault().cause)).add(" at ").add_centi(bank.fault().reading);
      out.add("; look at the machine, then: heat reset");
      return;
    case HeaterBank::Refusal::kSensor:
      write_error(out, "fault", name);
      out.add(" has no sensible sensor reading");
      return;
  }
}

/// What `init` and `status` say of heaters. @returns false if there are none, nor a fan.
inline bool add_heat_abilities(ReplyLine& out, const HeatConfig& config) {
  if (!config.any() && !config.fan) {
    return false;
  }
  out.add(" heaters=");
  bool first = true;
  for (std::size_t i = 0; i < wire::kHeaterCount; ++i) {
    if (config.heaters[i].fitted) {
      out.add(first ? "" : ",").add(wire::kHeaterNames[i]);
      first = false;
    }
  }
  out.add(first ? "none" : "").add(" fan=").add(config.fan ? '1' : '0');
  add_pair(out, "actions", ActionTable::kCapacity);
  add_pair(out, "lease_ms", config.lease_ms);
  return true;
}

}  // namespace stepcast::device
