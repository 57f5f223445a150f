#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "stepcast/wire/paper_packet.hpp"

namespace stepcast::device {

/// The motion buffer: 100 packets, filled in any order within a batch, executed in order.
///
/// A packet is copied straight into its final slot, so re-ordering needs no second buffer. The gap-
/// free front of the batch is published to the reader at once; the next batch is taken only when
/// the batch is complete.
///
/// Threads: `network` functions in one context, `step` functions in another. They share single-
/// writer words by load and store only (some microcontrollers have no read-modify-write atomics).
class PaperFifo {
 public:
  static constexpr std::uint32_t kSlots = wire::kPaperFifoPackets;
  static constexpr std::uint32_t kBatch = wire::kPaperBatchPackets;
  static constexpr std::uint32_t kSlotTicks = wire::kPaperTicksPerPacket;
  static_assert(kSlots % kBatch == 0, "a batch may not straddle the end of the ring");

  enum class Take : std::uint8_t {
    kStored,
    kBatchComplete,  ///< Stored, and it was the last one missing.
    kDuplicate,      ///< Of the batch that is being collected.
    kOld,            ///< Of a batch that is complete: the host missed the acknowledgement.
    kAhead,          ///< Of a later batch, or no slot is free: the host broke the window.
    kConflict,       ///< Contradicts an END packet that was taken before.
  };

  /// Empties the FIFO; the next packet expected is `first`. Called by the network context while the
  /// step context rests.
  void reset(std::uint32_t first) {
    batch_base_ = first;
    batch_slot_ = 0;
    bitmap_ = 0;
    end_known_ = false;
    last_ = 0;
    tail_slot_ = 0;
    tail_tick_ = 0;
    all_here_.store(false, std::memory_order_relaxed);
    tail_.store(first, std::memory_order_relaxed);
    head_.store(first, std::memory_order_release);
  }

  /// network: Takes one decoded data packet. Nothing in it is trusted but its length.
  /// @pre packet.ticks.size() <= kSlotTicks, as decode() guarantees
  Take take(const wire::PaperPacket& packet) {
    const std::uint32_t offset = packet.number - batch_base_;
    if (offset >= kBatch) {
      return is_before(packet.number, batch_base_) ? Take::kOld : Take::kAhead;
    }
    if (contradicts_end(packet, offset)) {
      return Take::kConflict;
    }
    const std::uint32_t bit = 1U << offset;
    if ((bitmap_ & bit) != 0) {
      return Take::kDuplicate;
    }
    if (packet.number - tail_.load(std::memory_order_acquire) >= kSlots) {
      return Take::kAhead;
    }
    Slot& slot = slots_[batch_slot_ + offset];
    for (std::size_t i = 0; i < packet.ticks.size(); ++i) {
      slot.ticks[i] = packet.ticks[i];
    }
    slot.size = static_cast<std::uint16_t>(packet.ticks.size());
    bitmap_ |= bit;
    if (packet.end) {
      end_known_ = true;
      last_ = packet.number;
    }
    return publish();
  }

  /// network: Every packet before this number has arrived.
  [[nodiscard]] std::uint32_t batch_base() const { return batch_base_; }
  /// network: Bit i: packet batch_base() + i has arrived.
  [[nodiscard]] std::uint16_t bitmap() const { return static_cast<std::uint16_t>(bitmap_); }
  /// network: Some, but not all packets of the batch are here.
  [[nodiscard]] bool has_holes() const { return bitmap_ != 0; }
  /// network: A whole further batch has room.
  [[nodiscard]] bool window_open() const {
    return batch_base_ + kBatch - tail_.load(std::memory_order_acquire) <= kSlots;
  }

  /// Either context: packets that are in order and not yet executed to their end.
  [[nodiscard]] std::uint32_t fill() const {
    // The tail first: the head can only have moved away from it.
    const std::uint32_t tail = tail_.load(std::memory_order_acquire);
    const std::uint32_t held = head_.load(std::memory_order_acquire) - tail;
    return held < kSlots ? held : kSlots;
  }
  /// Either context: the packet that is executed next.
  [[nodiscard]] std::uint32_t consumed() const { return tail_.load(std::memory_order_acquire); }
  /// Either context: everything up to the END packet is in the FIFO.
  [[nodiscard]] bool all_here() const { return all_here_.load(std::memory_order_acquire); }

