#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "stepcast/device/paper_core.hpp"

// A device under any sequence of lines, datagrams, time and motion: what it executes is what it
// counts, and it always comes to rest when told to.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stepcast;
  using device::PaperCore;
  static constexpr std::array<std::string_view, 16> kLines{"init",
                                                           "start",
                                                           "stop",
                                                           "exit",
                                                           "status",
                                                           "jog x +20",
                                                           "start speed=max",
                                                           "jog z -3",
                                                           "at 2 heat tool0 100 reach",
                                                           "at 2000 heat bed 60 settle",
                                                           "at 1300 fan 9",
                                                           "heat tool0 90",
                                                           "heat off",
                                                           "heat reset",
                                                           "keep",
                                                           "temps"};
  static const std::vector<std::uint8_t> kTicks(wire::kPaperTicksPerPacket, 0x11);
  device::DeviceConfig config{.virtual_motors = true, .first_packet = 0xFFFFFFF0U, .grace_ms = 100};
  config.heat.heaters[0] = device::hotend_config(500, 30'000);
  config.heat.heaters[1] = device::bed_config(500, 12'000);
  config.heat.fan = true;
  config.heat.lease_ms = 1'000;
  auto core = std::make_unique<PaperCore>(config);
  core->on_connected();
  device::DeviceMs now = 0;
  std::uint64_t executed = 0;
  std::array<std::uint8_t, 512> out{};
  device::ReplyLine reply;
  bool close = false;
  bool waiting = false;
  const auto move = [&](std::size_t ticks) {
    const auto run = core->pull(std::span(out).first(std::min(ticks, out.size())));
    executed += run.kind == device::StepEngine::Kind::kStream ? run.ticks : 0;
    return run.ticks;
  };
  for (std::size_t i = 0; i + 1 < size; i += 2) {
    const std::uint8_t argument = data[i + 1];
    switch (data[i] % 6) {
      case 0: {
        if (waiting) {
          break;
        }
        const std::uint64_t before = core->session();
        waiting =
            core->on_line(kLines[argument % kLines.size()], i, reply) == PaperCore::Answer::kLater;
        executed = core->session() == before ? executed : 0;
        break;
      }
      case 1: {
        std::vector<std::uint8_t> bytes(wire::kPaperMaxDatagram);
        const bool end = argument > 250;
        bytes.resize(wire::encode(
            wire::PaperPacket{.end = end,
                              .session = core->session(),
                              .number = 0xFFFFFFF0U + argument % 128U,
                              .ticks = std::span(kTicks).first(end ? argument : kTicks.size())},
            bytes));
        core->on_datagram(bytes, now);
        break;
      }
      case 2:
        for (std::uint32_t n = 0; n < argument; ++n) {
          move(out.size());
        }
        break;
      case 3: {
        now += argument;
        // Anything from an open circuit to a short one.
        const wire::CentiC reading = 200 * argument - 1'000;
        core->on_temperatures(std::array{reading, reading, reading});
        const auto& heaters = core->heaters();
        if (heaters.fault().cause != device::HeatFault::kNone &&
            (heaters.on() || heaters.power(0) != 0 || heaters.power(1) != 0)) {
          std::abort();  // a fault leaves nothing on
        }
        if (core->poll(now)) {
          std::array<std::uint8_t, wire::kPaperAckSize> bytes{};
          wire::PaperAck ack;
          core->make_ack(bytes);
          if (wire::decode(bytes, ack) != wire::DecodeStatus::kOk) {
            std::abort();
          }
        }
        waiting = waiting && !core->finished(reply, close);
        break;
      }
      case 4:
        core->on_datagram(std::span(data + i, std::min<std::size_t>(size - i, argument)), now);
        break;
      default:
        (argument & 1U) != 0 ? core->on_connected() : core->on_disconnected(now);
        break;
    }
  }
  if (core->progress().executed != executed) {
    std::abort();
  }
  core->hold();
  for (int n = 0; n < 200 && core->moving(); ++n) {
    while (move(out.size()) != 0) {
    }
    core->poll(++now);
  }
  if (core->moving()) {
    std::abort();
  }
  return 0;
}
