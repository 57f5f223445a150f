#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "stepcast/device/action_table.hpp"
#include "stepcast/device/control_texts.hpp"
#include "stepcast/device/device_config.hpp"
#include "stepcast/device/heat_texts.hpp"
#include "stepcast/device/heater_bank.hpp"
#include "stepcast/device/paper_fifo.hpp"
#include "stepcast/device/step_engine.hpp"
#include "stepcast/wire/control_line.hpp"
#include "stepcast/wire/paper_ack.hpp"
#include "stepcast/wire/paper_packet.hpp"

namespace stepcast::device {

/// Milliseconds of any monotonic clock of the port; wraps after 49 days, which is allowed.
using DeviceMs = std::uint32_t;

/// A device that speaks protocol `paper` version 1: everything but its sockets, clock and pins.
///
/// A port calls, in its network context, on_datagram() for each datagram, on_line() for each
/// control line, poll() every millisecond or so, and on_temperatures() ten times a second if it has
/// heaters; and in its step context pull() or tick().
///
/// Threads: two contexts, as said at each group of functions. 130 KiB, so not for a stack.
class PaperCore {
 public:
  using State = wire::DeviceState;

  explicit PaperCore(const DeviceConfig& config)
      : config_(config),
        heaters_(config.heat),
        engine_(fifo_, actions_,
                JogRamp::limits(config.tick_hz, config.jog_lowest_hz, config.jog_highest_hz,
                                config.jog_steps_per_s2)) {}
  PaperCore(const PaperCore&) = delete;
  PaperCore& operator=(const PaperCore&) = delete;

  // --- network context ---

  struct Reception {
    bool genuine = false;  ///< Of this session: acknowledgements go to where it came from.
    bool ack = false;      ///< Send make_ack() now.
  };

  /// Takes one datagram as it came from the network.
  Reception on_datagram(std::span<const std::uint8_t> datagram, DeviceMs now) {
    now_ = now;
    wire::PaperPacket packet;
    if (wire::decode(datagram, packet) != wire::DecodeStatus::kOk) {
      ++counters_.malformed;
      return {};
    }
    if (state_ == State::kIdle || packet.session != session_) {
      ++counters_.wrong_session;
      return {};
    }
    ++counters_.packets;
    last_arrival_ = now;
    echo_number_ = packet.number;
    echo_attempt_ = packet.attempt;
    if (packet.type == wire::PaperType::kProbe) {
      return reply_to_arrival();
    }
    switch (fifo_.take(packet)) {
      case PaperFifo::Take::kStored:
        ask_gap_ = kFirstAskGap;
        return {.genuine = true, .ack = false};
      case PaperFifo::Take::kBatchComplete:
        ask_gap_ = kFirstAskGap;
        return reply_to_arrival();
      case PaperFifo::Take::kDuplicate:
        ++counters_.duplicates;
        return {.genuine = true, .ack = false};
      case PaperFifo::Take::kOld:
        ++counters_.duplicates;
        return now - last_ack_ >= kRepeatGap || !acked_ ? reply_to_arrival()
                                                        : Reception{.genuine = true, .ack = false};
      case PaperFifo::Take::kAhead:
        ++counters_.out_of_window;
        return {.genuine = true, .ack = false};
      case PaperFifo::Take::kConflict:
        ++counters_.conflicts;
        return {.genuine = true, .ack = false};
    }
    return {};
  }

  /// Timers and the state machine; call every millisecond or so, and after each line.
  /// @returns whether to send make_ack() now.
  bool poll(DeviceMs now) {
    now_ = now;
    follow_engine();
    if (heaters_.expire(now)) {
      stop_for_heat();
    }
    if (!connected_ && moving() && now - disconnected_at_ >= config_.grace_ms) {
      hold();
    }
    if (state_ == State::kIdle) {
      return false;
    }
    if (fifo_.has_holes() && now - last_arrival_ >= ask_gap_ && now - last_ack_ >= ask_gap_) {
      ask_gap_ = 2 * ask_gap_ < kLastAskGap ? 2 * ask_gap_ : kLastAskGap;
      ++counters_.asked;
      return true;
    }
    const bool opened = fifo_.window_open();
    const bool news = opened && !window_was_open_;
    window_was_open_ = opened;
    return news || (state_ != acked_state_ && acked_);
  }

