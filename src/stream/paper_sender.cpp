#include "stepcast/stream/paper_sender.hpp"

#include <algorithm>
#include <cstring>

#include "stepcast/base/contracts.hpp"

namespace stepcast::stream {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;

// Attempts of data stay below this bit and those of probes above it, so an echo tells them apart.
constexpr std::uint8_t kProbeBit = 0x80;

// Before anything is measured: above the round trip between continents (250 ms in the paper).
constexpr milliseconds kFirstTimeout{300};
// The device asks for holes by itself after 20 ms of silence; asking earlier would only cross it.
constexpr milliseconds kDeviceAsksAfter{20};
// The cap of the back-off. A question is 28 bytes, so even a dead route sees only 0.5 kbit/s; and
// the 6 s of motion in the FIFO leave room for a dozen tries, of which 36 % fail at 20 % loss each
// way.
constexpr milliseconds kGreatestBackOff{500};
// With nothing on the way, a question now and then keeps the progress fresh and finds a window that
// opened unheard.
constexpr milliseconds kIdleInterval{200};
constexpr unsigned kMostDoublings = 6;
// Packets that overtake each other do so by less than this, on any route shorter than 8 ms.
constexpr milliseconds kLeastMargin{2};

std::uint8_t next_probe_attempt(std::uint8_t attempt) {
  return static_cast<std::uint8_t>((attempt + 1U) | kProbeBit);
}

double in_ms(HostDuration d) {
  return duration<double, std::milli>(d).count();
}

}  // namespace

PaperSender::PaperSender(stepgen::TickSource& source, const Options& options)
    : source_(source),
      options_(options),
      base_(options.first_packet),
      consumed_(options.consumed.value_or(options.first_packet)) {
  STEPCAST_CHECK(options.fifo_packets >= wire::kPaperBatchPackets && options.burst > 0);
}

bool PaperSender::read_packet(Packet& packet) {
  if (source_error_) {
    return false;
  }
  const auto ticks = source_.read(packet.ticks);
  if (!ticks) {
    source_error_ = ticks.error();
    return false;
  }
  packet.size = *ticks;
  return true;
}

bool PaperSender::batch_has_room() const {
  return base_ + wire::kPaperBatchPackets - consumed_ <= options_.fifo_packets;
}

bool PaperSender::waits_for_packets() const {
  return std::any_of(batch_.begin(), batch_.begin() + static_cast<std::ptrdiff_t>(loaded_),
                     [](const Packet& p) { return !p.arrived; });
}

bool PaperSender::delivered() const {
  return exhausted_ && !waits_for_packets();
}

bool PaperSender::finished() const {
  return end_sent_ && delivered() && statistics_.state == wire::DeviceState::kDone;
}

HostDuration PaperSender::timeout() const {
  HostDuration base = kIdleInterval;
  if (waits_for_packets()) {
    base = round_trip_.samples() == 0
               ? HostDuration(kFirstTimeout)
               : round_trip_.smoothed() + 4 * round_trip_.deviation() + kDeviceAsksAfter;
  }
  return std::max(base, std::min<HostDuration>(base * (1U << back_off_), kGreatestBackOff));
}

PaperSender::Packet* PaperSender::next_to_send() {
  for (std::size_t i = 0; i < loaded_; ++i) {
    if (batch_[i].lost && !batch_[i].arrived) {
      return &batch_[i];
    }
  }
  if (loaded_ == batch_.size() || exhausted_ || !batch_has_room()) {
    return nullptr;
  }
  if (!started_) {
    started_ = true;
    if (!read_packet(ahead_)) {
      exhausted_ = true;
      return nullptr;
    }
    if (options_.consumed && ahead_.size == 0) {
      exhausted_ = end_sent_ = true;  // before the session was taken up
      return nullptr;
    }
  }
  if (gate_ && static_cast<Ticks>(statistics_.ticks_sent + ahead_.size) > gate_()) {
    return nullptr;
  }
  Packet& packet = batch_[loaded_];
  packet.size = ahead_.size;
  std::memcpy(packet.ticks.data(), ahead_.ticks.data(), ahead_.size);
  packet.arrived = false;
  packet.lost = false;
  packet.attempt = 0;
  packet.end = packet.size < packet.ticks.size();
  if (!packet.end) {
    if (!read_packet(ahead_)) {
      exhausted_ = true;  // by an error: no END
    } else if (ahead_.size == 0) {
      packet.end = true;
    }
  }
  exhausted_ = exhausted_ || packet.end;
  end_sent_ = end_sent_ || packet.end;
  ++loaded_;
  ++statistics_.packets;
  statistics_.ticks_sent += packet.size;
  return &packet;
}

std::size_t PaperSender::send(Packet& packet, HostTime now, std::span<std::uint8_t> out) {
  if (packet.lost) {
    packet.lost = false;
    packet.attempt = static_cast<std::uint8_t>(std::min(packet.attempt + 1, kProbeBit - 1));
    ++statistics_.retransmissions;
  }
  packet.sent_at = now;
  timer_ = now + timeout();
  return wire::encode(
      wire::PaperPacket{.type = wire::PaperType::kData,
                        .end = packet.end,
                        .attempt = packet.attempt,
                        .session = options_.session,
                        .number = base_ + static_cast<std::uint32_t>(&packet - batch_.data()),
                        .ticks = std::span(packet.ticks).first(packet.size)},
      out);
}

