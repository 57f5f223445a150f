#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "stepcast/printer/printer.hpp"

namespace stepcast::octoprint_client {

/// A printer that somebody already runs through OctoPrint (tried with 1.11), over its REST
/// interface and its push socket; while there is no socket it is asked now and then.
///
/// A job is copied to the folder `stepcast` of OctoPrint, printed from there by OctoPrint, and
/// deleted at its end. OctoPrint is asked to start it once and never again: if the answer to that
/// is lost, the copy is deleted, which OctoPrint refuses exactly if it prints it. What OctoPrint
/// prints goes on without this server, so the destructor leaves it alone and continue_print() takes
/// it up again. While OctoPrint cannot be reached the state is kOffline with the reason, and the
/// job stays under way until OctoPrint tells what became of it, or disconnect() gives it up.
///
/// OctoPrint checks no job and knows no plan: what is left of a print is its guess, and a broken
/// job fails on the machine, if at all. Feed rate, flow, fan and Z offset are those last set here;
/// OctoPrint does not tell what others set. X and Y are known while the machine rests.
///
/// Threads: see Printer; one that listens to OctoPrint, one that works, and one that calls the
/// observer. Commands block until OctoPrint has taken them, at most `timeout`.
class OctoPrintPrinter final : public printer::Printer {
 public:
  struct Options {
    std::string id;   ///< Names the printer in messages.
    std::string url;  ///< `http://host:port/prefix`
    std::string api_key;
    /// PEM: who signs the certificate of an https URL; empty: those whom the system trusts.
    std::filesystem::path authorities{};
    bool has_camera = false;  ///< Somebody shows pictures of it (Feature::kCamera).
    bool use_push = true;     ///< Otherwise it is only asked now and then.
    /// Of one question. Two in a row without an answer: kOffline.
    std::chrono::milliseconds timeout{5'000};
    std::chrono::milliseconds poll_interval{1'000};
    /// How long OctoPrint may take to find its printer.
    std::chrono::milliseconds connect_timeout{30'000};
  };

  /// @returns kInvalidArgument: no such URL.
  [[nodiscard]] static Result<std::unique_ptr<OctoPrintPrinter>> make(Options options);
  /// OctoPrint carries on what it prints.
  ~OctoPrintPrinter() override;
  OctoPrintPrinter(const OctoPrintPrinter&) = delete;
  OctoPrintPrinter& operator=(const OctoPrintPrinter&) = delete;

  [[nodiscard]] std::string_view kind() const override { return "octoprint"; }
  [[nodiscard]] bool can(printer::Feature feature) const override;
  [[nodiscard]] printer::Status status() const override;
  void observe(printer::Observer observer) override;

  /// Lets OctoPrint connect to its printer, if it is not; blocks up to `connect_timeout`.
  /// @returns kNetwork: OctoPrint is not there; kProtocol: something else is; kDenied: it does not
  /// know the key, or the key may not; kFault: it finds no printer.
  [[nodiscard]] Result<void> connect() override;
  /// OctoPrint lets go of its printer, too.
  [[nodiscard]] Result<void> disconnect() override;

  /// @returns also kNotFound if there is no such file. What OctoPrint says against it is told by
  /// on_finished().
  [[nodiscard]] Result<void> start(const printer::PrintRequest& request) override;
  [[nodiscard]] Result<void> pause() override;
  [[nodiscard]] Result<void> resume() override;
  [[nodiscard]] Result<void> cancel() override;
  [[nodiscard]] Result<void> continue_print(const printer::PrintRequest& request) override;

  /// @returns kNotFound: no such heater; kOutOfRange: below 0; kBusy: not connected.
  [[nodiscard]] Result<void> set_target(const std::string& heater, Celsius target) override;
  /// @returns kOutOfRange outside of the volume of OctoPrint's printer profile, as far as the
  /// position is known; kInvalidArgument if nothing is to move, or E is.
  [[nodiscard]] Result<void> jog(const Jog& jog) override;
  [[nodiscard]] Result<void> home(const std::vector<Axis>& axes) override;
  [[nodiscard]] Result<void> extrude(Mm length, std::optional<MmPerS> speed) override;
  [[nodiscard]] Result<void> set_feed_rate(double factor) override;
  [[nodiscard]] Result<void> set_flow(double factor) override;
  /// By M106 and M107.
  [[nodiscard]] Result<void> set_fan(double share) override;
  /// By M290, which a firmware may lack (Marlin: BABYSTEPPING).
  [[nodiscard]] Result<void> set_z_offset(Mm offset) override;
  /// Also during a print, between two lines of the job.
  [[nodiscard]] Result<void> send_gcode(const std::vector<std::string>& lines) override;

 private:
  class Impl;
  explicit OctoPrintPrinter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::octoprint_client