  /// The acknowledgement to send after on_datagram() or poll() asked for it.
  void make_ack(std::span<std::uint8_t, wire::kPaperAckSize> out) {
    const Progress progress = engine_.progress();
    wire::encode(wire::PaperAck{.state = state_,
                                .prompt = prompt_,
                                .session = session_,
                                .ack_number = ++ack_number_,
                                .batch_base = fifo_.batch_base(),
                                .bitmap = fifo_.bitmap(),
                                .fill = static_cast<std::uint16_t>(fifo_.fill()),
                                .consumed = fifo_.consumed(),
                                .pauses = pauses_,
                                .echo_number = echo_number_,
                                .echo_attempt = echo_attempt_,
                                .executed = progress.executed,
                                .positions = progress.positions},
                 out);
    prompt_ = false;
    acked_ = true;
    acked_state_ = state_;
    last_ack_ = now_;
    ++counters_.acks;
  }

  enum class Answer : std::uint8_t {
    kReply,          ///< The reply is in `out`.
    kReplyAndClose,  ///< The same, and then the control link ends.
    kLater,          ///< The motion must come to rest first: ask finished() after each poll().
  };

  /// Executes one control line (without "\n").
  /// @param entropy fresh random bits; `init` makes the session id of them.
  /// @pre no answer is outstanding
  Answer on_line(std::string_view text, std::uint64_t entropy, ReplyLine& out) {
    wire::ControlLine line;
    const wire::LineStatus status = wire::parse_control_line(text, line);
    if (status != wire::LineStatus::kOk) {
      write_line_error(out, status);
      return Answer::kReply;
    }
    follow_engine();
    switch (line.verb) {
      case wire::ControlVerb::kInit:
        return init(line, entropy, out);
      case wire::ControlVerb::kJog:
        return jog(line, out);
      case wire::ControlVerb::kStart:
        return start(line, out);
      case wire::ControlVerb::kStop:
      case wire::ControlVerb::kExit:
        return stop(line.verb, out);
      case wire::ControlVerb::kStatus:
        write_status(out);
        return Answer::kReply;
      case wire::ControlVerb::kAt:
        return at(line, out);
      case wire::ControlVerb::kHeat:
      case wire::ControlVerb::kFan:
        return act(line, out);
      case wire::ControlVerb::kReset:
        heaters_.reset();
        return tell_temps("heat", out);
      case wire::ControlVerb::kKeep:
        heaters_.keep(now_);
        return tell_temps("keep", out);
      case wire::ControlVerb::kTemps:
        break;
    }
    return tell_temps("temps", out);
  }

  /// After kLater: true once the reply is in `out`; `close` says whether the link then ends.
  bool finished(ReplyLine& out, bool& close) {
    if (pending_ == Pending::kNone || moving()) {
      return false;
    }
    close = pending_ == Pending::kExit;
    pending_ = Pending::kNone;
    write_stopped(close ? "exit" : "stop", out);
    if (close) {
      end_session();
    }
    return true;
  }

  /// The controller's link is up; only one at a time.
  void on_connected() { connected_ = true; }
  /// The controller's link is gone. Motion goes on for the grace time; a `stop` or `exit` that is
  /// under way is completed, so finished() is still to be asked.
  void on_disconnected(DeviceMs now) {
    connected_ = false;
    disconnected_at_ = now;
  }
  /// Slows down and holds, as `stop` does: for a port that shuts down.
  void hold() {
    follow_engine();
    brake();
  }

  /// A reading of each heater, once each Heater::kPeriodMs; afterwards heaters() has the powers.
  void on_temperatures(std::span<const wire::CentiC, wire::kHeaterCount> readings) {
    if (heaters_.control(readings)) {
      stop_for_heat();
    }
  }
  [[nodiscard]] const HeaterBank& heaters() const { return heaters_; }
  /// Actions of this session that the motion has come to.
  [[nodiscard]] std::uint32_t actions_passed() const { return actions_.passed(); }
  /// For a port that shuts down.
  void heaters_off() { heaters_.off(); }

  /// Something moves, or may begin to move by itself.
  [[nodiscard]] bool moving() const {
    return state_ == State::kFilling || state_ == State::kRunning || state_ == State::kPaused ||
           state_ == State::kStopping || state_ == State::kJogging;
  }

