#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"

namespace stepcast::printer {

/// What a printer is doing, in the words of OctoPrint, which clients compare literally.
enum class State : std::uint8_t {
  kOffline,
  kOperational,
  kStarting,
  kPrinting,
  kPausing,
  kPaused,
  kResuming,
  kCancelling,
  kFinishing,
  kError,
};
/// "Offline", "Operational", "Starting", "Printing", "Pausing", "Paused", "Resuming", "Cancelling",
/// "Finishing", "Error".
[[nodiscard]] std::string_view state_text(State state);

/// What a back end can do. What it cannot do is refused with kUnsupported, never faked.
enum class Feature : std::uint8_t {
  kPause,
  kHeaters,
  kJog,
  kHome,
  kExtrude,
  kFeedRate,
  kFlow,
  kFan,
  kGcode,  ///< Takes G-code while idle.
  kCamera,
  kPosition,  ///< Reports where the tool is.
  kZOffset,
  kCancelObject,
  kContinue,  ///< Takes up a print that was under way when the server stopped.
  kRecover,   ///< Goes on with a print whose machine has lost its power.
};

struct Heater {
  std::optional<Celsius> actual;
  Celsius target{};
  Celsius offset{};
};

struct Progress {
  double share{};                ///< 0 to 1 of the print time.
  Seconds elapsed{};             ///< Since the start, pauses not counted.
  std::optional<Seconds> left;   ///< Absent when nobody knows.
  std::int64_t file_position{};  ///< Bytes of the job that have been carried out.
  std::optional<std::int64_t> layer;
  bool exact{};  ///< `left` is planned, not guessed.
};

/// How the connection to a streamed device does; absent for other back ends.
struct Link {
  double buffer_s{};
  double rtt_ms{};
  std::uint64_t retransmissions{};
  std::uint64_t pauses{};
};

/// One of several things that a job prints (M486, EXCLUDE_OBJECT), in the order of the job.
struct Object {
  std::string name;
  bool cancelled = false;
};

/// A print that ended because the machine lost its power, and that recover() can go on with.
struct RecoveryPoint {
  std::string job_id;
  std::optional<std::int64_t> layer;  ///< That was reached.
  bool needs_height = false;          ///< It is known that Recovery::nozzle_height is needed.
  std::string refused;                ///< What stood against the latest recover(); else empty.
};

/// A consistent picture of a printer at one moment.
struct Status {
  State state = State::kOffline;
  std::string error;                      ///< Why, in kError and kOffline.
  std::string job_id;                     ///< Of the print under way or just ended; empty if none.
  Progress progress;                      ///< Of that job.
  std::map<std::string, Heater> heaters;  ///< "tool0", "bed", "chamber".
  PerAxis<std::optional<Mm>> position;    ///< Of the tool.
  double feed_rate_factor = 1.0;
  double flow_factor = 1.0;
  std::optional<double> fan;  ///< Of the part, 0 to 1.
  Mm z_offset{};              ///< Added to every height of the job.
  std::vector<Object> objects;
  /// How long it takes until a change of speed, flow, Z offset or objects shows: the motion that is
  /// on its way to the machine already. Absent when nothing prints or nobody knows.
  std::optional<Seconds> change_delay;
  std::optional<RecoveryPoint> recovery;
  std::optional<Link> link;
  bool virtual_motors = false;
  std::uint64_t version = 0;  ///< Rises with every change of state: the precondition of commands.
};

struct PrintRequest {
  std::string job_id;
  std::filesystem::path file;
};

/// What a person says who lets a print go on after the machine lost its power: the part is firmly
/// on the bed, and the tool has been brought home in X and Y by hand.
struct Recovery {
  std::string of_job;                 ///< RecoveryPoint::job_id
  std::optional<Mm> nozzle_height{};  ///< Absent: Z is as it was, but for what was jogged since.
  /// Called once, when nothing stands against it any more and before anything heats or moves, on a
  /// thread of the back end; may not call the printer. Its error calls the attempt off.
  std::function<Result<void>()> begin{};
};
/// Error::location where Recovery::nozzle_height is missing or cannot be.
inline constexpr std::string_view kNozzleHeight = "nozzle_height_mm";

/// How a print ended.
struct PrintResult {
  std::string job_id;
  enum class Outcome : std::uint8_t { kDone, kCancelled, kFailed } outcome = Outcome::kFailed;
  std::string reason;  ///< Of a failure.
  Seconds duration{};
  /// Streamed devices: steps executed minus steps planned, by motor.
  std::optional<PerAxis<Steps>> position_error;
  /// Of an attempt to recover that ended before it had begun: why. It was no print.
  std::optional<Error> refused{};
};

struct Observer {
  /// After every change of `state`, and otherwise some times a second.
  std::function<void(const Status&)> on_status;
  std::function<void(const PrintResult&)> on_finished;
  /// Lines of a conversation with the printer, for the terminal.
  std::function<void(std::string_view)> on_log;
};

/// One machine, whatever drives it.
///
/// Commands return as soon as they are accepted; on_status tells what became of them. Every back
/// end passes tests/contract/printer.
///
/// Threads: any; observers are called on a thread of the back end, one call at a time, and must
/// return soon and not call back into the printer.
class Printer {
 public:
  virtual ~Printer() = default;

