#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "stepcast/control/motion_pipeline.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/printer/printer.hpp"
#include "stepcast/stream/endpoint.hpp"

namespace stepcast::printer {

/// A machine whose motors this server drives step by step, over protocol `paper`.
///
/// Between prints nobody holds the device, so that `stepcast console` can reach it; it is asked now
/// and then whether it is still there. A pause slows the machine down on its path and holds it; it
/// goes on from the very same step (stream::HoldSwitch). A print that ends one step off is reported
/// as failed.
///
/// There are no end switches: the device counts steps. Where the machine stands when connect()
/// finds it for the first time, or finds counters that it does not know, is taken as the home
/// position. From then on the books are kept: home() goes back there step by step, and so does
/// start(), because that is where jobs begin. A device that is lost in mid-print takes the books
/// with it.
///
/// Heaters and a fan, where the device has them (can() says so once it is connected), follow the
/// job to the tick; a job that would extrude cold or heat beyond the profile is refused before
/// anything moves. Whenever a print ends they are switched off. docs/heating.md tells it all.
///
/// Threads: see Printer; one thread that drives the device and one that calls the observer.
class StreamedPrinter final : public Printer {
 public:
  /// How long heaters stay on when nothing is printed.
  struct HeatPolicy {
    /// How often temperatures are asked for and the device's lease is renewed, while anything is
    /// warm; far below the lease.
    std::chrono::milliseconds interval{1'000};
    /// In a pause the nozzle goes down to this; absent: it stays as it is.
    std::optional<Celsius> nozzle_standby{};
    /// In a pause: a nozzle that stays hot cokes; the bed keeps the part.
    std::chrono::seconds nozzle_off_after{600};
    std::chrono::seconds all_off_after{7'200};
    /// Heated by hand, and nothing was printed.
    std::chrono::seconds idle_off_after{1'800};
  };

  struct Options {
    std::string id;  ///< Names the printer in messages.
    machine::Profile profile;
    stream::Endpoint device;
    control::ControllerChoice controller;
    /// Times real time, or wire::kSpeedMax; other than 1 only for virtual motors.
    std::uint32_t speed = 1;
    std::chrono::milliseconds connect_timeout{5'000};
    /// How long the device may be silent in a print (stream::Session).
    std::chrono::milliseconds vanished_after{30'000};
    std::chrono::milliseconds status_interval{250};
    /// How often an idle device is asked whether it is there; zero: never.
    std::chrono::milliseconds idle_probe{10'000};
    /// Where the record of the print under way and the place of the machine are kept, in files
    /// named after `id`, so that they outlive the process. Empty: they are not.
    std::filesystem::path state_folder{};
    HeatPolicy heat_policy{};
  };

  explicit StreamedPrinter(Options options);
  /// With a state folder a print is left to the device, which plays out what it has, slows down on
  /// its path and holds until continue_print(). Otherwise it is stopped as cancel() does, and the
  /// machine stands on return.
  ~StreamedPrinter() override;
  StreamedPrinter(const StreamedPrinter&) = delete;
  StreamedPrinter& operator=(const StreamedPrinter&) = delete;

  [[nodiscard]] std::string_view kind() const override { return "streamed"; }
  [[nodiscard]] bool can(Feature feature) const override;
  [[nodiscard]] Status status() const override;
  void observe(Observer observer) override;

  /// Asks the device; blocks up to some times `connect_timeout`.
  /// @returns kNetwork: not there; kProtocol: no device, or of another version; kUnsupported:
  /// another step grid, or `speed` with real motors; kBusy: serves somebody else.
  [[nodiscard]] Result<void> connect() override;
  [[nodiscard]] Result<void> disconnect() override;

  /// @returns also kNotFound if there is no such file. What is wrong in the file is found while
  /// planning: on_finished() then says kFailed, and nothing has moved.
  [[nodiscard]] Result<void> start(const PrintRequest& request) override;
  [[nodiscard]] Result<void> pause() override;
  [[nodiscard]] Result<void> resume() override;
  [[nodiscard]] Result<void> cancel() override;

  /// @returns kNotFound, kOutOfRange (names the heater, the value and the limit, which is the
  /// profile's; and what would make a print under way extrude cold); kBusy while offline.
  [[nodiscard]] Result<void> set_target(const std::string& heater, Celsius target) override;
  [[nodiscard]] Result<void> set_fan(double share) override;

  /// Moves by hand wait for each other, up to some dozens.
  /// @returns kOutOfRange outside of the travel or above the speed; kInvalidArgument if nothing is
  /// to move, or E is.
  [[nodiscard]] Result<void> jog(const Jog& jog) override;
  /// X, Y and Z of `axes`; all three if it is empty.
  [[nodiscard]] Result<void> home(const std::vector<Axis>& axes) override;
  /// @returns kOutOfRange above the speed of E, and below the profile's min_extrusion_temperature
  /// where the device has a nozzle heater, or if that does not hold it there.
  [[nodiscard]] Result<void> extrude(Mm length, std::optional<MmPerS> speed) override;
  /// docs/by-hand.md says what each code does. All of the lines are checked before any of them
  /// acts. Modes (G91, M83, G92, F ...) last until a print begins. Answers are told by on_log.
  /// @returns the errors of jog(), extrude(), set_target() and the like; kMalformed and
  /// kUnsupported with "commands:<line>"; kBusy for motion while a print is under way.
  [[nodiscard]] Result<void> send_gcode(const std::vector<std::string>& lines) override;

  /// Speed, flow, Z offset and objects change at the first move that has not been planned yet, so
  /// that the plan stays exact and within the limits of the machine (docs/live-changes.md);
  /// Status::change_delay says when that is. In kOperational they are for the next print; every
  /// print ends them.
  /// @returns kOutOfRange beyond the limits; kBusy where the state does not allow it.
  [[nodiscard]] Result<void> set_feed_rate(double factor) override;
  [[nodiscard]] Result<void> set_flow(double factor) override;
  [[nodiscard]] Result<void> set_z_offset(Mm offset) override;
  [[nodiscard]] Result<void> cancel_object(std::string_view name) override;

  /// The same motion is planned again, changes included, and goes on from the first packet that the
  /// device has not got; a print that was paused stays paused.
  /// @returns kUnsupported without a state folder. What is found while planning is told by
  /// on_finished(), also that the plan is no longer the same.
  [[nodiscard]] Result<void> continue_print(const PrintRequest& request) override;
  [[nodiscard]] Result<void> recover(const PrintRequest& request, const Recovery& how) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::printer
