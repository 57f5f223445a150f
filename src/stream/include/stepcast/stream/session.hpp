#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/stepgen/tick_source.hpp"
#include "stepcast/stream/endpoint.hpp"
#include "stepcast/stream/heating.hpp"
#include "stepcast/stream/hold_switch.hpp"
#include "stepcast/stream/paper_sender.hpp"

namespace stepcast::stream {

/// What a print did.
struct SessionReport {
  bool finished = false;  ///< False: stopped by the caller, at `executed`.
  bool left = false;      ///< The device was left to itself: it may still move.
  Ticks executed = 0;     ///< Ticks of the stream that the motors made, exactly.
  /// The device's counters before and after. They are not zero at the start: the device keeps them
  /// from power-on, because it is the only one who knows about jogs.
  PerAxis<Steps> positions_before;
  PerAxis<Steps> positions_after;
  bool virtual_motors = false;
  SenderStatistics statistics;
};

/// Where a machine stands that is held in mid-print.
struct Standstill {
  Ticks executed = 0;        ///< Of the stream, exactly.
  PerAxis<Steps> positions;  ///< The device's counters.
};

/// A session as a device opened it: what has to be kept to take it up again.
struct OpenedSession {
  std::uint64_t session = 0;
  std::uint32_t first_packet = 0;
  std::uint32_t fifo_packets = 0;
  bool virtual_motors = false;
  PerAxis<Steps> positions;  ///< Of the device's counters.

  friend bool operator==(const OpenedSession&, const OpenedSession&) = default;
};

/// Where a device is with a session that is taken up again.
struct TakenUp {
  /// Ticks of the stream that have arrived without a gap, or all of them and up to a packet more:
  /// the source goes on from there.
  Ticks received = 0;
  Standstill standstill;  ///< One picture; the device may have gone on since.
  bool held = false;      ///< It stands, and goes on when the print does.
  HeatReport heat;        ///< Empty without heaters and fan.
};

/// One print on one device, from `init` to `exit`, over protocol `paper` version 1.
///
/// Threads: run() uses the calling thread only, for as long as the print takes; the callbacks are
/// called on it and must return soon.
class Session {
 public:
  struct Options {
    Endpoint device;
    std::uint32_t tick_hz = 20'000;  ///< The grid of the tick source; the device must run the same.
    /// Times real time, or wire::kSpeedMax; other than 1 only for virtual motors.
    std::uint32_t speed = 1;
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds reply_timeout{5'000};
    /// How long the device may be silent. Far above the longest round trips that were reported
    /// (20 s, Germany to New Zealand); the device itself holds when its 6 s of motion are gone.
    std::chrono::milliseconds vanished_after{30'000};
    std::chrono::milliseconds progress_interval{250};
    std::function<void(const SenderStatistics&)> on_progress{};  ///< May be empty.
    /// While it is on, the machine is slowed down on its path and held, for as long as it takes;
    /// then the device goes on from the same tick, speeding up the same way. May be null.
    HoldSwitch* hold_switch = nullptr;
    std::function<void(const Standstill&)> on_hold{};  ///< The machine stands. May be empty.
    std::function<void()> on_running{};                ///< Motion begins or goes on. May be empty.
    /// A new session is open, and nothing has been sent. May be empty.
    std::function<void(const OpenedSession&)> on_open{};
    /// Go on with this session instead of opening one (protocol/control.md section 7).
    std::optional<OpenedSession> take_up{};
    /// The session still stands: bring the source to TakenUp::received; an error ends run(), with
    /// the device as it was. Required with `take_up`.
    std::function<Result<void>(const TakenUp&)> on_taken_up{};
    /// When requested, run() ends and leaves the session as it is, for somebody who takes it up
    /// again: the device executes what it has, slows down on the path and holds.
    std::stop_token leave{};
    /// None: heaters are left alone. Without effect on a device that has none.
    std::optional<Heating> heating{};
  };

  explicit Session(Options options);

  /// Brings all of `source` to the device and waits until it is executed. A `stop` request slows
  /// the machine down, holds it and returns a report that is not `finished`.
  /// @returns kNetwork: not there, or vanished (names the tick); kProtocol: speaks another protocol
  /// or version; kBusy: serves somebody else or is printing; kUnsupported: another step grid, or
  /// `speed` with real motors; kFault: the device stopped by itself, with what its heaters have to
  /// do with it; kInterrupted: `stop` came before the device answered; kNotFound: it does not have
  /// the session that is to be taken up; or the error of the source, after the machine has come to
  /// rest.
  [[nodiscard]] Result<SessionReport> run(stepgen::TickSource& source, const std::stop_token& stop);

 private:
  Options options_;
};

}  // namespace stepcast::stream