  /// For the operator of a device: what came in and went out since power-on.
  struct Counters {
    std::uint32_t packets = 0;        ///< Genuine, of the session.
    std::uint32_t malformed = 0;      ///< Wrong length, magic, version, CRC, ...
    std::uint32_t wrong_session = 0;  ///< Well-formed, but not of this session.
    std::uint32_t duplicates = 0;
    std::uint32_t out_of_window = 0;
    std::uint32_t conflicts = 0;  ///< Contradicted the END packet.
    std::uint32_t acks = 0;
    std::uint32_t asked = 0;  ///< Acknowledgements sent because a hole stayed open.
  };
  [[nodiscard]] const Counters& counters() const { return counters_; }
  [[nodiscard]] wire::DeviceState state() const { return state_; }
  [[nodiscard]] std::uint64_t session() const { return session_; }
  [[nodiscard]] std::uint32_t pauses() const { return pauses_; }
  [[nodiscard]] std::uint32_t fill() const { return fifo_.fill(); }
  [[nodiscard]] const DeviceConfig& config() const { return config_; }

  // --- any context but step ---

  [[nodiscard]] Progress progress() const { return engine_.progress(); }

  // --- step context ---

  /// See StepEngine::pull().
  StepEngine::Run pull(std::span<std::uint8_t> out) { return engine_.pull(out); }
  /// See StepEngine::tick().
  StepEngine::Kind tick(std::uint8_t& out) { return engine_.tick(out); }
  /// Times real time, or wire::kSpeedMax; changes only while nothing moves.
  [[nodiscard]] std::uint32_t speed() const { return speed_.load(std::memory_order_relaxed); }

 private:
  // A host sends a batch with gaps of about 1 ms, so 20 ms of silence mean that the rest is lost;
  // asking again doubles the gap, so that a device whose host has gone does not chatter.
  static constexpr DeviceMs kFirstAskGap = 20;
  static constexpr DeviceMs kLastAskGap = 640;
  // A whole batch that comes a second time is answered once or twice, not ten times.
  static constexpr DeviceMs kRepeatGap = 5;
  // After a pause: 3 s of motion. One long pause harms a print less than several short ones, so the
  // refill must outlast what emptied the FIFO; the longest round trip of the paper is 0.7 s. A full
  // FIFO would double the pause, and with it the blob that the hot nozzle leaves.
  static constexpr std::uint32_t kResumePackets = 50;
  static_assert(kResumePackets * wire::kPaperTicksPerPacket > StepEngine::kFullTempo);

  enum class Pending : std::uint8_t { kNone, kStop, kExit };

  Reception reply_to_arrival() {
    prompt_ = true;
    return {.genuine = true, .ack = true};
  }

  /// Moves the state machine on when the step context, or the FIFO, has made progress.
  void follow_engine() {
    carry_out_actions();
    switch (state_) {
      case State::kRunning:
        if (!engine_.settled()) {
          return;
        }
        if (heaters_.wait()) {
          go_on_when_hot();
          return;
        }
        if (engine_.phase() == StepEngine::Phase::kDone) {
          state_ = State::kDone;
        } else {
          ++pauses_;
          state_ = State::kPaused;
        }
        return;
      case State::kFilling:
        if (fifo_.all_here() || fifo_.fill() >= fill_wanted_) {
          run();
        }
        return;
      case State::kPaused:
        if (fifo_.all_here() || fifo_.fill() >= kResumePackets) {
          run();
        }
        return;
      case State::kStopping:
        if (engine_.settled()) {
          const bool done = engine_.phase() == StepEngine::Phase::kDone;
          state_ = done ? State::kDone : before_stop_;
        }
        return;
      case State::kJogging:
        if (engine_.settled()) {
          state_ = before_jog_;
        }
        return;
      case State::kIdle:
      case State::kReady:
      case State::kHeld:
      case State::kDone:
        return;
    }
  }

  void run() {
    state_ = State::kRunning;
    if (!heaters_.wait()) {  // else when it is hot
      engine_.request(StepEngine::Request::kRun);
    }
  }

  /// hold() as far as it is known that the motion has got.
  void brake() {
    if (state_ == State::kFilling) {
      state_ = State::kHeld;
    }
    if (!moving() || state_ == State::kStopping) {
      return;
    }
    before_stop_ = state_ == State::kJogging ? before_jog_ : State::kHeld;
    engine_.request(StepEngine::Request::kHold);
    state_ = State::kStopping;
  }