std::size_t PaperSender::send_probe(HostTime now, std::span<std::uint8_t> out) {
  probe_attempt_ = next_probe_attempt(probe_attempt_);
  probe_sent_at_ = now;
  back_off_ = std::min(back_off_ + 1, kMostDoublings);
  timer_ = now + timeout();
  ++statistics_.probes;
  return wire::encode(wire::PaperPacket{.type = wire::PaperType::kProbe,
                                        .attempt = probe_attempt_,
                                        .session = options_.session,
                                        .number = base_},
                      out);
}

std::size_t PaperSender::poll(HostTime now, std::span<std::uint8_t, wire::kPaperMaxDatagram> out) {
  if (!last_heard_) {
    last_heard_ = now;
    earliest_send_ = now;
    timer_ = now + timeout();
  }
  const HostDuration burst_credit = options_.gap * (options_.burst - 1);
  std::size_t size = 0;
  if (earliest_send_ - burst_credit > now) {
    next_poll_ = std::min(earliest_send_ - burst_credit, timer_);
    return 0;
  }
  if (Packet* packet = next_to_send(); packet != nullptr) {
    size = send(*packet, now, out);
  } else if (now >= timer_ && !finished()) {
    size = send_probe(now, out);
  }
  if (size != 0) {
    earliest_send_ = std::max(earliest_send_, now) + options_.gap;
    statistics_.bytes_sent += size;
  }
  next_poll_ = finished() ? HostTime::max() : timer_;
  return size;
}

bool PaperSender::plausible(const wire::PaperAck& ack) const {
  const std::uint32_t forward = ack.batch_base - base_;
  const bool complete =
      forward == loaded_ && loaded_ > 0 && (loaded_ == batch_.size() || exhausted_);
  if (forward != 0 && !complete) {
    return false;
  }
  // The device cannot have executed what it has not got, nor hold more than its FIFO.
  return ack.batch_base + wire::kPaperBatchPackets - ack.consumed <=
             options_.fifo_packets + wire::kPaperBatchPackets &&
         (ack.bitmap >> (forward == 0 ? loaded_ : 0)) == 0;
}

void PaperSender::measure(const wire::PaperAck& ack, HostTime now) {
  if (!ack.prompt) {
    return;
  }
  if (ack.echo_attempt >= kProbeBit) {
    if (ack.echo_attempt == probe_attempt_) {
      round_trip_.add(now - probe_sent_at_);
      probe_attempt_ = next_probe_attempt(probe_attempt_);  // an echo counts once
    }
    return;
  }
  const std::uint32_t offset = ack.echo_number - base_;
  if (offset < loaded_ && batch_[offset].attempt == ack.echo_attempt && !batch_[offset].arrived &&
      ack.echo_attempt < kProbeBit - 1) {
    round_trip_.add(now - batch_[offset].sent_at);
  }
}

void PaperSender::on_datagram(std::span<const std::uint8_t> datagram, HostTime now) {
  wire::PaperAck ack;
  if (wire::decode(datagram, ack) != wire::DecodeStatus::kOk || ack.session != options_.session) {
    ++statistics_.rejected;
    return;
  }
  if (newest_ack_ && static_cast<std::int32_t>(ack.ack_number - *newest_ack_) <= 0) {
    ++statistics_.acks;  // overtaken or doubled: nothing in it is news
    return;
  }
  if (!plausible(ack)) {
    ++statistics_.rejected;
    return;
  }
  newest_ack_ = ack.ack_number;
  last_heard_ = now;
  ++statistics_.acks;
  measure(ack, now);
  apply(ack, now);
  back_off_ = 0;
  timer_ = now + timeout();
}

void PaperSender::apply(const wire::PaperAck& ack, HostTime now) {
  if (ack.batch_base != base_) {
    for (std::size_t i = 0; i < loaded_; ++i) {
      batch_[i].arrived = true;
    }
    base_ = ack.batch_base;
    loaded_ = 0;
  }
  const auto margin = std::max<HostDuration>(
      {kLeastMargin, round_trip_.smoothed() / 4, 2 * round_trip_.deviation()});
  const HostDuration patience = round_trip_.smoothed() + margin;
  for (std::size_t i = 0; i < loaded_; ++i) {
    if (((ack.bitmap >> i) & 1U) != 0) {
      batch_[i].arrived = true;
    } else if (now - batch_[i].sent_at >= patience) {
      batch_[i].lost = true;
    }
  }
  consumed_ = ack.consumed;
  statistics_.state = ack.state;
  statistics_.executed = static_cast<Ticks>(ack.executed);
  statistics_.pauses = ack.pauses;
  statistics_.fill = ack.fill;
  for (const Axis axis : kAllAxes) {
    statistics_.positions[axis] = ack.positions[index(axis)];
  }
}

SenderStatistics PaperSender::statistics() const {
  SenderStatistics copy = statistics_;
  copy.rtt_average_ms = in_ms(round_trip_.average());
  copy.rtt_max_ms = in_ms(round_trip_.greatest());
  copy.rtt_smoothed_ms = in_ms(round_trip_.smoothed());
  return copy;
}

}  // namespace stepcast::stream
