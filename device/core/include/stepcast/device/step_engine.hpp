#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "stepcast/device/action_table.hpp"
#include "stepcast/device/jog_ramp.hpp"
#include "stepcast/device/paper_fifo.hpp"
#include "stepcast/wire/tick_byte.hpp"

namespace stepcast::device {

/// How far the motion is, as one consistent picture.
struct Progress {
  std::uint64_t executed = 0;                               ///< Stream ticks in this session.
  std::array<std::int32_t, wire::kMotorCount> positions{};  ///< Steps since power-on.
};

/// Turns the FIFO, or a jog, into tick bytes. Owns everything that the step interrupt touches.
///
/// Motion never stops hard. When the FIFO is about to run dry, or on a hold, the stream is
/// stretched: its ticks keep their order and content but get further apart until the machine
/// stands, on the path and at an exactly known tick. Going on stretches the other way round.
///
/// Threads: `step` functions in the step context, all others in the network context. The network
/// context asks by request(); the engine answers through settled(). While it is settled, pull()
/// reads only the request word, seen_ and phase_, so the network context may reset the rest then.
class StepEngine {
 public:
  enum class Request : std::uint32_t { kHold, kRun, kJog };
  enum class Phase : std::uint32_t {
    kRest,     ///< Nothing moves.
    kRunning,  ///< Executes the stream (also while it speeds up or slows down).
    kJogging,
    kStarved,  ///< The FIFO ran empty before the END packet.
    kDone,     ///< Everything up to the END packet is executed.
    kWaiting,  ///< Stands at an action of the table that stops the motion; kRun goes on.
  };

  /// What pull() wrote.
  enum class Kind : std::uint8_t {
    kNothing,  ///< The machine rests.
    kStream,   ///< Ticks of the stream, each exactly once and in order.
    kStretch,  ///< Idle ticks between two ticks of the stream.
    kJog,
  };
  struct Run {
    Kind kind = Kind::kNothing;
    std::size_t ticks = 0;  ///< Of the step grid.
  };

  /// From full speed to standstill: 4096 ticks of the grid (0.2 s at 20 kHz), 2048 of the stream.
  /// 75 mm/s then ends with 0.37 m/s2, far below the 10 m/s2 that the machine is planned for, and
  /// the cost in FIFO is 1.7 of 100 packets.
  static constexpr std::uint32_t kFullTempo = 4096;
  /// 1/64 of full speed (1.2 mm/s of 75): from here a machine may simply stop or start.
  static constexpr std::uint32_t kLowestTempo = kFullTempo / 64;

  StepEngine(PaperFifo& fifo, ActionTable& actions, const JogRamp::Limits& jog)
      : fifo_(fifo), actions_(actions), jog_limits_(jog) {}

  // --- network context ---

  /// @pre settled()
  void reset() {
    executed_low_ = 0;
    executed_high_ = 0;
    tempo_ = kFullTempo;  // the plan itself starts from rest
    tempo_phase_ = 0;
    publish();
    answer(sequence_, Phase::kRest);
  }

  void request(Request kind) {
    sequence_ += kSequenceStep;
    request_.store(sequence_ | static_cast<std::uint32_t>(kind), std::memory_order_release);
  }
  /// @pre settled(), steps > 0
  void request_jog(std::size_t motor, bool positive, std::uint32_t steps) {
    jog_tick_ = wire::tick_bits(motor, positive ? 1 : -1);
    jog_steps_ = steps;
    request(Request::kJog);
  }
  /// With a speed that follows the data, the FIFO is not run down to the brake distance unless the
  /// end is in it, so virtual time stands still instead of pausing. Only for virtual motors.
  void set_elastic(bool elastic) { elastic_.store(elastic, std::memory_order_relaxed); }

  /// The last request is answered and nothing moves.
  [[nodiscard]] bool settled() const {
    const std::uint32_t response = response_.load(std::memory_order_acquire);
    const Phase phase = phase_of(response);
    return (response & ~kLowBits) == sequence_ && phase != Phase::kRunning &&
           phase != Phase::kJogging;
  }
  [[nodiscard]] Phase phase() const { return phase_of(response_.load(std::memory_order_acquire)); }

  /// A consistent copy, by trying again while the step context is writing. Any context but step.
  [[nodiscard]] Progress progress() const {
    for (;;) {
      const std::uint32_t before = version_.load(std::memory_order_acquire);
      Progress copy;
      copy.executed = shared_[0].load(std::memory_order_acquire);
      copy.executed |= std::uint64_t{shared_[1].load(std::memory_order_acquire)} << 32U;
      for (std::size_t motor = 0; motor < wire::kMotorCount; ++motor) {
        copy.positions[motor] =
            static_cast<std::int32_t>(shared_[2 + motor].load(std::memory_order_acquire));
      }
      if ((before & 1U) == 0 && version_.load(std::memory_order_relaxed) == before) {
        return copy;
      }
    }
  }

