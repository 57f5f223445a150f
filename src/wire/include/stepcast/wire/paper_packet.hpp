#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "stepcast/wire/bytes.hpp"
#include "stepcast/wire/crc32c.hpp"

/// Datagrams from host to device, protocol `paper` version 1 (protocol/step-stream.md section 4).
namespace stepcast::wire {

/// "SCPP": stray traffic that happens to hit the port is dropped by its first four bytes.
inline constexpr std::uint32_t kPaperMagic = 0x50504353U;
inline constexpr std::uint8_t kPaperVersion = 1;

/// 60 ms of motion at 20 kHz; with the header a datagram stays below the 1420 bytes of the paper
/// and so below every usual path MTU: it is never fragmented.
inline constexpr std::size_t kPaperTicksPerPacket = 1200;
/// Packets that are acknowledged together; the next batch waits until the last one is complete.
inline constexpr std::size_t kPaperBatchPackets = 10;
/// Packets that the device can hold: 6 s at 20 kHz.
inline constexpr std::size_t kPaperFifoPackets = 100;

inline constexpr std::size_t kPaperHeaderSize = 28;
inline constexpr std::size_t kPaperMaxDatagram = kPaperHeaderSize + kPaperTicksPerPacket;
static_assert(kPaperMaxDatagram <= 1420);
static_assert(kPaperFifoPackets % kPaperBatchPackets == 0);

enum class PaperType : std::uint8_t {
  kData = 1,   ///< Motion.
  kAck = 2,    ///< Device to host, see paper_ack.hpp.
  kProbe = 3,  ///< No motion: "tell me where you are", answered by an acknowledgement at once.
};

/// Why bytes are not a datagram of this protocol. The order is the order of the checks.
enum class DecodeStatus : std::uint8_t {
  kOk,
  kTooShort,  ///< Shorter than the header.
  kMagic,     ///< Not ours.
  kVersion,   ///< Ours, but another version.
  kType,      ///< Not a type that travels in this direction.
  kReserved,  ///< A bit is set that this version must leave 0.
  kLength,    ///< The length field disagrees with the datagram, or is not allowed for the type.
  kCrc,       ///< Damaged on the way.
  kValue,     ///< A field is out of its range although the CRC is right.
};

struct PaperPacket {
  PaperType type = PaperType::kData;      ///< kData or kProbe.
  bool end = false;                       ///< Flag END: the last packet of the print.
  std::uint8_t attempt = 0;               ///< 0 the first time, then counts up; stays at 255.
  std::uint64_t session = 0;              ///< Handed out by `init`.
  std::uint32_t number = 0;               ///< Counts up by one a packet and wraps.
  std::span<const std::uint8_t> ticks{};  ///< After decoding: points into the datagram.
};

namespace detail {
inline constexpr std::uint8_t kFlagEnd = 0x01;

/// Only the last packet may be short, so that the motion in a FIFO is a product and not a sum.
constexpr bool paper_length_allowed(PaperType type, bool end, std::size_t length) {
  if (type == PaperType::kProbe) {
    return length == 0 && !end;
  }
  return end ? length <= kPaperTicksPerPacket : length == kPaperTicksPerPacket;
}
}  // namespace detail

/// Writes `packet` and returns the datagram's size; 0, and nothing written, if `out` is too small
/// or the packet is not one that the protocol allows.
constexpr std::size_t encode(const PaperPacket& packet, std::span<std::uint8_t> out) {
  const std::size_t size = kPaperHeaderSize + packet.ticks.size();
  if (packet.type == PaperType::kAck || out.size() < size ||
      !detail::paper_length_allowed(packet.type, packet.end, packet.ticks.size())) {
    return 0;
  }
  put_u32(&out[0], kPaperMagic);
  out[4] = kPaperVersion;
  out[5] = static_cast<std::uint8_t>(packet.type);
  out[6] = packet.end ? detail::kFlagEnd : std::uint8_t{0};
  out[7] = packet.attempt;
  put_u64(&out[8], packet.session);
  put_u32(&out[16], packet.number);
  put_u16(&out[20], static_cast<std::uint16_t>(packet.ticks.size()));
  put_u16(&out[22], 0);
  for (std::size_t i = 0; i < packet.ticks.size(); ++i) {
    out[kPaperHeaderSize + i] = packet.ticks[i];
  }
  put_u32(&out[24], crc32c(out.subspan(kPaperHeaderSize, packet.ticks.size()),
                           crc32c(out.first(kPaperHeaderSize - 4))));
  return size;
}

/// Reads a datagram from the network; trusts no field. `packet` is written only when the result is
/// kOk.
constexpr DecodeStatus decode(std::span<const std::uint8_t> datagram, PaperPacket& packet) {
  if (datagram.size() < kPaperHeaderSize) {
    return DecodeStatus::kTooShort;
  }
  if (get_u32(&datagram[0]) != kPaperMagic) {
    return DecodeStatus::kMagic;
  }
  if (datagram[4] != kPaperVersion) {
    return DecodeStatus::kVersion;
  }
  const auto type = static_cast<PaperType>(datagram[5]);
  if (type != PaperType::kData && type != PaperType::kProbe) {
    return DecodeStatus::kType;
  }
  if ((datagram[6] & ~detail::kFlagEnd) != 0 || get_u16(&datagram[22]) != 0) {
    return DecodeStatus::kReserved;
  }
  const bool end = (datagram[6] & detail::kFlagEnd) != 0;
  const std::size_t length = get_u16(&datagram[20]);
  if (length != datagram.size() - kPaperHeaderSize ||
      !detail::paper_length_allowed(type, end, length)) {
    return DecodeStatus::kLength;
  }
  const auto ticks = datagram.subspan(kPaperHeaderSize);
  if (get_u32(&datagram[24]) != crc32c(ticks, crc32c(datagram.first(kPaperHeaderSize - 4)))) {
    return DecodeStatus::kCrc;
  }
  packet = {.type = type,
            .end = end,
            .attempt = datagram[7],
            .session = get_u64(&datagram[8]),
            .number = get_u32(&datagram[16]),
            .ticks = ticks};
  return DecodeStatus::kOk;
}

}  // namespace stepcast::wire
