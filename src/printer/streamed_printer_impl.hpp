#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "stepcast/control/motion_source.hpp"
#include "stepcast/printer/commands.hpp"
#include "stepcast/printer/streamed_printer.hpp"
#include "stepcast/stream/hold_switch.hpp"
#include "stepcast/stream/session.hpp"

#include "device_probe.hpp"
#include "live_desk.hpp"
#include "notifier.hpp"
#include "plan_keeper.hpp"
#include "step_books.hpp"

namespace stepcast::printer {

/// Commands, on the caller's thread (streamed_printer.cpp), leave tasks for one worker
/// (streamed_print.cpp), which alone talks to the device; connect() does so only while the worker
/// has nothing to do.
class StreamedPrinter::Impl {
 public:
  explicit Impl(Options options);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] Status status() const;
  void observe(Observer observer);
  Result<void> connect();
  Result<void> disconnect();
  Result<void> start(const PrintRequest& request);
  Result<void> pause();
  Result<void> resume();
  Result<void> cancel();
  Result<void> jog(const Jog& jog);
  Result<void> home(const std::vector<Axis>& axes);
  Result<void> set_feed_rate(double factor);
  Result<void> set_flow(double factor);
  Result<void> set_z_offset(Mm offset);
  Result<void> cancel_object(std::string_view name);

 private:
  struct Move {
    std::vector<std::uint8_t> ticks;
    PerAxis<Steps> from_home;  ///< Where the machine must stand for them.
  };
  /// The job that is streamed, as its callbacks see it.
  struct JobView {
    PlanKeeper& keeper;
    const control::MotionSource& source;
    std::int64_t file_bytes;
    [[nodiscard]] Progress progress(Hertz tick_rate, Ticks executed) const;
    /// Ticks of all of it.
    [[nodiscard]] Ticks total() const;
  };
  using Task = std::variant<PrintRequest, Move>;

  // By mutex_.
  Result<State> allow(Command command) const;
  void enter(State state);
  void announce();
  void take_counters(const PerAxis<Steps>& counters);
  void show_position(const PerAxis<Steps>& counters);
  void lose_books();
  void log(std::string line);
  template <class Edit>
  Result<void> change(Edit edit);  // takes mutex_ itself
  void show_settings();
  void forget_settings();
  Result<void> begin_move(const std::string& gcode, std::unique_lock<std::mutex>& lock);

  // On the worker, without mutex_.
  void run(const std::stop_token& stop);
  void probe_idle_device();
  void print(const PrintRequest& request);
  Result<void> show_job(const control::JobPlan& plan);
  Result<bool> bring_home(const std::stop_token& stop);
  Result<stream::SessionReport> stream_job(PlanKeeper& keeper, const PrintRequest& request,
                                           control::MotionTotals& totals,
                                           const std::stop_token& stop);
  void carry_out(const Move& move, const std::stop_token& stop);
  Result<void> execute(std::vector<std::uint8_t> ticks, const std::stop_token& stop);
  void on_progress(const JobView& job, const stream::SenderStatistics& statistics);
  void judge(const control::MotionTotals& totals, const stream::SessionReport& report,
             PrintResult& result);
  void end(PrintResult result);
  void end_with(PrintResult result, const Error& error);
  [[nodiscard]] Result<DeviceInfo> probe() const;
  [[nodiscard]] stream::Session::Options session_options() const;
  [[nodiscard]] std::uint32_t tick_hz() const;

  const Options options_;
  stream::HoldSwitch hold_;
  LiveDesk desk_;
  mutable std::mutex probe_mutex_;  ///< One question at a time; taken without mutex_.
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  // By mutex_:
  std::unique_ptr<Notifier> notifier_;
  Status status_;
  StepBooks books_;
  Mm job_top_{};  ///< The greatest height of the job under way.
  std::deque<Task> tasks_;
  std::stop_source print_stop_;
  bool connecting_ = false;
  bool moving_ = false;
  bool closing_ = false;
  std::jthread worker_;  // last: it uses the rest
};

}  // namespace stepcast::printer