  // --- step context ---

  /// Writes the next ticks of the grid to the front of `out`, all of one kind; call again while
  /// there is room. Real time: no division, no 64-bit arithmetic, bounded by out.size().
  Run pull(std::span<std::uint8_t> out) {
    const std::uint32_t request = request_.load(std::memory_order_acquire);
    if (request != seen_) {
      seen_ = request;
      begin(static_cast<Request>(request & kLowBits));
    }
    if (out.empty()) {
      return {};
    }
    switch (phase_) {
      case Phase::kRunning:
        return stream(out);
      case Phase::kJogging:
        return jog(out);
      default:
        return {};
    }
  }

  /// pull() of a single tick, for a timer interrupt; `out` is kIdleTick when nothing moves.
  Kind tick(std::uint8_t& out) {
    out = wire::kIdleTick;
    return pull(std::span(&out, 1)).kind;
  }

 private:
  // A word is a sequence number above the kind or the phase.
  static constexpr std::uint32_t kLowBits = 0x7;
  static constexpr std::uint32_t kSequenceStep = kLowBits + 1;
  static constexpr Phase phase_of(std::uint32_t response) {
    return static_cast<Phase>(response & kLowBits);
  }

  /// Stream ticks needed to stand still from `tempo`: the sum of tempo, tempo - 1, ..., 1, in units
  /// of kFullTempo, plus one for rounding.
  static constexpr std::uint32_t brake_ticks(std::uint32_t tempo) {
    return tempo * (tempo + 1) / (2 * kFullTempo) + 1;  // a shift: the divisor is a constant
  }
  static constexpr std::uint32_t kFullBrakeTicks = (kFullTempo + 1) / 2 + 1;

  void answer(std::uint32_t request, Phase phase) {
    response_.store((request & ~kLowBits) | static_cast<std::uint32_t>(phase),
                    std::memory_order_release);
  }
  void enter(Phase phase) {
    phase_ = phase;
    answer(seen_, phase);
  }

  void begin(Request kind) {
    holding_ = kind == Request::kHold;
    if (kind == Request::kRun) {
      tempo_phase_ = 0;
      enter(Phase::kRunning);
    } else if (kind == Request::kJog) {
      ramp_.start(jog_limits_, jog_steps_);
      enter(Phase::kJogging);
    } else if (phase_ == Phase::kJogging) {
      ramp_.brake();
      enter(Phase::kJogging);
    } else {
      enter(phase_ == Phase::kStarved || phase_ == Phase::kWaiting ? Phase::kRest : phase_);
    }
  }

  Run stream(std::span<std::uint8_t> out) {
    if (pass_actions()) {
      tempo_ = kLowestTempo;
      enter(Phase::kWaiting);
      return {};
    }
    // Before front(): what was known to be whole and is now empty, is done.
    const bool all_here = fifo_.all_here();
    const auto front = fifo_.front();
    if (front.empty()) {
      return ran_dry(all_here);
    }
    const std::uint32_t to_action = actions_.distance(executed_low_);
    const bool stops = actions_.next_waits();
    if (tempo_ == kFullTempo && !holding_) {
      std::uint32_t ticks = at_most(out.size(), front.size());
      if (!all_here) {
        const std::uint32_t held = fifo_.ticks_held();
        const std::uint32_t spare = held > kFullBrakeTicks ? held - kFullBrakeTicks : 0;
        ticks = at_most(ticks, spare);
        if (ticks == 0 && elastic_.load(std::memory_order_relaxed)) {
          return {};
        }
      }
      // To the next action and no further; where it stops the motion, that slows down before.
      ticks = at_most(ticks, !stops ? to_action : to_action - at_most(to_action, kFullBrakeTicks));
      if (ticks != 0) {
        execute(front.first(ticks), out);
        return {.kind = Kind::kStream, .ticks = ticks};
      }
    }
    const bool stop_near = stops && to_action <= brake_ticks(tempo_);
    return stretched(front, all_here, stop_near, out);
  }

  /// Passes the actions that are due at this tick, up to one that stops the motion.
  /// @returns whether there is one.
  bool pass_actions() {
    while (actions_.distance(executed_low_) == 0) {
      if (actions_.pass()) {
        return true;
      }
    }
    return false;
  }

