#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/files/library.hpp"
#include "stepcast/printer/printer.hpp"
#include "stepcast/store/jobs.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::jobs {

/// What happened to a job or a printer, in OctoPrint's words ("PrintStarted", "PrintDone",
/// "PrintCancelled", "PrintFailed", "PrintPaused", "PrintResumed", "FileSelected",
/// "PrinterStateChanged").
struct Event {
  std::string type;
  printer::Status status;
  std::optional<files::Entry> file;
  std::string reason;  ///< Of PrintFailed.
  double duration_s{};
};

/// One printer at work: the file that is selected, the job under way, and its rows in the store.
///
/// A job is started at most once: its row says `starting` on disk before the printer is asked. Rows
/// that a crash left under way are closed as failed when a runner opens.
///
/// Threads: any. Listeners are called on the thread that caused the event and must return soon.
class Runner {
 public:
  using Listener = std::function<void(const Event&)>;

  struct View {
    printer::Status status;
    std::optional<files::Entry> file;  ///< Selected.
    std::string user;                  ///< Who selected it.
    store::PrintCounts counts;         ///< Of that file.
  };

  struct Identity {
    std::string id;     ///< `taz6`: in paths and keys.
    std::string title;  ///< For people.
    double width_mm{};  ///< Of the bed, and the height above it.
    double depth_mm{};
    double height_mm{};
    double nozzle_mm{};
  };

  /// `store` and `library` must outlive the runner.
  [[nodiscard]] static Result<std::unique_ptr<Runner>> open(Identity identity, store::Store& store,
                                                            files::Library& library,
                                                            std::unique_ptr<printer::Printer>);
  ~Runner();

  [[nodiscard]] const Identity& identity() const;
  [[nodiscard]] printer::Printer& printer();
  /// The printer's, but Starting and Finishing also while the job is entered into the books: who
  /// sees Operational finds the history complete.
  [[nodiscard]] printer::Status status() const;
  [[nodiscard]] View view() const;

  /// @returns kNotFound; kBusy while printing.
  [[nodiscard]] Result<void> select(const files::LibraryPath& path, std::string user);
  [[nodiscard]] Result<void> unselect();

  /// Prints the selected file. @returns kBusy: no file selected, or not operational; kOutOfRange:
  /// its analysis says that it cannot be printed here.
  [[nodiscard]] Result<void> start(const std::string& user);
  [[nodiscard]] Result<void> pause();
  [[nodiscard]] Result<void> resume();
  [[nodiscard]] Result<void> cancel();
  /// Begins a paused job anew.
  [[nodiscard]] Result<void> restart(const std::string& user);

  void listen(Listener listener);
  /// Lines of the conversation with the printer, for a terminal; as Listener, on the back end's
  /// thread.
  using LogListener = std::function<void(std::string_view)>;
  void listen_log(LogListener listener);

 private:
  class Impl;
  explicit Runner(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::jobs
