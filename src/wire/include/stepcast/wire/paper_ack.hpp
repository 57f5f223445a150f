#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "stepcast/wire/bytes.hpp"
#include "stepcast/wire/crc32c.hpp"
#include "stepcast/wire/paper_packet.hpp"
#include "stepcast/wire/tick_byte.hpp"

/// Datagrams from device to host, protocol `paper` version 1 (protocol/step-stream.md section 5).
namespace stepcast::wire {

/// What the device is doing (state machine: protocol/control.md section 4).
enum class DeviceState : std::uint8_t {
  kIdle,      ///< No session.
  kReady,     ///< Session open, packets are taken, nothing moves.
  kFilling,   ///< Started; waits until the FIFO is full or the end is known.
  kRunning,   ///< Executes the stream.
  kPaused,    ///< The FIFO ran empty; goes on by itself when it has been refilled.
  kStopping,  ///< Slows down after `stop` or `exit`.
  kHeld,      ///< Stopped; `start` goes on from the same tick.
  kDone,      ///< Every tick up to the END packet is executed.
  kJogging,   ///< Executes a `jog`.
};
inline constexpr std::size_t kDeviceStateCount = 9;

/// As in control replies, logs and JSON.
constexpr std::string_view state_name(DeviceState state) {
  constexpr std::array<std::string_view, kDeviceStateCount> kNames{
      "idle", "ready", "filling", "running", "paused", "stopping", "held", "done", "jogging"};
  const auto i = static_cast<std::size_t>(state);
  return i < kNames.size() ? kNames[i] : std::string_view("unknown");
}

inline constexpr std::size_t kPaperAckSize = 72;

struct PaperAck {
  DeviceState state = DeviceState::kIdle;
  /// The echo below answers a packet that arrived just now, so it may be used as a round trip.
  bool prompt = false;
  std::uint64_t session = 0;
  std::uint32_t ack_number = 0;   ///< Counts up: an overtaken acknowledgement is recognised by it.
  std::uint32_t batch_base = 0;   ///< Every packet before this number has arrived.
  std::uint16_t bitmap = 0;       ///< Bit i: packet batch_base + i has arrived.
  std::uint16_t fill = 0;         ///< Packets in the FIFO, at most kPaperFifoPackets.
  std::uint32_t consumed = 0;     ///< The packet that is executed next: slots before it are free.
  std::uint32_t pauses = 0;       ///< How often the FIFO ran empty in this session.
  std::uint32_t echo_number = 0;  ///< The packet that arrived last ...
  std::uint8_t echo_attempt = 0;  ///< ... and which attempt of it.
  std::uint64_t executed = 0;     ///< Ticks of the stream executed in this session.
  std::array<std::int32_t, kMotorCount> positions{};  ///< Steps since power-on.

  friend constexpr bool operator==(const PaperAck&, const PaperAck&) = default;
};

namespace detail {
inline constexpr std::uint8_t kFlagPrompt = 0x01;
inline constexpr std::uint16_t kBitmapMask = (1U << kPaperBatchPackets) - 1U;
}  // namespace detail

constexpr void encode(const PaperAck& ack, std::span<std::uint8_t, kPaperAckSize> out) {
  put_u32(&out[0], kPaperMagic);
  out[4] = kPaperVersion;
  out[5] = static_cast<std::uint8_t>(PaperType::kAck);
  out[6] = static_cast<std::uint8_t>(ack.state);
  out[7] = ack.prompt ? detail::kFlagPrompt : std::uint8_t{0};
  put_u64(&out[8], ack.session);
  put_u32(&out[16], ack.ack_number);
  put_u32(&out[20], ack.batch_base);
  put_u16(&out[24], ack.bitmap);
  put_u16(&out[26], ack.fill);
  put_u32(&out[28], ack.consumed);
  put_u32(&out[32], ack.pauses);
  put_u32(&out[36], ack.echo_number);
  put_u32(&out[40], ack.echo_attempt);  // the upper three bytes are reserved
  put_u64(&out[44], ack.executed);
  for (std::size_t motor = 0; motor < kMotorCount; ++motor) {
    put_u32(&out[52 + 4 * motor], static_cast<std::uint32_t>(ack.positions[motor]));
  }
  put_u32(&out[68], crc32c(out.first<kPaperAckSize - 4>()));
}

/// Reads a datagram from the network; trusts no field. `ack` is written only when the result is
/// kOk.
constexpr DecodeStatus decode(std::span<const std::uint8_t> datagram, PaperAck& ack) {
  if (datagram.size() < kPaperAckSize) {
    return DecodeStatus::kTooShort;
  }
  if (get_u32(&datagram[0]) != kPaperMagic) {
    return DecodeStatus::kMagic;
  }
  if (datagram[4] != kPaperVersion) {
    return DecodeStatus::kVersion;
  }
  if (static_cast<PaperType>(datagram[5]) != PaperType::kAck) {
    return DecodeStatus::kType;
  }
  if ((datagram[7] & ~detail::kFlagPrompt) != 0 || get_u32(&datagram[40]) > 0xFFU) {
    return DecodeStatus::kReserved;
  }
  if (datagram.size() != kPaperAckSize) {
    return DecodeStatus::kLength;
  }
  if (get_u32(&datagram[68]) != crc32c(datagram.first(kPaperAckSize - 4))) {
    return DecodeStatus::kCrc;
  }
  const std::uint16_t bitmap = get_u16(&datagram[24]);
  const std::uint16_t fill = get_u16(&datagram[26]);
  if (datagram[6] >= kDeviceStateCount || (bitmap & ~detail::kBitmapMask) != 0 ||
      fill > kPaperFifoPackets) {
    return DecodeStatus::kValue;
  }
  ack = {.state = static_cast<DeviceState>(datagram[6]),
         .prompt = (datagram[7] & detail::kFlagPrompt) != 0,
         .session = get_u64(&datagram[8]),
         .ack_number = get_u32(&datagram[16]),
         .batch_base = get_u32(&datagram[20]),
         .bitmap = bitmap,
         .fill = fill,
         .consumed = get_u32(&datagram[28]),
         .pauses = get_u32(&datagram[32]),
         .echo_number = get_u32(&datagram[36]),
         .echo_attempt = datagram[40],
         .executed = get_u64(&datagram[44])};
  for (std::size_t motor = 0; motor < kMotorCount; ++motor) {
    ack.positions[motor] = static_cast<std::int32_t>(get_u32(&datagram[52 + 4 * motor]));
  }
  return DecodeStatus::kOk;
}

}  // namespace stepcast::wire
