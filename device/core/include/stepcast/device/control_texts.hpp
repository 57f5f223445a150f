#pragma once

#include <string_view>

#include "stepcast/device/device_config.hpp"
#include "stepcast/device/step_engine.hpp"
#include "stepcast/wire/control_line.hpp"
#include "stepcast/wire/control_reply.hpp"
#include "stepcast/wire/paper_ack.hpp"

/// The wording of control replies (protocol/control.md section 3).
namespace stepcast::device {

using ReplyLine = wire::LineBuffer<wire::kMaxControlReply>;

inline void write_error(ReplyLine& out, std::string_view code, std::string_view text) {
  out.clear();
  out.add("err ").add(code).add(' ').add(text);
}

inline void write_line_error(ReplyLine& out, wire::LineStatus status) {
  switch (status) {
    case wire::LineStatus::kCommand:
      return write_error(out, "command",
                         "known: init, jog, start, stop, status, exit, heat, fan, "
                         "at, keep, temps");
    case wire::LineStatus::kArgument:
      return write_error(out, "argument",
                         "use: init [tick_hz=N] | jog <x|y|z|e> <+|-><counts> | "
                         "start [speed=N|max] [tick_hz=N] | stop | status | exit | "
                         "heat <heater> <C> | heat <off|reset> | fan <0..255> | "
                         "at <tick> <heat|fan> ... [reach|settle] | keep | temps");
    case wire::LineStatus::kRange:
      return write_error(out, "range",
                         "counts 1 to 1000000, speed 1 to 100000 or max, tick_hz 1 to 1000000, "
                         "heat 0 to 500, fan 0 to 255");
    case wire::LineStatus::kLine:
    case wire::LineStatus::kOk:
      break;
  }
  write_error(out, "line", "a command of at most 120 printable characters is expected");
}

inline void add_pair(ReplyLine& out, std::string_view key, std::uint64_t value) {
  out.add(' ').add(key).add('=').add_decimal(value);
}

inline void add_progress(ReplyLine& out, const Progress& progress) {
  constexpr std::string_view kMotors = "xyze";
  add_pair(out, "executed", progress.executed);
  for (std::size_t motor = 0; motor < wire::kMotorCount; ++motor) {
    out.add(' ').add(kMotors[motor]).add('=').add_signed(progress.positions[motor]);
  }
}

inline void write_ok(ReplyLine& out, std::string_view verb, wire::DeviceState state) {
  out.clear();
  out.add("ok ").add(verb).add(" state=").add(wire::state_name(state));
}

inline void write_init(ReplyLine& out, const DeviceConfig& config, std::uint64_t session,
                       const Progress& progress) {
  out.clear();
  out.add("ok init protocol=paper");
  add_pair(out, "version", wire::kPaperVersion);
  out.add(" session=").add_hex64(session);
  add_pair(out, "first", config.first_packet);
  add_pair(out, "fifo", wire::kPaperFifoPackets);
  add_pair(out, "batch", wire::kPaperBatchPackets);
  add_pair(out, "packet_ticks", wire::kPaperTicksPerPacket);
  add_pair(out, "tick_hz", config.tick_hz);
  out.add(" motors=xyze");
  add_pair(out, "virtual", config.virtual_motors ? 1 : 0);
  add_progress(out, progress);
}

}  // namespace stepcast::device
