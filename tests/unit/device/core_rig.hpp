#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stepcast/device/paper_core.hpp"

namespace stepcast::device {

/// A core under test, with helpers that speak the protocol.
struct CoreRig {
  explicit CoreRig(const DeviceConfig& config = {.virtual_motors = true})
      : core(std::make_unique<PaperCore>(config)) {
    core->on_connected();
  }

  /// One line; motion goes on until the reply is there.
  std::string line(std::string_view text) {
    ReplyLine reply;
    if (core->on_line(text, entropy++, reply) == PaperCore::Answer::kLater) {
      bool close = false;
      while (!core->finished(reply, close)) {
        move(100);
        core->poll(now);
      }
    }
    return std::string(reply.view());
  }

  void open() {
    line("init");
    session = core->session();
  }

  std::vector<std::uint8_t> datagram(std::uint32_t number, std::size_t ticks, bool end,
                                     std::uint8_t content = 0x11) const {
    const std::vector<std::uint8_t> payload(ticks, content);
    std::vector<std::uint8_t> bytes(wire::kPaperMaxDatagram);
    bytes.resize(wire::encode(
        wire::PaperPacket{.end = end, .session = session, .number = number, .ticks = payload},
        bytes));
    return bytes;
  }
  PaperCore::Reception send(std::uint32_t number, std::size_t ticks = wire::kPaperTicksPerPacket,
                            bool end = false) {
    return core->on_datagram(datagram(number, ticks, end), now);
  }
  PaperCore::Reception probe() {
    std::vector<std::uint8_t> bytes(wire::kPaperHeaderSize);
    wire::encode(wire::PaperPacket{.type = wire::PaperType::kProbe, .session = session}, bytes);
    return core->on_datagram(bytes, now);
  }
  void fill(std::uint32_t packets, std::uint32_t first = 0) {
    for (std::uint32_t i = 0; i < packets; ++i) {
      send(first + i);
    }
    core->poll(now);
  }

  wire::PaperAck ack() {
    std::array<std::uint8_t, wire::kPaperAckSize> bytes{};
    core->make_ack(bytes);
    wire::PaperAck ack;
    EXPECT_EQ(wire::decode(bytes, ack), wire::DecodeStatus::kOk);
    return ack;
  }

  /// As many ticks of the grid, at most; keeps those of the stream.
  std::size_t move(std::size_t ticks) {
    std::vector<std::uint8_t> out(ticks);
    std::size_t done = 0;
    while (done < ticks) {
      const auto run = core->pull(std::span(out).first(ticks - done));
      if (run.ticks == 0) {
        break;
      }
      done += run.ticks;
      if (run.kind == StepEngine::Kind::kStream) {
        executed.insert(executed.end(), out.begin(),
                        out.begin() + static_cast<std::ptrdiff_t>(run.ticks));
      }
    }
    return done;
  }
  void settle() {
    while (move(10'000) != 0) {
    }
    core->poll(now);
  }

  [[nodiscard]] wire::DeviceState state() const { return core->state(); }

  std::unique_ptr<PaperCore> core;
  std::uint64_t session = 0;
  std::uint64_t entropy = 1;
  DeviceMs now = 1000;
  std::vector<std::uint8_t> executed;
};

}  // namespace stepcast::device
