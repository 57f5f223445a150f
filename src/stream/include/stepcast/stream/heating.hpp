#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/stream/endpoint.hpp"

/// Heaters and fan of a device, as its control lines have them (protocol/control.md section 8).
namespace stepcast::stream {

/// What a device can do besides moving, from its reply to `init` or `status`.
struct HeatAbilities {
  std::vector<std::string> heaters;  ///< "tool0", "bed", "chamber"
  bool fan = false;
  std::uint32_t actions = 0;  ///< Slots of its table.
  std::chrono::milliseconds lease{0};
};

/// Of the key=value pairs of such a reply; nothing is in it for a device without any.
[[nodiscard]] HeatAbilities read_heat_abilities(std::string_view pairs);

/// A line that the device carries out when exactly so many ticks of the stream are executed.
struct TimedAction {
  Ticks tick = 0;
  std::string line;  ///< "heat tool0 210 reach", "fan 255"
};

/// What the device says of its heaters.
struct HeatReport {
  struct Heater {
    std::optional<Celsius> actual;  ///< Absent: the sensor makes no sense.
    Celsius target{};
    double power = 0.0;  ///< 0 to 1.
  };
  std::map<std::string, Heater> heaters;
  std::optional<double> fan;  ///< 0 to 1.
  std::string waiting;        ///< The heater that motion waits for; empty if for none.
  /// The lease ran out: the device heard nothing for too long and switched everything off.
  bool lapsed = false;
  /// A guard of the device switched everything off: "too_slow", ...; empty if none did.
  std::string fault;
  std::string fault_heater;
  std::optional<Celsius> fault_reading;
};

/// Reads a reply to `temps`, `keep`, `heat` or `fan`.
/// @returns kProtocol if it is none; an `err` as the error that it stands for: kFault,
/// kUnsupported, kOutOfRange.
[[nodiscard]] Result<HeatReport> read_heat_report(std::string_view reply, const Endpoint& device);

/// A fault or a lapsed lease in a sentence for people; empty if all is well.
[[nodiscard]] std::string trouble_text(const HeatReport& report);

/// Lines for a running session, from any thread.
///
/// Must outlive the run() that it is given to; one run() at a time.
class LineBox {
 public:
  void put(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
    if (wake_) {
      wake_();
    }
  }
  [[nodiscard]] std::optional<std::string> take() {
    const std::lock_guard lock(mutex_);
    if (lines_.empty()) {
      return std::nullopt;
    }
    std::string line = std::move(lines_.front());
    lines_.pop_front();
    return line;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    lines_.clear();
  }
  /// For the session: called after every put(), on the thread that made it; empty to end that.
  void on_put(std::function<void()> wake) {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
  }

 private:
  std::mutex mutex_;
  std::deque<std::string> lines_;
  std::function<void()> wake_;
};

/// What a session does about heaters besides streaming.
struct Heating {
  /// Actions that are new since the last call, by tick. Asked after every read of the tick source,
  /// and must have given all that are due before the ticks which were read. May be empty.
  std::function<std::vector<TimedAction>()> actions{};
  /// `heat` and `fan` lines of people, carried out at once. May be null.
  LineBox* lines = nullptr;
  /// How often the lease is renewed and the temperatures are asked for. Far below the lease.
  std::chrono::milliseconds interval{1'000};
  /// Also with what a refused line of `lines` was answered. May be empty.
  std::function<void(const HeatReport&)> on_report{};
  std::function<void(const Error&)> on_refusal{};
  /// However the session ends, heaters and fan are switched off.
  bool off_afterwards = false;
};

}  // namespace stepcast::stream
