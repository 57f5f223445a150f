#include "stepcast/printer/device_probe.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "stepcast/stream/console_client.hpp"
#include "stepcast/wire/control_reply.hpp"
#include "stepcast/wire/paper_packet.hpp"

namespace stepcast::printer {
namespace {

tl::unexpected<Error> no_device(const stream::Endpoint& device, std::string_view text) {
  return fail(Errc::kProtocol, fmt::format("'{:.60}' is no answer of a stepcast device", text),
              device.to_string(), "check that the port is that of a stepcast device");
}

/// @returns kBusy if something moves, or may begin to.
Result<void> check_rest(const stream::Endpoint& device, const std::string& text) {
  wire::ControlReply reply;
  if (!wire::parse_control_reply(text, reply) || !reply.ok || reply.verb != "status") {
    return no_device(device, text);
  }
  // `held` is what a print leaves behind whose host is gone: the next session ends it.
  constexpr std::array<std::string_view, 4> kAtRest{"idle", "ready", "done", "held"};
  const std::string_view state = reply.value("state");
  for (const std::string_view rest : kAtRest) {
    if (state == rest) {
      return {};
    }
  }
  return fail(Errc::kBusy, fmt::format("the device is {}, for a program that has left it", state),
              device.to_string(), "wait until it rests, or send it 'stop' and 'exit'");
}

Result<DeviceInfo> read_init(const stream::Endpoint& device, const std::string& text,
                             std::uint32_t tick_hz) {
  wire::ControlReply reply;
  if (!wire::parse_control_reply(text, reply)) {
    return no_device(device, text);
  }
  if (!reply.ok && reply.code == "unsupported") {
    return fail(Errc::kUnsupported,
                fmt::format("the device refused a step grid of {} Hz: {}", tick_hz, reply.rest),
                device.to_string(), "choose the step grid of the device in the printer profile");
  }
  if (!reply.ok || reply.verb != "init") {
    return no_device(device, text);
  }
  std::uint64_t version = 0;
  if (reply.value("protocol") != "paper" || !reply.number("version", 0xFF, version) ||
      version != wire::kPaperVersion) {
    return fail(Errc::kProtocol,
                fmt::format("the device speaks protocol {} version {}, this program paper version "
                            "{}",
                            reply.value("protocol"), reply.value("version"), wire::kPaperVersion),
                device.to_string(), "update the older one of the two");
  }
  DeviceInfo info;
  info.virtual_motors = reply.value("virtual") == "1";
  for (const Axis motor : kAllAxes) {
    std::int32_t steps = 0;
    if (!reply.position(axis_name(motor), steps)) {
      return no_device(device, text);
    }
    info.counters[motor] = steps;
  }
  info.heat = stream::read_heat_abilities(reply.rest);
  return info;
}

/// Nothing, if the device does not have the session any more.
std::optional<DeviceInfo> read_standing_session(const std::string& text, std::uint64_t session) {
  wire::ControlReply reply;
  std::uint64_t id = 0;
  if (!wire::parse_control_reply(text, reply) || !reply.ok ||
      !wire::parse_hex64(reply.value("session"), id) || id != session) {
    return {};
  }
  DeviceInfo info;
  info.standing = true;
  info.virtual_motors = reply.value("virtual") == "1";
  for (const Axis motor : kAllAxes) {
    std::int32_t steps = 0;
    if (!reply.position(axis_name(motor), steps)) {
      return {};
    }
    info.counters[motor] = steps;
  }
  info.heat = stream::read_heat_abilities(reply.rest);
  return info;
}

/// Asks for temperatures, which renews the lease.
Result<DeviceInfo> with_temperatures(stream::ConsoleClient& console, const stream::Endpoint& device,
                                     DeviceInfo info) {
  if (info.heat.actions > 0) {
    const auto kept = console.command("keep");
    auto report = kept ? stream::read_heat_report(*kept, device) : tl::unexpected(kept.error());
    if (!report) {
      return tl::unexpected(report.error());
    }
    info.temperatures = std::move(*report);
  }
  return info;
}

}  // namespace

Result<DeviceInfo> probe_device(const stream::Endpoint& device, std::uint32_t tick_hz,
                                std::chrono::milliseconds timeout,
                                std::optional<std::uint64_t> session) {
  auto console = stream::ConsoleClient::connect(
      device, {.connect_timeout = timeout, .reply_timeout = timeout});
  if (!console) {
    return tl::unexpected(console.error());
  }
  const auto status = console->command("status");
  if (!status) {
    return tl::unexpected(status.error());
  }
  if (session) {
    if (auto standing = read_standing_session(*status, *session)) {
      return with_temperatures(*console, device, std::move(*standing));
    }
  }
  if (auto rests = check_rest(device, *status); !rests) {
    return tl::unexpected(rests.error());
  }
  const auto init = console->command(fmt::format("init tick_hz={}", tick_hz));
  if (!init) {
    return tl::unexpected(init.error());
  }
  auto info = read_init(device, *init, tick_hz);
  if (info) {
    info = with_temperatures(*console, device, std::move(*info));
    if (!info) {
      return info;
    }
  }
  if (console->command("exit")) {
    // The device closes the link after `exit`; once that is seen, it is free for the next one.
    static_cast<void>(console->command("status"));
  }
  return info;
}

}  // namespace stepcast::printer
