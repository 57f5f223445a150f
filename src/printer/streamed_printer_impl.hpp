#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
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
#include "stepcast/control/short_motion.hpp"
#include "stepcast/planner/modal_state.hpp"
#include "stepcast/printer/commands.hpp"
#include "stepcast/printer/device_probe.hpp"
#include "stepcast/printer/notifier.hpp"
#include "stepcast/printer/streamed_printer.hpp"
#include "stepcast/stream/hold_switch.hpp"
#include "stepcast/stream/session.hpp"

#include "gcode_desk.hpp"
#include "heat_desk.hpp"
#include "live_desk.hpp"
#include "plan_keeper.hpp"
#include "print_journal.hpp"
#include "step_books.hpp"

namespace stepcast::printer {

class CheckedSource;

/// How often it is kept how far the device has come.
inline constexpr Seconds kRanEvery{2.0};
inline constexpr std::array kToolAxes{Axis::kX, Axis::kY, Axis::kZ};

/// The device is not there any more, or not what it was: nobody knows what it does.
[[nodiscard]] constexpr bool loses_device(Errc code) {
  return code == Errc::kNetwork || code == Errc::kProtocol || code == Errc::kFault;
}

/// Commands, on the caller's thread (streamed_printer.cpp), leave tasks for one worker
/// (streamed_print.cpp, streamed_heat.cpp), which alone talks to the device; connect() does so only
/// while the worker has nothing to do.
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
  Result<void> continue_print(const PrintRequest& request);
  Result<void> recover(const PrintRequest& request, const Recovery& how);
  [[nodiscard]] bool keeps_state() const { return !options_.state_folder.empty(); }
  [[nodiscard]] bool has_heaters() const;
  [[nodiscard]] bool has_fan() const;
  Result<void> set_target(const std::string& heater, Celsius target);
  Result<void> set_fan(double share);
  Result<void> extrude(Mm length, std::optional<MmPerS> speed);
  Result<void> send_gcode(const std::vector<std::string>& lines);

 private:
  struct Move {
    control::ShortMotion motion;
    PerAxis<Steps> from_home;  ///< Where the machine must stand for it.
    std::stop_source stop;
  };
  /// Moves that people ask for, in their order.
  struct HandMoves {
    std::size_t waiting = 0;        ///< The one under way among them.
    PerAxis<Steps> end;             ///< From home, after all of them.
    std::optional<Celsius> nozzle;  ///< What they make of it; absent: they do not heat it.
    std::stop_source stop;          ///< Of all of them.
    bool stopping = false;          ///< `end` is not where they will end.
    planner::ModalState mode;       ///< Of single lines of G-code.
  };
  /// A move by hand, for a machine that stands so many steps from home; empty: nothing to do.
  using MoveFrom = std::function<Result<std::string>(const PerAxis<Steps>&)>;
  /// The job that is streamed, as its callbacks see it.
  struct JobView {
    PlanKeeper& keeper;
    const control::MotionSource& source;
    std::int64_t file_bytes;
    [[nodiscard]] Progress progress(Hertz tick_rate, Ticks executed) const;
    /// Ticks of all of it.
    [[nodiscard]] Ticks total() const;
  };
  /// A print of before.
  struct Continued {
    PrintRequest request;
    PrintRecord record;
  };
  /// A print that goes on after the device lost its power.
  struct Recovered {
    PrintRequest request;
    Recovery how;
    PrintRecord record;
    Steps z_moved = 0;  ///< Since then.
  };
  struct Lines {
    std::vector<std::string> lines;  ///< For the device, while no session is open.
  };
  using Task = std::variant<PrintRequest, Move, Continued, Recovered, Lines>;

  // By mutex_.
  Result<State> allow(Command command) const;
  void enter(State state);
  void announce();
  void take_counters(const PerAxis<Steps>& counters);
  void show_position(const PerAxis<Steps>& counters);
  void lose_books();
  void load_state();
  void keep_books();
  void see(const DeviceInfo& info);
  void begin_job(const PrintRequest& request);
  void log(std::string line);
  template <class Edit>
  Result<void> change(Edit edit);  // takes mutex_ itself
  void show_settings();
  void forget_settings();
  [[nodiscard]] Result<void> can_heat(std::string_view what) const;
  [[nodiscard]] Result<std::string> target_line(const std::string& heater, Celsius target) const;
  void send_line(const std::string& line);
  void take_report(const stream::HeatReport& report);
  void go_on();
  void forget_pause();
  void take_recovery();
  void drop_recovery();
  void doubt_z();
  bool stays_paused(bool was_paused, const std::vector<control::HeatEvent>& events,
                    const stream::TakenUp& there);
  [[nodiscard]] Result<void> check_change(const planner::LiveSettings& settings) const;
  void make_change(const planner::LiveSettings& settings);
  [[nodiscard]] Result<PerAxis<Steps>> next_move_begins() const;
  [[nodiscard]] Result<void> is_as_planned(const Move& move) const;
  void drop_moves();
  void stop_moves();
  Result<void> stop_everything();
  bool end_in_emergency();
  [[nodiscard]] Result<std::vector<std::string>> lines_of(const GcodeByHand& lines) const;
  void answer_all(const GcodeByHand& lines);

