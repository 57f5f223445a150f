#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "stepcast/jobs/runner.hpp"

#include "job_books.hpp"

namespace stepcast::jobs {

/// Commands are in runner.cpp, what leads to a start in runner_starts.cpp and runner_recover.cpp,
/// and what follows the printer in runner_follow.cpp.
class Runner::Impl {
 public:
  Impl(Identity identity, store::Store& store, files::Library& library, events::Log& events,
       std::unique_ptr<printer::Printer> machine)
      : identity_(std::move(identity)),
        library_(library),
        events_(events),
        books_(store, identity_.id),
        printer_(std::move(machine)) {}
  ~Impl() {
    const std::scoped_lock lock(door_->mutex);
    door_->runner = nullptr;
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] const Identity& identity() const { return identity_; }
  [[nodiscard]] const printer::Printer& printer() const { return *printer_; }

  Result<void> open();
  Result<void> disconnect();
  Result<void> keep_connected();
  Result<void> connect();
  [[nodiscard]] printer::Status status() const;
  [[nodiscard]] View view() const;
  Result<void> select(const files::LibraryPath& path, std::string user);
  Result<void> unselect();
  Result<void> start(const std::string& user);
  Result<void> start(const Order& order);
  Result<void> recover(std::optional<Mm> nozzle_height, const std::string& user,
                       std::chrono::milliseconds patience);
  Result<void> pause(std::string_view user);
  Result<void> resume(std::string_view user);
  Result<void> cancel(std::string_view user);
  Result<void> restart(const std::string& user);
  Result<void> command(const Command& command, std::string_view user);
  void listen_log(LogListener listener);

 private:
  using State = printer::State;

  /// By which the library reaches this runner for as long as there is one.
  struct Door {
    std::mutex mutex;
    Impl* runner = nullptr;
  };

  /// To go on with a print that was broken off, while it is no job yet. What became of it is by
  /// mutex_.
  struct Attempt {
    Order order;
    store::JobRow row;
    bool begun = false;
    std::optional<Error> refused{};
  };

  Result<void> hand_over(store::JobRow& row, const Order& order);
  // With mutex_.
  [[nodiscard]] Result<void> may_start(const Order& order) const;
  void start_when_analysed(store::JobRow row, Order order, const std::stop_token& stop);
  Result<void> enter(const store::JobRow& row, const Order& order);
  void select_again(const store::JobRow& row);
  [[nodiscard]] Result<Order> order_of_rest(const store::JobRow& former,
                                            const std::string& user) const;
  Result<void> begin_rest(Attempt& attempt);
  void give_up(Attempt& attempt, const printer::PrintResult& result);
  void hold(const store::JobRow& row);
  void release(const store::JobRow& row);
  void note(std::string_view user);
  void learn_analysis(files::Entry& entry) const;
  void learn_figures(store::JobRow& row) const;
  void follow_file(const files::Change& change);
  void forget_job();
  void finish(const store::JobRow& row, const std::string& user);
  void on_status(const printer::Status& status);
  void tell_change(State before, const printer::Status& status,
                   const std::optional<store::JobRow>& job, const std::string& user);
  void on_finished(const printer::PrintResult& result);
  void tell(const char* type, const std::string& job, std::string payload);
  void tell_log(std::string_view line);

  Identity identity_;
  files::Library& library_;
  events::Log& events_;
  JobBooks books_;

  std::atomic<bool> shall_be_connected_{true};
  std::shared_ptr<Door> door_ = std::make_shared<Door>();

  mutable std::mutex mutex_;  // guards what follows, up to the next mutex
  std::condition_variable job_ended_;
  mutable std::optional<files::Entry> selected_;  // its analysis may come later
  std::string job_of_selected_;  // the latest that printed it; empty: none since it was selected
  std::string user_;
  store::PrintCounts counts_;
  std::optional<store::JobRow> job_;    // from the call of start() to its last entry in the books
  std::shared_ptr<Attempt> attempt_;    // job_ is that of it, in no books yet
  bool waits_for_printer_ = false;      // job_ was under way when the server stopped
  bool taking_up_ = false;              // the printer is being asked for it
  bool waits_for_analysis_ = false;     // job_ is entered, and starts once its file is known
  std::string asked_by_;                // who sent the latest command
  State last_state_ = State::kOffline;  // as observed

  std::mutex listeners_mutex_;
  std::vector<LogListener> log_listeners_;

  // Last: their threads end before the rest goes.
  std::unique_ptr<printer::Printer> printer_;
  std::jthread starter_;
};

}  // namespace stepcast::jobs
