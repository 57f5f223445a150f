#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stepcast/printer/commands.hpp"
#include "stepcast/printer/printer.hpp"

namespace stepcast::testing {

/// What a ScriptedPrinter has been asked and what it is to do next; outlives the printer, so that a
/// test can look at it from outside and give it to the printer of the next server.
class PrinterScript {
 public:
  std::vector<printer::PrintRequest> starts;
  std::atomic<std::size_t> started{0};  ///< For who waits for a start on another thread.
  std::vector<printer::PrintRequest> continued;
  std::vector<printer::Recovery> recovered;
  std::vector<std::string> calls;  ///< The other commands, as text.
  std::optional<Error> refuse_start;
  std::optional<Error> refuse_connect;
  std::optional<Error> refuse_continue;
  std::optional<Error> refuse_recover;  ///< Says the plan.
  bool plans_long = false;              ///< A recovery; then begin_rest() or refuse_rest().
  std::function<void(const printer::PrintRequest&)> on_start;  ///< While the start is accepted.
};

/// A printer that does nothing by itself: the test says what the machine does. It refuses commands
/// in the wrong state as every back end does.
///
/// Threads: status() any; the rest one at a time. Observers are called on the thread that causes
/// the change.
class ScriptedPrinter final : public printer::Printer {
 public:
  using State = printer::State;

  explicit ScriptedPrinter(std::shared_ptr<PrinterScript> script) : script_(std::move(script)) {}

  // --- what the machine does ---

  void enter(State state) {
    printer::Status now;
    {
      const std::scoped_lock lock(mutex_);
      status_.state = state;
      ++status_.version;
      now = status_;
    }
    if (observer_.on_status) {
      observer_.on_status(now);
    }
  }
  void end(printer::PrintResult::Outcome outcome, std::string reason = {}, double duration_s = 10) {
    printer::PrintResult result;
    result.job_id = status().job_id;
    result.outcome = outcome;
    result.reason = std::move(reason);
    result.duration = Seconds(duration_s);
    observer_.on_finished(result);
    enter(State::kOperational);
  }
  void end_well() { end(printer::PrintResult::Outcome::kDone); }
  /// The recovery that was asked for is planned, and nothing stands against it.
  void begin_rest() {
    if (auto begun = script_->recovered.back().begin(); !begun) {
      refuse_rest(begun.error());
      return;
    }
    set_job(rest_);
    const std::scoped_lock lock(mutex_);
    status_.recovery.reset();
  }
  void refuse_rest(const Error& error) {
    printer::PrintResult result;
    result.job_id = rest_;
    result.reason = error.to_string();
    result.refused = error;
    enter(State::kOperational);
    observer_.on_finished(result);
  }

  // --- what it is asked ---

  [[nodiscard]] std::string_view kind() const override { return "scripted"; }
  [[nodiscard]] bool can(printer::Feature /*feature*/) const override { return true; }
  [[nodiscard]] printer::Status status() const override {
    const std::scoped_lock lock(mutex_);
    return status_;
  }
  void observe(printer::Observer observer) override { observer_ = std::move(observer); }

  [[nodiscard]] Result<void> connect() override {
    if (script_->refuse_connect) {
      return tl::unexpected(*script_->refuse_connect);
    }
    if (status().state == State::kOffline) {
      enter(State::kOperational);
    }
    return {};
  }
  [[nodiscard]] Result<void> disconnect() override {
    return command(printer::Command::kDisconnect);
  }
  [[nodiscard]] Result<void> start(const printer::PrintRequest& request) override {
    if (script_->refuse_start) {
      return tl::unexpected(*script_->refuse_start);
    }
    if (auto next = printer::state_after(status().state, printer::Command::kStart); !next) {
      return tl::unexpected(next.error());
    }
    script_->starts.push_back(request);
    ++script_->started;
    if (script_->on_start) {
      script_->on_start(request);
    }
    set_job(request.job_id);
    return command(printer::Command::kStart);
  }
  [[nodiscard]] Result<void> pause() override { return command(printer::Command::kPause); }
  [[nodiscard]] Result<void> resume() override { return command(printer::Command::kResume); }
  [[nodiscard]] Result<void> cancel() override { return command(printer::Command::kCancel); }
  [[nodiscard]] Result<void> recover(const printer::PrintRequest& request,
                                     const printer::Recovery& how) override {
    script_->recovered.push_back(how);
    rest_ = request.job_id;
    set_job({});
    if (auto planned = command(printer::Command::kStart); !planned || script_->plans_long) {
      return planned;
    }
    script_->refuse_recover ? refuse_rest(*script_->refuse_recover) : begin_rest();
    return {};
  }
  void break_off(const std::string& job) {
    const std::scoped_lock lock(mutex_);
    status_.recovery =
        printer::RecoveryPoint{.job_id = job, .layer = 3, .needs_height = false, .refused = {}};
  }
  [[nodiscard]] Result<void> continue_print(const printer::PrintRequest& request) override {
    if (script_->refuse_continue) {
      return tl::unexpected(*script_->refuse_continue);
    }
    script_->continued.push_back(request);
    set_job(request.job_id);
    enter(State::kPrinting);
    return {};
  }

 private:
  void set_job(const std::string& id) {
    const std::scoped_lock lock(mutex_);
    status_.job_id = id;
  }
  Result<void> command(printer::Command what) {
    auto next = printer::state_after(status().state, what);
    if (!next) {
      return tl::unexpected(next.error());
    }
    script_->calls.emplace_back(printer::command_name(what));
    enter(*next);
    return {};
  }

  std::shared_ptr<PrinterScript> script_;
  std::string rest_;  ///< The job that a recovery is to be.
  printer::Observer observer_;
  mutable std::mutex mutex_;
  printer::Status status_;  // by mutex_
};

}  // namespace stepcast::testing