  // --- heaters ---

  /// Carries out what the motion has passed. What has become impossible since it was added (a fault
  /// switched the heaters off) holds the motion.
  void carry_out_actions() {
    ActionTable::Entry entry;
    while (actions_.take(entry)) {
      if (heaters_.check(entry.action) == HeaterBank::Refusal::kNone) {
        heaters_.apply(entry.action);
      } else {
        heat_refused_ = true;
      }
    }
    if (heat_refused_) {
      heat_refused_ = false;
      stop_for_heat();
    }
  }

  void go_on_when_hot() {
    if (heaters_.there()) {
      heaters_.end_wait();
      engine_.request(StepEngine::Request::kRun);
    }
  }

  /// A nozzle that gets cold in mid-print must not be dragged along.
  void stop_for_heat() {
    heaters_.end_wait();
    if (state_ != State::kJogging) {
      brake();
    }
  }

  Answer tell_temps(std::string_view verb, ReplyLine& out) {
    write_temps(out, verb, heaters_, actions_.room(), now_);
    return Answer::kReply;
  }

  Answer act(const wire::ControlLine& line, ReplyLine& out) {
    if (const auto refusal = heaters_.check(line.action); refusal != HeaterBank::Refusal::kNone) {
      write_refusal(out, refusal, heaters_, line.action);
      return Answer::kReply;
    }
    heaters_.keep(now_);
    heaters_.apply(line.action);
    return tell_temps(line.verb == wire::ControlVerb::kFan ? "fan" : "heat", out);
  }

  Answer at(const wire::ControlLine& line, ReplyLine& out) {
    if (state_ == State::kIdle || state_ == State::kDone) {
      return refuse("init first", out);
    }
    if (const auto refusal = heaters_.check(line.action); refusal != HeaterBank::Refusal::kNone) {
      write_refusal(out, refusal, heaters_, line.action);
      return Answer::kReply;
    }
    const std::uint64_t executed = engine_.progress().executed;
    if (actions_.room() == 0) {
      write_error(out, "state", "the table of actions is full; wait until some are passed");
      return Answer::kReply;
    }
    if (line.tick < actions_.last_tick() || line.tick < executed ||
        line.tick - executed >= ActionTable::kFurthest) {
      write_error(out, "range", "actions come in order, ahead of the motion; executed=");
      out.add_decimal(executed).add(" last=").add_decimal(actions_.last_tick());
      return Answer::kReply;
    }
    actions_.add(line.tick, line.action);
    out.clear();
    out.add("ok at");
    add_pair(out, "room", actions_.room());
    return Answer::kReply;
  }

  Answer refuse(std::string_view text, ReplyLine& out) {
    write_error(out, "state", text);
    out.add("; state=").add(wire::state_name(state_));
    return Answer::kReply;
  }

  [[nodiscard]] bool grid_fits(const wire::ControlLine& line, ReplyLine& out) const {
    if (line.tick_hz == 0 || line.tick_hz == config_.tick_hz) {
      return true;
    }
    write_error(out, "unsupported", "this device runs tick_hz=");
    out.add_decimal(config_.tick_hz);
    return false;
  }

  Answer init(const wire::ControlLine& line, std::uint64_t entropy, ReplyLine& out) {
    if (moving()) {
      return refuse("stop first", out);
    }
    if (!grid_fits(line, out)) {
      return Answer::kReply;
    }
    // 0 stands for "no session"; two sessions in a row must differ, whatever the entropy is.
    session_ = entropy == 0 || entropy == session_ ? session_ + 1 : entropy;
    session_ += session_ == 0 ? 1 : 0;
    fifo_.reset(config_.first_packet);
    actions_.reset();
    heaters_.end_wait();
    engine_.reset();
    ack_number_ = 0;
    pauses_ = 0;
    acked_ = false;
    prompt_ = false;
    echo_number_ = config_.first_packet;
    echo_attempt_ = 0;
    ask_gap_ = kFirstAskGap;
    window_was_open_ = true;
    fill_wanted_ = PaperFifo::kSlots;
    state_ = State::kReady;
    write_init(out, config_, session_, engine_.progress());
    add_heat_abilities(out, config_.heat);
    return Answer::kReply;
  }

