#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "stepcast/base/result.hpp"
#include "stepcast/events/log.hpp"
#include "stepcast/files/library.hpp"
#include "stepcast/jobs/command.hpp"
#include "stepcast/printer/printer.hpp"
#include "stepcast/store/jobs.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::jobs {

/// One printer at work: the file that is selected, the job under way, and its rows in the store.
/// What happens is told to the log of events (docs/events.md).
///
/// A job is started at most once: its row says `starting` on disk before the printer is asked. A
/// row that a crash left under way is handed to the printer by connect(): it goes on, or is closed
/// as failed.
///
/// Threads: any. What takes a `user` notes who asked for it; empty: the server itself.
class Runner {
 public:
  struct View {
    printer::Status status;            ///< At rest without a job, unless that was of `file`.
    std::optional<files::Entry> file;  ///< Selected.
    std::string user;                  ///< Who selected it.
    store::PrintCounts counts;         ///< Of that file.
  };

  struct Identity {
    std::string id;     ///< `taz6`: in paths and keys.
    std::string title;  ///< For people: no other printer of the server has it.
    std::string model;  ///< For people: what machine it is.
    double width_mm{};  ///< Of the bed, and the height above it.
    double depth_mm{};
    double height_mm{};
    double nozzle_mm{};
    std::size_t tools = 1;
  };

  /// `store`, `library` and `events` must outlive the runner.
  [[nodiscard]] static Result<std::unique_ptr<Runner>> open(Identity identity, store::Store& store,
                                                            files::Library& library,
                                                            events::Log& events,
                                                            std::unique_ptr<printer::Printer>);
  ~Runner();

  [[nodiscard]] const Identity& identity() const;
  /// For what it is and can do; what it is to do goes through the runner.
  [[nodiscard]] const printer::Printer& printer() const;
  /// Printer::connect(), and then Printer::continue_print() if a print was under way when the
  /// server stopped. @returns errors of connect(); how the print went on is told by events.
  [[nodiscard]] Result<void> connect();
  /// And leaves it so until the next connect().
  [[nodiscard]] Result<void> disconnect();
  /// Connects a printer that is Offline, unless somebody has disconnected it.
  [[nodiscard]] Result<void> keep_connected();
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
  /// A start that was prepared: prints exactly these bytes, once, or nothing.
  struct Order {
    std::string job_id;
    files::Entry file;            ///< Becomes the selected one.
    std::filesystem::path bytes;  ///< Where those of `file.sha256` are.
    std::string user;
    std::uint64_t version{};  ///< The printer's Status::version on which the order rests.
    std::chrono::steady_clock::time_point expires;
    /// Happens in the transaction that enters the job, before the printer is asked; its error calls
    /// the start off.
    std::function<Result<void>(store::Session&)> with_row;
  };
  /// @returns also kBusy: the printer's state has changed since, or the order has expired.
  [[nodiscard]] Result<void> start(const Order& order);
  [[nodiscard]] Result<void> pause(std::string_view user = {});
  [[nodiscard]] Result<void> resume(std::string_view user = {});
  [[nodiscard]] Result<void> cancel(std::string_view user = {});
  /// Goes on with the print of Status::recovery as a job of its own, that says which one it is the
  /// rest of (Printer::recover()). It is entered, and told, once nothing stands against it any
  /// more; an attempt that comes to nothing is in no books.
  ///
  /// Waits for that, but not longer than `patience`: success then means that it is being planned,
  /// and Status::recovery says if it comes to nothing after all. @returns also what stands against
  /// it; kNotFound: there is none, or its file is gone; kOutOfRange: the file has changed since.
  [[nodiscard]] Result<void> recover(std::optional<Mm> nozzle_height, const std::string& user,
                                     std::chrono::milliseconds patience);
  /// Begins a paused job anew.
  [[nodiscard]] Result<void> restart(const std::string& user);
  /// What needs no books: live changes, temperatures, moves by hand. Told to the log of events once
  /// the printer has accepted it.
  [[nodiscard]] Result<void> command(const Command& command, std::string_view user = {});

  /// Lines of the conversation with the printer, for a terminal; called on the back end's thread,
  /// must return soon.
  using LogListener = std::function<void(std::string_view)>;
  void listen_log(LogListener listener);

 private:
  class Impl;
  explicit Runner(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::jobs
