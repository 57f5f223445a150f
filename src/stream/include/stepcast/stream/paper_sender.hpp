#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/stepgen/tick_source.hpp"
#include "stepcast/stream/round_trip.hpp"
#include "stepcast/wire/paper_ack.hpp"
#include "stepcast/wire/paper_packet.hpp"

namespace stepcast::stream {

/// What the device said last, and what it took to get there.
struct SenderStatistics {
  std::uint64_t packets = 0;          ///< Sent for the first time.
  std::uint64_t retransmissions = 0;  ///< Sent again.
  std::uint64_t probes = 0;           ///< Questions without motion.
  std::uint64_t bytes_sent = 0;       ///< UDP payload of all of these.
  std::uint64_t acks = 0;             ///< Genuine ones.
  std::uint64_t rejected = 0;         ///< Datagrams that are no acknowledgement of this session.
  std::uint64_t ticks_sent = 0;       ///< In packets.
  double rtt_average_ms = 0;
  double rtt_max_ms = 0;
  double rtt_smoothed_ms = 0;
  // From the newest acknowledgement:
  wire::DeviceState state = wire::DeviceState::kReady;
  Ticks executed = 0;
  std::uint32_t pauses = 0;
  std::uint32_t fill = 0;  ///< Packets in the FIFO.
  PerAxis<Steps> positions;
};

/// The sending side of protocol `paper` version 1 without sockets and clocks
/// (protocol/step-stream.md section 6).
///
/// Cuts the ticks of a source into packets and brings them to the device in batches of ten; a batch
/// begins when the previous one is complete and the FIFO has room for all of it. Acknowledgements
/// and the window are the only clock: a device whose crystal runs slow simply acknowledges later.
///
/// A packet is sent again when an acknowledgement still misses it although it was sent more than a
/// round trip and a margin for overtaking before. Silence is answered by a question (a probe),
/// never by data: a route that stalls for a second is not greeted with a flood when it comes back.
///
/// Threads: one owner. read() of the source is called from poll().
class PaperSender {
 public:
  struct Options {
    std::uint64_t session = 0;  ///< From the reply to `init`.
    /// The same; or, in a session that is taken up again, the one that has not arrived yet. The
    /// source then begins with its ticks, or is at its end if all have arrived.
    std::uint32_t first_packet = 0;
    std::optional<std::uint32_t> consumed{};  ///< Of such a session: the packet executed next.
    std::uint32_t fifo_packets = wire::kPaperFifoPackets;  ///< The same.
    /// Token bucket: at most `burst` datagrams at once, then one each `gap`. Receivers with six or
    /// seven buffers lose the rest of longer bursts even on a clean line. 1 ms is 60 times the rate
    /// of motion.
    std::uint32_t burst = 4;
    HostDuration gap = std::chrono::milliseconds(1);
  };

  /// @pre options.fifo_packets >= wire::kPaperBatchPackets
  PaperSender(stepgen::TickSource& source, const Options& options);

  /// Takes a datagram from the device; anything may be in it.
  void on_datagram(std::span<const std::uint8_t> datagram, HostTime now);

  /// Writes the next datagram to send now and returns its size, or 0 if there is none before
  /// next_poll() or the next on_datagram(). No allocation; may wait for the source.
  [[nodiscard]] std::size_t poll(HostTime now,
                                 std::span<std::uint8_t, wire::kPaperMaxDatagram> out);

  /// When poll() may have something again, if nothing arrives before.
  [[nodiscard]] HostTime next_poll() const { return next_poll_; }

  /// Asked before a packet is sent for the first time, after the source was read for it: no packet
  /// may reach beyond this tick of the stream yet. Without a gate there is no limit.
  void set_gate(std::function<Ticks()> gate) { gate_ = std::move(gate); }

  /// Everything that will ever be sent has arrived.
  [[nodiscard]] bool delivered() const;
  /// The device has executed the last tick of the print.
  [[nodiscard]] bool finished() const;
  /// The source broke; what it gave in whole packets is still sent, but without an END packet, so
  /// the device slows down on the path where the motion ends.
  [[nodiscard]] const std::optional<Error>& source_error() const { return source_error_; }
  /// When the device was last heard of; never before the first poll().
  [[nodiscard]] std::optional<HostTime> last_heard() const { return last_heard_; }
  [[nodiscard]] SenderStatistics statistics() const;

 private:
  struct Packet {
    std::array<std::uint8_t, wire::kPaperTicksPerPacket> ticks{};
    std::size_t size = 0;
    bool end = false;
    bool arrived = false;
    bool lost = false;
    std::uint8_t attempt = 0;
    HostTime sent_at;
  };

  [[nodiscard]] bool read_packet(Packet& packet);
  [[nodiscard]] bool batch_has_room() const;
  [[nodiscard]] bool waits_for_packets() const;
  [[nodiscard]] HostDuration timeout() const;
  [[nodiscard]] bool plausible(const wire::PaperAck& ack) const;
  void measure(const wire::PaperAck& ack, HostTime now);
  void apply(const wire::PaperAck& ack, HostTime now);
  Packet* next_to_send();
  std::size_t send(Packet& packet, HostTime now, std::span<std::uint8_t> out);
  std::size_t send_probe(HostTime now, std::span<std::uint8_t> out);

  stepgen::TickSource& source_;
  const Options options_;
  std::array<Packet, wire::kPaperBatchPackets> batch_;
  std::size_t loaded_ = 0;  // packets of the batch that have been sent at least once
  std::uint32_t base_;      // number of the first packet of the batch
  std::uint32_t consumed_;  // the device executes this packet next
  Packet ahead_;            // read ahead: whether a packet is the last one is known one read later
  std::function<Ticks()> gate_;
  bool started_ = false;
  bool exhausted_ = false;  // nothing is left in ahead_ or in the source
  bool end_sent_ = false;
  std::optional<Error> source_error_;

  RoundTrip round_trip_;
  std::optional<std::uint32_t> newest_ack_;
  std::optional<HostTime> last_heard_;
  HostTime earliest_send_;  // of the token bucket: when it will be full again
  HostTime timer_;          // when silence becomes a reason to ask
  unsigned back_off_ = 0;
  std::uint8_t probe_attempt_ = 0;
  HostTime probe_sent_at_;
  HostTime next_poll_;
  SenderStatistics statistics_;
};

}  // namespace stepcast::stream
