#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/printer/printer.hpp"
#include "stepcast/printer/streamed_printer.hpp"
#include "stepcast/stream/heating.hpp"

namespace stepcast::printer {

/// The heaters of a streamed printer as its server knows them: what there is, what may be asked of
/// it, what it says, and what becomes of it in a pause.
///
/// The device is the last line of safety; this is the first. It has no sockets and no threads.
///
/// Threads: by the owner's mutex.
class HeatDesk {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Options = StreamedPrinter::HeatPolicy;

  /// `profile` must outlive it.
  HeatDesk(const machine::Profile& profile, const Options& options)
      : profile_(profile), options_(options) {}

  /// What the device has, of what the profile knows.
  void meet(const stream::HeatAbilities& abilities);
  [[nodiscard]] bool has_heaters() const { return !limits_.empty(); }
  [[nodiscard]] bool has_fan() const { return abilities_.fan; }
  [[nodiscard]] const stream::HeatAbilities& abilities() const { return abilities_; }

  /// The line that sets a target. @returns kNotFound (names the heaters), kOutOfRange (names the
  /// heater, value and limit).
  [[nodiscard]] Result<std::string> target_line(const std::string& heater, Celsius target) const;
  /// Whether `target` would let a print that is under way extrude cold.
  [[nodiscard]] Result<void> check_while_printing(const std::string& heater, Celsius target) const;
  [[nodiscard]] Result<std::string> fan_line(double share) const;
  void take(const stream::HeatReport& report) { report_ = report; }
  void show(Status& status) const;
  [[nodiscard]] const stream::HeatReport& report() const { return report_; }
  [[nodiscard]] std::optional<Celsius> actual(const std::string& heater) const;
  /// How hot the nozzle is and stays; absent without one that heats.
  [[nodiscard]] std::optional<Celsius> lasting_nozzle() const;
  /// A heater has a target.
  [[nodiscard]] bool on() const;
  /// Something is on, or still too hot to touch: worth looking after more often.
  [[nodiscard]] bool warm() const;

  // --- pauses ---

  /// The machine stands: what it has now is what resume_lines() goes back to.
  void begin_pause(Time now);
  /// The same after a restart of the server: `targets` are what the job has asked for.
  void begin_pause(Time now, const std::map<std::string, Celsius>& targets);
  void set_in_pause(const std::string& heater, Celsius target);
  void end_pause() { pause_.reset(); }
  /// What is due in a pause: the standby of the nozzle, and switching off after the time.
  [[nodiscard]] std::vector<std::string> pause_lines(Time now);
  /// What brings everything back to where it was; empty if it is there.
  [[nodiscard]] std::vector<std::string> resume_lines() const;
  /// Everything is as hot as before the pause.
  [[nodiscard]] bool restored() const;

 private:
  struct Limits {
    Celsius highest;
  };
  struct Pause {
    Time since;
    std::map<std::string, Celsius> targets;
    bool standby = false;
    bool nozzle_off = false;
    bool rest_off = false;
  };
  [[nodiscard]] bool has(const std::string& heater) const { return limits_.contains(heater); }

  const machine::Profile& profile_;
  const Options options_;
  std::map<std::string, Limits> limits_;
  stream::HeatAbilities abilities_;
  stream::HeatReport report_;
  std::optional<Pause> pause_;
};

}  // namespace stepcast::printer