  /// step: The rest of the oldest packet; empty if the FIFO is.
  [[nodiscard]] std::span<const std::uint8_t> front() {
    for (;;) {
      if (tail_.load(std::memory_order_relaxed) == head_.load(std::memory_order_acquire)) {
        return {};
      }
      const Slot& slot = slots_[tail_slot_];
      if (tail_tick_ < slot.size) {
        return std::span(slot.ticks).first(slot.size).subspan(tail_tick_);
      }
      next_slot();  // an END packet without ticks
    }
  }
  /// step: Drops `ticks` from the front.
  /// @pre ticks <= front().size()
  void pop(std::uint32_t ticks) {
    tail_tick_ += ticks;
    if (tail_tick_ >= slots_[tail_slot_].size) {
      next_slot();
    }
  }
  /// step: Ticks in the FIFO; exact until the END packet is in it, then an upper bound.
  [[nodiscard]] std::uint32_t ticks_held() const {
    const std::uint32_t packets =
        head_.load(std::memory_order_acquire) - tail_.load(std::memory_order_relaxed);
    return packets == 0 ? 0 : packets * kSlotTicks - tail_tick_;
  }

 private:
  struct Slot {
    std::uint16_t size = 0;
    std::array<std::uint8_t, kSlotTicks> ticks{};
  };

  /// Packet numbers wrap: the shorter way round decides.
  static constexpr bool is_before(std::uint32_t a, std::uint32_t b) {
    return static_cast<std::int32_t>(a - b) < 0;
  }

  [[nodiscard]] bool contradicts_end(const wire::PaperPacket& packet, std::uint32_t offset) const {
    if (end_known_) {
      return is_before(last_, packet.number) || packet.end != (packet.number == last_);
    }
    return packet.end && (bitmap_ >> (offset + 1)) != 0;
  }

  /// Shows the gap-free front of the batch to the reader; opens the next batch if it is complete.
  Take publish() {
    std::uint32_t ready = 0;
    while (ready < kBatch && ((bitmap_ >> ready) & 1U) != 0) {
      ++ready;
    }
    const std::uint32_t head = batch_base_ + ready;
    const bool last_is_in = end_known_ && head == last_ + 1;
    if (last_is_in) {
      // Before the head: a reader that sees the new head must also see that nothing follows.
      all_here_.store(true, std::memory_order_relaxed);
    }
    head_.store(head, std::memory_order_release);
    if (ready != kBatch && !last_is_in) {
      return Take::kStored;
    }
    batch_base_ = head;
    bitmap_ = 0;
    batch_slot_ += kBatch;
    if (batch_slot_ == kSlots) {
      batch_slot_ = 0;
    }
    return Take::kBatchComplete;
  }

  void next_slot() {
    tail_tick_ = 0;
    // By comparison, not by modulo: no division here, and 2^32 is no multiple of kSlots, so the
    // slot could not be found from the packet number once that wraps.
    if (++tail_slot_ == kSlots) {
      tail_slot_ = 0;
    }
    tail_.store(tail_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  std::array<Slot, kSlots> slots_{};
  // Network context.
  std::uint32_t batch_base_ = 0;
  std::uint32_t batch_slot_ = 0;
  std::uint32_t bitmap_ = 0;
  std::uint32_t last_ = 0;
  bool end_known_ = false;
  // Step context.
  std::uint32_t tail_slot_ = 0;
  std::uint32_t tail_tick_ = 0;
  // Shared, one writer each.
  std::atomic<std::uint32_t> head_{0};  // network
  std::atomic<bool> all_here_{false};   // network
  std::atomic<std::uint32_t> tail_{0};  // step
};

}  // namespace stepcast::device