  [[nodiscard]] virtual std::string_view kind() const = 0;  ///< "streamed", "octoprint"
  [[nodiscard]] virtual bool can(Feature feature) const = 0;
  [[nodiscard]] virtual Status status() const = 0;
  /// Before connect(), once.
  virtual void observe(Observer observer) = 0;

  [[nodiscard]] virtual Result<void> connect() = 0;
  /// @returns kBusy while printing.
  [[nodiscard]] virtual Result<void> disconnect() = 0;

  /// Only in kOperational. The job is planned, checked and started at most once.
  /// @returns kBusy in any other state; any error of the job, before anything has moved.
  [[nodiscard]] virtual Result<void> start(const PrintRequest& request) = 0;
  /// @returns kBusy when nothing is printing (pause), paused (resume) or under way (cancel).
  [[nodiscard]] virtual Result<void> pause() = 0;
  [[nodiscard]] virtual Result<void> resume() = 0;
  [[nodiscard]] virtual Result<void> cancel() = 0;

  // The defaults refuse with kUnsupported.

  /// Takes up the print that was under way when the server stopped, where the machine is now; only
  /// after connect(). The machine has gone on, holds, or has lost power: status() tells.
  /// @returns kNotFound: the machine knows nothing of this job; any error of start().
  [[nodiscard]] virtual Result<void> continue_print(const PrintRequest& request);
  /// Goes on with a print that was broken off, as the job `request` of the same file, from the
  /// move that was under way: heats, lifts the nozzle, primes at home, and prints the rest.
  /// @returns kNotFound: there is no such recovery point; kBusy: not operational; kInvalidArgument
  /// at kNozzleHeight: needed. What only the plan shows ends the attempt (PrintResult::refused)
  /// before Recovery::begin. The point is kept until then.
  [[nodiscard]] virtual Result<void> recover(const PrintRequest& request, const Recovery& how);
  [[nodiscard]] virtual Result<void> set_target(const std::string& heater, Celsius target);
  struct Jog {
    PerAxis<std::optional<Mm>> axes;  ///< x, y, z
    bool absolute = false;
    std::optional<MmPerS> speed;
  };
  [[nodiscard]] virtual Result<void> jog(const Jog& jog);
  [[nodiscard]] virtual Result<void> home(const std::vector<Axis>& axes);
  [[nodiscard]] virtual Result<void> extrude(Mm length, std::optional<MmPerS> speed);
  [[nodiscard]] virtual Result<void> set_feed_rate(double factor);  ///< 0.5 to 2
  [[nodiscard]] virtual Result<void> set_flow(double factor);       ///< 0.75 to 1.25
  [[nodiscard]] virtual Result<void> set_fan(double share);         ///< 0 to 1
  /// From the next piece of motion that has not been sent yet; moves there gently.
  [[nodiscard]] virtual Result<void> set_z_offset(Mm offset);  ///< -2 to 2 mm
  /// Leaves out what remains of one object of the job under way. @returns kNotFound.
  [[nodiscard]] virtual Result<void> cancel_object(std::string_view name);
  [[nodiscard]] virtual Result<void> send_gcode(const std::vector<std::string>& lines);
};

}  // namespace stepcast::printer