  Answer jog(const wire::ControlLine& line, ReplyLine& out) {
    if (state_ != State::kReady && state_ != State::kDone) {
      return refuse(state_ == State::kIdle ? "init first" : "jog only before or after a print",
                    out);
    }
    const bool positive = line.counts > 0;
    engine_.request_jog(line.motor, positive,
                        static_cast<std::uint32_t>(positive ? line.counts : -line.counts));
    speed_.store(1, std::memory_order_relaxed);
    before_jog_ = state_;
    state_ = State::kJogging;
    write_ok(out, "jog", state_);
    return Answer::kReply;
  }

  Answer start(const wire::ControlLine& line, ReplyLine& out) {
    if (state_ != State::kReady && state_ != State::kHeld) {
      return refuse(
          state_ == State::kIdle || state_ == State::kDone ? "init first" : "already under way",
          out);
    }
    if (heaters_.fault().cause != HeatFault::kNone) {
      write_refusal(out, HeaterBank::Refusal::kFault, heaters_, line.action);
      return Answer::kReply;
    }
    if (!grid_fits(line, out)) {
      return Answer::kReply;
    }
    if (line.speed != 1 && !config_.virtual_motors) {
      write_error(out, "unsupported", "only virtual motors run faster than real time");
      return Answer::kReply;
    }
    speed_.store(line.speed, std::memory_order_relaxed);
    engine_.set_elastic(line.speed == wire::kSpeedMax);
    fill_wanted_ = state_ == State::kHeld && engine_.progress().executed != 0 ? kResumePackets
                                                                              : PaperFifo::kSlots;
    state_ = State::kFilling;
    follow_engine();
    write_ok(out, "start", state_);
    return Answer::kReply;
  }

  Answer stop(wire::ControlVerb verb, ReplyLine& out) {
    const bool ends = verb == wire::ControlVerb::kExit;
    hold();
    if (moving()) {
      pending_ = ends ? Pending::kExit : Pending::kStop;
      return Answer::kLater;
    }
    write_stopped(ends ? "exit" : "stop", out);
    if (!ends) {
      return Answer::kReply;
    }
    end_session();
    return Answer::kReplyAndClose;
  }

  void write_stopped(std::string_view verb, ReplyLine& out) {
    write_ok(out, verb, verb == "exit" ? State::kIdle : state_);
    add_progress(out, engine_.progress());
  }

  /// The id stays, so that the next session can be given another one.
  void end_session() { state_ = State::kIdle; }

  void write_status(ReplyLine& out) {
    write_ok(out, "status", state_);
    add_progress(out, engine_.progress());
    add_pair(out, "pauses", pauses_);
    add_pair(out, "fill", fifo_.fill());
    add_pair(out, "received", fifo_.batch_base());
    add_pair(out, "consumed", fifo_.consumed());
    out.add(" session=").add_hex64(state_ == State::kIdle ? 0 : session_);
    add_pair(out, "tick_hz", config_.tick_hz);
    add_pair(out, "virtual", config_.virtual_motors ? 1 : 0);
    if (add_heat_abilities(out, config_.heat)) {
      add_pair(out, "accepted", actions_.added());
    }
  }

  const DeviceConfig config_;
  PaperFifo fifo_;
  ActionTable actions_;
  HeaterBank heaters_;
  bool heat_refused_ = false;
  StepEngine engine_;
  std::atomic<std::uint32_t> speed_{1};  // written by the network context
  // Network context.
  State state_ = State::kIdle;
  State before_jog_ = State::kReady;
  State before_stop_ = State::kHeld;
  State acked_state_ = State::kIdle;
  Pending pending_ = Pending::kNone;
  bool connected_ = false;
  bool acked_ = false;  // an acknowledgement of this session has gone out: somebody listens
  bool prompt_ = false;
  bool window_was_open_ = true;
  std::uint8_t echo_attempt_ = 0;
  std::uint32_t echo_number_ = 0;
  std::uint64_t session_ = 0;
  std::uint32_t ack_number_ = 0;
  std::uint32_t pauses_ = 0;
  std::uint32_t fill_wanted_ = PaperFifo::kSlots;
  DeviceMs now_ = 0;
  DeviceMs last_arrival_ = 0;
  DeviceMs last_ack_ = 0;
  DeviceMs ask_gap_ = kFirstAskGap;
  DeviceMs disconnected_at_ = 0;
  Counters counters_;
};

}  // namespace stepcast::device
