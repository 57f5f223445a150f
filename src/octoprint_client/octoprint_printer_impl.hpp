#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "stepcast/octoprint_client/octoprint_printer.hpp"
#include "stepcast/printer/commands.hpp"
#include "stepcast/printer/notifier.hpp"

#include "push_socket.hpp"
#include "report.hpp"
#include "rest.hpp"

namespace stepcast::octoprint_client {

/// Of the copies of jobs, in OctoPrint.
inline constexpr std::string_view kFolder = "stepcast";

/// "nut-<job>.gcode": for people, and to know it again by.
[[nodiscard]] std::string name_of_copy(const std::string& job_id,
                                       const std::filesystem::path& file);

/// Three sources change the picture, under one mutex: commands on their callers' threads
/// (octoprint_commands.cpp), messages of the push socket, and a worker that copies jobs and asks
/// OctoPrint where the socket leaves doubts (follow.cpp).
///
/// A message may have been sent before a command was carried out. So messages end a print, or undo
/// what a command has entered, only where OctoPrint says so by an event; all else is left to the
/// worker, whose question was asked after the command.
class OctoPrintPrinter::Impl {
 public:
  Impl(Options options, Address address);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] printer::Status status() const;
  void observe(printer::Observer observer);
  Result<void> connect();
  Result<void> disconnect();
  Result<void> start(const printer::PrintRequest& request);
  Result<void> pause();
  Result<void> resume();
  Result<void> cancel();
  Result<void> continue_print(const printer::PrintRequest& request);
  Result<void> set_target(const std::string& heater, Celsius target);
  Result<void> jog(const Jog& jog);
  Result<void> home(const std::vector<Axis>& axes);
  Result<void> extrude(Mm length, std::optional<MmPerS> speed);
  Result<void> set_feed_rate(double factor);
  Result<void> set_flow(double factor);
  Result<void> set_fan(double share);
  Result<void> set_z_offset(Mm offset);
  Result<void> send_gcode(const std::vector<std::string>& lines);

 private:
  /// The print that this server is answerable for.
  struct Job {
    std::string id;
    std::filesystem::path file;
    std::int64_t bytes{};
    std::string path;  ///< In OctoPrint; empty until the copy is there.
    enum class Phase : std::uint8_t {
      kCopying,
      kHandingOver,  ///< OctoPrint has been asked to start it and has not answered.
      kInDoubt,      ///< That answer was lost.
      kOn,
    } phase = Phase::kCopying;
    bool cancel = false;             ///< As soon as OctoPrint has it.
    std::optional<EndEvent> ending;  ///< OctoPrint's state follows.
    std::stop_source stop;           ///< Of the copying.
  };

  // By mutex_.
  Result<printer::State> allow(printer::Command command) const;
  Result<void> expect_connection() const;
  void enter(printer::State state, std::string error = {});
  void announce();
  void apply(const Report& report);
  void show_progress(const Report& report);
  void follow(printer::State state, const std::string& error, bool is_asked);
  [[nodiscard]] bool can_ask_position() const;
  [[nodiscard]] bool is_superseded(printer::State state) const;
  [[nodiscard]] EndEvent end_of(const Report& report) const;
  void end(EndEvent ending, printer::State state, std::string error);
  void doubt();

  // Without mutex_.
  Result<void> command(printer::Command command, const char* path, const std::string& body);
  Result<void> set_factor(const char* path, const char* name, double factor, double& shown);
  Result<void> move(const char* path, const std::string& body);
  Result<void> let_octoprint_connect();
  [[nodiscard]] Result<Report> ask() const;
  void listen();
  bool on_message(std::string_view text);
  void on_listening(bool listening);

  // On the worker, without mutex_.
  void run(const std::stop_token& stop);
  void print();
  void hand_over(const std::string& path);
  void cancel_now();
  void settle_doubt(const std::string& path);
  void look();
  void tidy();

  const Options options_;
  const Rest rest_;
  std::mutex connect_mutex_;  ///< One connect() or disconnect() at a time; taken without mutex_.
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  // By mutex_:
  std::unique_ptr<printer::Notifier> notifier_;
  printer::Status status_;
  std::optional<Job> job_;
  std::optional<Volume> volume_;
  bool following_ = false;  ///< From connect() to disconnect().
  bool listening_ = false;
  bool doubt_ = false;  ///< The worker is to ask.
  bool ask_position_ = false;
  int positions_asked_ = 0;  ///< Since a position was told; each was perhaps asked into the void.
  std::chrono::steady_clock::time_point position_asked_;
  int unanswered_ = 0;
  std::uint64_t epoch_ = 0;          ///< Rises with every command: what was asked before is stale.
  std::uint64_t events_ = 0;         ///< Of the socket: the same.
  std::vector<std::string> litter_;  ///< Copies to be deleted.
  // The end of by mutex_. The order matters: both threads use the rest.
  std::unique_ptr<PushSocket> socket_;  ///< By connect_mutex_.
  std::jthread worker_;
};

}  // namespace stepcast::octoprint_client