  // On the caller's thread, without mutex_.
  Result<void> move_by_hand(std::string_view name, bool by_lines, const MoveFrom& move_from);

  // On the worker, without mutex_.
  void run(const std::stop_token& stop);
  void probe_idle_device();
  void print(const PrintRequest& request);
  Result<void> show_job(const control::JobPlan& plan);
  Result<bool> bring_home(const std::stop_token& stop);
  void take_up(const Continued& task);
  void recover_print(const Recovered& task);
  Result<control::JobPlan> check_rest(const Recovered& task, PerAxis<Steps>& from_home);
  void refuse(const Recovered& task, PrintResult result, const Error& error);
  void show_refusal(const Recovered& task, const Error& error);
  Result<control::JobPlan> plan_rest(const Recovered& task, PerAxis<Steps>& from_home) const;
  Result<control::JobPlan> plan_again(const PrintRequest& request, const PrintRecord& record) const;
  void keep_recovery();
  [[nodiscard]] bool in_trouble() const;
  void run_job(control::JobPlan plan, const PrintRequest& request, const PrintRecord* record,
               PrintResult result, const std::stop_token& stop);
  Result<stream::SessionReport> stream_job(PlanKeeper& keeper, const PrintRequest& request,
                                           const PrintRecord* record, control::MotionTotals& totals,
                                           const std::stop_token& stop);
  Result<void> catch_up(CheckedSource& source, const PrintRecord& record,
                        const stream::TakenUp& there) const;
  Result<stream::SessionReport> run_session(const stream::Session::Options& options,
                                            stepgen::TickSource& source,
                                            const std::stop_token& stop);
  void begin_journal(const PrintRequest& request, const control::JobPlan& plan,
                     const stream::OpenedSession& opened);
  void go_on_with_journal();
  void keep(const std::function<Result<void>(PrintJournal&)>& write);
  void carry_out(Move move, const std::stop_token& stop);
  Result<void> execute(control::ShortMotion motion, const std::stop_token& stop);
  bool find_again(const Error& error);
  void on_progress(const JobView& job, const stream::SenderStatistics& statistics);
  void judge(const control::MotionTotals& totals, const stream::SessionReport& report,
             PrintResult& result);
  void end(PrintResult result);
  void end_with(PrintResult result, const Error& error);
  stream::Heating heating_of_session();
  void on_heat_report(const stream::HeatReport& report);
  void tend_heaters();
  void tell_device(const Lines& lines);
  void leave_cold();
  [[nodiscard]] Result<DeviceInfo> probe() const;
  [[nodiscard]] stream::Session::Options session_options() const;
  [[nodiscard]] std::uint32_t tick_hz() const;
  [[nodiscard]] std::filesystem::path journal_file() const;
  [[nodiscard]] std::filesystem::path recovery_file() const;
  [[nodiscard]] std::filesystem::path books_file() const;
  [[nodiscard]] std::string name_of(const control::JobPlan& plan) const;
  [[nodiscard]] std::optional<std::uint64_t> standing_session() const;

  const Options options_;
  stream::HoldSwitch hold_;
  LiveDesk desk_;
  std::optional<PrintJournal> journal_;  ///< Of the print under way; the worker's.
  Ticks executed_ = 0;                   ///< Of it, as reported; the worker's.
  Ticks sent_ = 0;                       ///< And sent, with this sum.
  std::uint32_t sent_sum_ = 0;
  std::stop_source leave_;  ///< The server ends.
  stream::LineBox lines_;
  mutable std::mutex probe_mutex_;  ///< One question at a time; taken without mutex_.
  std::mutex hand_mutex_;  ///< One move by hand is planned at a time; taken without mutex_.
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  // By mutex_:
  std::unique_ptr<Notifier> notifier_;
  Status status_;
  StepBooks books_;
  std::optional<PrintRecord> record_;    ///< Of a print of before.
  std::optional<PrintRecord> recovery_;  ///< Of a print whose device lost its power.
  bool from_power_on_ = false;           ///< The counters were zero when the books were opened.
  bool standing_ = false;                ///< The device still has its session.
  Mm job_top_{};                         ///< The greatest height of the job under way.
  std::deque<Task> tasks_;
  std::stop_source print_stop_;
  bool connecting_ = false;
  HandMoves hand_;
  bool emergency_ = false;  ///< M112: what is under way ends in kError.
  bool stopped_ = false;    ///< It did; the device is there, and cools.
  bool closing_ = false;
  HeatDesk heat_desk_{options_.profile, options_.heat_policy};
  std::optional<HeatDesk::Time> heats_idle_since_;
  bool reheats_ = false;  ///< kResuming: motion goes on when everything is hot again.
  bool resets_ = false;   ///< The fault that is reported is the one that resume() resets.
  bool reset_at_connect_ = false;
  std::jthread worker_;  // last: it uses the rest
};

}  // namespace stepcast::printer
