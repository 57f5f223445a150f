#include "greeting.hpp"

#include <optional>
#include <string>

#include <fmt/format.h>

#include "stepcast/wire/paper_packet.hpp"

namespace stepcast::stream {
namespace {

std::optional<wire::DeviceState> state_named(std::string_view name) {
  for (std::size_t i = 0; i < wire::kDeviceStateCount; ++i) {
    const auto state = static_cast<wire::DeviceState>(i);
    if (wire::state_name(state) == name) {
      return state;
    }
  }
  return {};
}

Error refused(const wire::ControlReply& reply, const Endpoint& device) {
  Errc code = Errc::kProtocol;
  std::string remedy = "the device and this program do not understand each other: update both";
  if (reply.code == "state") {
    code = Errc::kBusy;
    remedy = "end what the device is doing: send it 'stop', then 'exit'";
  } else if (reply.code == "unsupported") {
    code = Errc::kUnsupported;
    remedy = "choose the step grid of the device in the printer profile, and no speed= with motors";
  } else if (reply.code == "fault") {
    code = Errc::kFault;
    remedy = "look at the machine; then send 'heat reset' by stepcast console";
  }
  return {code, fmt::format("the device refused: {} ({})", reply.rest, reply.code),
          device.to_string(), remedy};
}

}  // namespace

Result<wire::ControlReply> understand(std::string_view text, std::string_view verb,
                                      const Endpoint& device) {
  wire::ControlReply reply;
  if (!wire::parse_control_reply(text, reply) || (reply.ok && reply.verb != verb)) {
    return fail(Errc::kProtocol, fmt::format("'{:.60}' is no reply to {}", text, verb),
                device.to_string(), "check that the port is that of a stepcast device");
  }
  if (!reply.ok) {
    return tl::unexpected(refused(reply, device));
  }
  return reply;
}

Result<PerAxis<Steps>> read_positions(const wire::ControlReply& reply, const Endpoint& device) {
  PerAxis<Steps> positions;
  for (const Axis axis : kAllAxes) {
    std::int32_t steps = 0;
    if (!reply.position(axis_name(axis), steps)) {
      return fail(Errc::kProtocol,
                  fmt::format("the reply to {} has no position {}", reply.verb, axis_name(axis)),
                  device.to_string(), "update the device");
    }
    positions[axis] = steps;
  }
  return positions;
}

Result<OpenedSession> read_greeting(const wire::ControlReply& reply, const Endpoint& device) {
  std::uint64_t version = 0;
  const std::string_view protocol = reply.value("protocol");
  if (protocol != "paper" || !reply.number("version", 0xFF, version) ||
      version != wire::kPaperVersion) {
    return fail(Errc::kProtocol,
                fmt::format("the device speaks protocol {} version {}, this program paper version "
                            "{}",
                            protocol.empty() ? "(none)" : protocol,
                            reply.value("version").empty() ? "(none)" : reply.value("version"),
                            wire::kPaperVersion),
                device.to_string(), "update the older one of the two");
  }
  OpenedSession greeting;
  std::uint64_t first = 0;
  std::uint64_t fifo = 0;
  std::uint64_t batch = 0;
  std::uint64_t ticks = 0;
  if (!wire::parse_hex64(reply.value("session"), greeting.session) ||
      !reply.number("first", 0xFFFF'FFFF, first) ||
      !reply.number("fifo", wire::kPaperFifoPackets, fifo) || fifo < wire::kPaperBatchPackets ||
      !reply.number("batch", ~0ULL, batch) || batch != wire::kPaperBatchPackets ||
      !reply.number("packet_ticks", ~0ULL, ticks) || ticks != wire::kPaperTicksPerPacket) {
    return fail(Errc::kProtocol,
                fmt::format("the reply to init is not that of paper version 1: '{}'", reply.rest),
                device.to_string(), "update the device");
  }
  greeting.first_packet = static_cast<std::uint32_t>(first);
  greeting.fifo_packets = static_cast<std::uint32_t>(fifo);
  greeting.virtual_motors = reply.value("virtual") == "1";
  auto positions = read_positions(reply, device);
  if (!positions) {
    return tl::unexpected(positions.error());
  }
  greeting.positions = *positions;
  return greeting;
}

Result<StandingSession> read_standing(const wire::ControlReply& reply, const OpenedSession& opened,
                                      const Endpoint& device) {
  std::uint64_t session = 0;
  StandingSession standing;
  std::uint64_t received = 0;
  std::uint64_t consumed = 0;
  std::uint64_t executed = 0;
  const auto state = state_named(reply.value("state"));
  const auto positions = read_positions(reply, device);
  if (!state || !positions || !wire::parse_hex64(reply.value("session"), session) ||
      !reply.number("received", 0xFFFF'FFFF, received) ||
      !reply.number("consumed", 0xFFFF'FFFF, consumed) ||
      !reply.number("executed", ~0ULL >> 1U, executed)) {
    return fail(Errc::kProtocol, fmt::format("'{}' does not say where the device is", reply.rest),
                device.to_string(), "update the device");
  }
  if (*state == wire::DeviceState::kIdle || session != opened.session) {
    return fail(Errc::kNotFound,
                "the device knows nothing of this print: it was switched off, or somebody else has "
                "used it",
                device.to_string(), "bring the machine home and print again");
  }
  standing.state = *state;
  standing.received = static_cast<std::uint32_t>(received);
  standing.consumed = static_cast<std::uint32_t>(consumed);
  standing.executed = static_cast<Ticks>(executed);
  standing.positions = *positions;
  standing.heat = read_heat_abilities(reply.rest);
  std::uint64_t accepted = 0;
  static_cast<void>(reply.number("accepted", 0xFFFF'FFFF, accepted));
  standing.accepted_actions = static_cast<std::uint32_t>(accepted);
  return standing;
}

}  // namespace stepcast::stream
