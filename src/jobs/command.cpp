#include "stepcast/jobs/command.hpp"

#include <algorithm>
#include <cstddef>

#include <nlohmann/json.hpp>

#include "carry_out.hpp"

namespace stepcast::jobs {
namespace {

// Enough to see what was meant; a long macro would fill the log of events.
constexpr std::size_t kMostLinesTold = 20;

using CommandJson = nlohmann::json;

struct TypeOf {
  std::string_view operator()(const SetTarget& /*c*/) const { return "TargetSet"; }
  std::string_view operator()(const Jog& /*c*/) const { return "Jogged"; }
  std::string_view operator()(const Home& /*c*/) const { return "Home"; }
  std::string_view operator()(const Extrude& /*c*/) const { return "Extruded"; }
  std::string_view operator()(const SetFeedRate& /*c*/) const { return "FeedRateSet"; }
  std::string_view operator()(const SetFlow& /*c*/) const { return "FlowSet"; }
  std::string_view operator()(const SetFan& /*c*/) const { return "FanSet"; }
  std::string_view operator()(const SetZOffset& /*c*/) const { return "ZOffsetSet"; }
  std::string_view operator()(const CancelObject& /*c*/) const { return "ObjectCancelled"; }
  std::string_view operator()(const SendGcode& /*c*/) const { return "GcodeSent"; }
};

CommandJson speed_json(const std::optional<MmPerS>& speed) {
  return speed ? CommandJson(speed->v) : CommandJson(nullptr);
}

struct ValuesOf {
  CommandJson operator()(const SetTarget& command) const {
    return {{"heater", command.heater}, {"target_c", command.target.v}};
  }
  CommandJson operator()(const Jog& command) const {
    CommandJson axes = CommandJson::object();
    for (const Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
      if (const auto& value = command.axes[axis]) {
        axes[std::string(axis_name(axis))] = value->v;
      }
    }
    return {{"axes_mm", axes},
            {"absolute", command.absolute},
            {"speed_mm_s", speed_json(command.speed)}};
  }
  CommandJson operator()(const Home& command) const {
    CommandJson axes = CommandJson::array();
    for (const Axis axis : command.axes) {
      axes.push_back(std::string(axis_name(axis)));
    }
    return {{"axes", axes}};
  }
  CommandJson operator()(const Extrude& command) const {
    return {{"length_mm", command.length.v}, {"speed_mm_s", speed_json(command.speed)}};
  }
  CommandJson operator()(const SetFeedRate& command) const { return {{"factor", command.factor}}; }
  CommandJson operator()(const SetFlow& command) const { return {{"factor", command.factor}}; }
  CommandJson operator()(const SetFan& command) const { return {{"share", command.share}}; }
  CommandJson operator()(const SetZOffset& command) const {
    return {{"offset_mm", command.offset.v}};
  }
  CommandJson operator()(const CancelObject& command) const { return {{"name", command.name}}; }
  CommandJson operator()(const SendGcode& command) const {
    CommandJson lines = CommandJson::array();
    for (std::size_t i = 0; i < std::min(command.lines.size(), kMostLinesTold); ++i) {
      lines.push_back(command.lines[i]);
    }
    return {{"lines", lines}, {"count", command.lines.size()}};
  }
};

struct CarryOut {
  printer::Printer& machine;

  Result<void> operator()(const SetTarget& command) const {
    return machine.set_target(command.heater, command.target);
  }
  Result<void> operator()(const Jog& command) const { return machine.jog(command); }
  Result<void> operator()(const Home& command) const { return machine.home(command.axes); }
  Result<void> operator()(const Extrude& command) const {
    return machine.extrude(command.length, command.speed);
  }
  Result<void> operator()(const SetFeedRate& command) const {
    return machine.set_feed_rate(command.factor);
  }
  Result<void> operator()(const SetFlow& command) const { return machine.set_flow(command.factor); }
  Result<void> operator()(const SetFan& command) const { return machine.set_fan(command.share); }
  Result<void> operator()(const SetZOffset& command) const {
    return machine.set_z_offset(command.offset);
  }
  Result<void> operator()(const CancelObject& command) const {
    return machine.cancel_object(command.name);
  }
  Result<void> operator()(const SendGcode& command) const {
    return machine.send_gcode(command.lines);
  }
};

}  // namespace

std::string_view event_type(const Command& command) {
  return std::visit(TypeOf{}, command);
}

std::string values_text(const Command& command) {
  return std::visit(ValuesOf{}, command)
      .dump(-1, ' ', false, CommandJson::error_handler_t::replace);
}

std::string command_payload(const Command& command, std::string_view user) {
  CommandJson payload = std::visit(ValuesOf{}, command);
  payload["user"] = user;
  return payload.dump(-1, ' ', false, CommandJson::error_handler_t::replace);
}

Result<void> carry_out(printer::Printer& machine, const Command& command) {
  return std::visit(CarryOut{machine}, command);
}

}  // namespace stepcast::jobs