  Run ran_dry(bool all_here) {
    if (!all_here && !holding_ && elastic_.load(std::memory_order_relaxed)) {
      return {};
    }
    tempo_ = kLowestTempo;
    enter(all_here ? Phase::kDone : holding_ ? Phase::kRest : Phase::kStarved);
    return {};
  }

  /// One tick of the grid while the tempo changes.
  Run stretched(std::span<const std::uint8_t> front, bool all_here, bool stop_near,
                std::span<std::uint8_t> out) {
    const bool short_of_data = !all_here && fifo_.ticks_held() <= brake_ticks(tempo_);
    if (holding_ || short_of_data || stop_near) {
      if (tempo_ > kLowestTempo) {
        --tempo_;
      } else if (holding_) {
        enter(Phase::kRest);
        return {};
      }
    } else if (tempo_ < kFullTempo) {
      ++tempo_;
    }
    tempo_phase_ += tempo_;
    if (tempo_phase_ < kFullTempo) {
      out[0] = wire::kIdleTick;
      return {.kind = Kind::kStretch, .ticks = 1};
    }
    tempo_phase_ -= kFullTempo;
    execute(front.first(1), out);
    return {.kind = Kind::kStream, .ticks = 1};
  }

  void execute(std::span<const std::uint8_t> ticks, std::span<std::uint8_t> out) {
    for (std::size_t i = 0; i < ticks.size(); ++i) {
      out[i] = ticks[i];
      count(ticks[i]);
    }
    const auto number = static_cast<std::uint32_t>(ticks.size());
    executed_low_ += number;
    if (executed_low_ < number) {
      ++executed_high_;
    }
    // Before the slot is given back: who sees it free also sees its ticks counted.
    publish();
    fifo_.pop(number);
  }

  Run jog(std::span<std::uint8_t> out) {
    std::size_t ticks = 0;
    while (ticks < out.size() && ramp_.left() != 0) {
      out[ticks] = ramp_.tick() ? jog_tick_ : wire::kIdleTick;
      count(out[ticks]);
      ++ticks;
    }
    publish();
    if (ramp_.left() == 0) {
      enter(Phase::kRest);
    }
    return {.kind = ticks == 0 ? Kind::kNothing : Kind::kJog, .ticks = ticks};
  }

  /// Without branches, because it runs once for every tick of a print.
  void count(std::uint8_t tick) {
    for (std::size_t motor = 0; motor < wire::kMotorCount; ++motor) {
      const std::uint32_t step = (static_cast<std::uint32_t>(tick) >> motor) & 1U;
      const std::uint32_t up = (static_cast<std::uint32_t>(tick) >> (motor + 4)) & 1U;
      positions_[motor] += step * (2 * up - 1);  // modulo 2^32, as two's complement wants it
    }
  }

  /// Writes the picture between two changes of the version: odd while it is being written.
  void publish() {
    const std::uint32_t version = version_.load(std::memory_order_relaxed);
    version_.store(version + 1, std::memory_order_relaxed);
    // Release: a reader that sees one of these words also sees the odd version before it.
    shared_[0].store(executed_low_, std::memory_order_release);
    shared_[1].store(executed_high_, std::memory_order_release);
    for (std::size_t motor = 0; motor < wire::kMotorCount; ++motor) {
      shared_[2 + motor].store(positions_[motor], std::memory_order_release);
    }
    version_.store(version + 2, std::memory_order_release);
  }

  static constexpr std::uint32_t at_most(std::size_t a, std::size_t b) {
    return static_cast<std::uint32_t>(a < b ? a : b);
  }

  PaperFifo& fifo_;
  ActionTable& actions_;
  const JogRamp::Limits jog_limits_;
  // Network context; the step context reads the jog after it has seen its request.
  std::uint32_t sequence_ = 0;
  std::uint32_t jog_steps_ = 0;
  std::uint8_t jog_tick_ = wire::kIdleTick;
  // Step context.
  Phase phase_ = Phase::kRest;
  std::uint32_t seen_ = 0;
  bool holding_ = false;
  std::uint32_t tempo_ = kFullTempo;
  std::uint32_t tempo_phase_ = 0;
  JogRamp ramp_;
  std::uint32_t executed_low_ = 0;
  std::uint32_t executed_high_ = 0;
  std::array<std::uint32_t, wire::kMotorCount> positions_{};
  // Shared, one writer each.
  std::atomic<std::uint32_t> request_{0};                                   // network
  std::atomic<bool> elastic_{false};                                        // network
  std::atomic<std::uint32_t> response_{0};                                  // step
  std::atomic<std::uint32_t> version_{0};                                   // step
  std::array<std::atomic<std::uint32_t>, 2 + wire::kMotorCount> shared_{};  // step
};

}  // namespace stepcast::device
