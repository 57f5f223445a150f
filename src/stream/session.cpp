#include "stepcast/stream/session.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/udp.hpp>
#include <fmt/format.h>

#include "stepcast/wire/control_line.hpp"

#include "control_link.hpp"
#include "greeting.hpp"
#include "heat_channel.hpp"

namespace stepcast::stream {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;

// A faster device needs faster packets; beyond this the loopback interface is the limit.
constexpr HostDuration kLeastGap = std::chrono::microseconds(20);

// Slowing down takes 0.2 s, the reply a round trip; a device that has vanished is not worth more.
constexpr std::chrono::milliseconds kGoodbye{2000};

HostDuration pace(std::uint32_t speed) {
  const HostDuration gap = PaperSender::Options{}.gap;
  return speed == wire::kSpeedMax ? kLeastGap : std::max(kLeastGap, gap / speed);
}

/// One run of a session: everything that lives as long as the connection.
class Run {
 public:
  Run(const Session::Options& options, stepgen::TickSource& source, const std::stop_token& stop)
      : options_(options),
        source_(source),
        stop_(stop),
        link_(loop_, options.device),
        udp_(loop_.io()),
        wake_(stop, [this] { loop_.wake(); }),
        wake_to_leave_(options.leave, [this] { loop_.wake(); }) {
    if (options_.hold_switch != nullptr) {
      options_.hold_switch->on_change([this] { loop_.wake(); });
    }
    if (line_box() != nullptr) {
      line_box()->on_put([this] { loop_.wake(); });
    }
  }
  ~Run() {
    if (options_.hold_switch != nullptr) {
      options_.hold_switch->on_change({});
    }
    if (line_box() != nullptr) {
      line_box()->on_put({});
    }
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  Result<SessionReport> operator()() {
    if (auto opened = open(); !opened) {
      return tl::unexpected(opened.error());
    }
    // What was taken up has motion of its own, or waits for its start.
    auto filled = options_.take_up ? Result<bool>(true) : fill();
    if (filled && *filled) {
      filled = print();
    }
    if (options_.leave.stop_requested() && !(filled && *filled)) {
      return leave_to_itself();
    }
    if (!filled) {
      Error error = filled.error();
      if (const std::string trouble = heat_trouble(error); !trouble.empty()) {
        error.message += "; " + trouble;
        error.remedy = "look at the machine; then send 'heat reset' by stepcast console";
      }
      leave();
      return tl::unexpected(error);
    }
    return *filled ? finish() : halt();
  }

 private:
  Result<void> open() {
    if (auto connected = link_.connect(options_.connect_timeout, stop_); !connected) {
      return connected;
    }
    if (auto opened = options_.take_up ? take_up() : open_session(); !opened) {
      return opened;
    }
    if (options_.speed != 1 && !greeting_.virtual_motors) {
      return fail(Errc::kUnsupported, "the device has real motors, which run in real time only",
                  options_.device.to_string(), "leave the speed at 1");
    }
    const auto remote = link_.remote();
    error_code error;
    udp_.connect(udp::endpoint(remote.address(), remote.port()), error);
    if (!error) {
      udp_.non_blocking(true, error);
    }
    if (error) {
      return fail(Errc::kNetwork, fmt::format("no UDP to the device: {}", error.message()),
                  options_.device.to_string(), "check the network and its filters");
    }
    sender_ = std::make_unique<PaperSender>(
        source_, PaperSender::Options{.session = greeting_.session,
                                      .first_packet = next_packet_,
                                      .consumed = consumed_,
                                      .fifo_packets = greeting_.fifo_packets,
                                      .gap = pace(options_.speed)});
    receive();
    open_heating();
    return {};
  }

  Result<void> open_session() {
    auto text =
        link_.command(fmt::format("init tick_hz={}", options_.tick_hz), options_.reply_timeout);
    if (!text) {
      return tl::unexpected(text.error());
    }
    const auto reply = understand(*text, "init", options_.device);
    if (!reply) {
      return tl::unexpected(reply.error());
    }
    const auto greeting = read_greeting(*reply, options_.device);
    if (!greeting) {
      return tl::unexpected(greeting.error());
    }
    greeting_ = *greeting;
    heat_abilities_ = read_heat_abilities(reply->rest);
    next_packet_ = greeting_.first_packet;
    if (options_.on_open) {
      options_.on_open(greeting_);
    }
    return {};
  }

  Result<void> take_up() {
    greeting_ = *options_.take_up;
    auto standing = look();
    if (standing && standing->state == wire::DeviceState::kStopping) {
      if (auto stopped = stop_motion(); !stopped) {  // is answered when it stands
        return tl::unexpected(stopped.error());
      }
      standing = look();
    }
    if (!standing) {
      return tl::unexpected(standing.error());
    }
    using State = wire::DeviceState;
    if (standing->state == State::kJogging) {
      return fail(Errc::kBusy, "somebody else moves the device", options_.device.to_string(),
                  "wait until it rests");
    }
    moving_ = standing->state != State::kHeld && standing->state != State::kReady;
    hold_ = standing->state == State::kHeld ? Hold::kStands : Hold::kNone;
    next_packet_ = standing->received;
    consumed_ = standing->consumed;
    heat_abilities_ = standing->heat;
    accepted_actions_ = standing->accepted_actions;
    if (!options_.on_taken_up) {
      return {};
    }
    TakenUp there{.received = static_cast<Ticks>(standing->received - greeting_.first_packet) *
                              static_cast<Ticks>(wire::kPaperTicksPerPacket),
                  .standstill = {.executed = standing->executed, .positions = standing->positions},
                  .held = standing->state == State::kHeld,
                  .heat = {}};
    if (heat_abilities_.actions > 0) {
      const auto text = link_.command("keep", options_.reply_timeout);
      auto report = text ? read_heat_report(*text, options_.device) : tl::unexpected(text.error());
      if (!report) {
        return tl::unexpected(report.error());
      }
      there.heat = std::move(*report);
    }
    return options_.on_taken_up(there);
  }

  Result<StandingSession> look() {
    const auto text = link_.command("status", options_.reply_timeout);
    if (!text) {
      return tl::unexpected(text.error());
    }
    const auto reply = understand(*text, "status", options_.device);
    if (!reply) {
      return tl::unexpected(reply.error());
    }
    return read_standing(*reply, greeting_, options_.device);
  }

  [[nodiscard]] LineBox* line_box() const {
    return options_.heating ? options_.heating->lines : nullptr;
  }

  void open_heating() {
    if (!options_.heating || heat_abilities_.actions == 0) {
      return;
    }
    heat_.emplace(
        *options_.heating, options_.device,
        HeatChannel::Table{.slots = heat_abilities_.actions, .accepted = accepted_actions_},
        *sender_, [this](const std::vector<std::string>& lines) {
          return link_.commands(lines, options_.reply_timeout, [this] { return pump(); });
        });
  }

  [[nodiscard]] std::string heat_trouble(const Error& error) {
    return heat_ && error.code == Errc::kFault && !link_.broken() ? heat_->trouble()
                                                                  : std::string();
  }

  void receive() {
    udp_.async_receive(asio::buffer(datagram_), [this](const error_code& error, std::size_t size) {
      if (error == asio::error::operation_aborted) {
        return;
      }
      // Other errors are ICMP's word that nobody listens: no more than a lost datagram.
      if (!error) {
        sender_->on_datagram(std::span(datagram_).first(size), HostTime::clock::now());
      }
      receive();
    });
  }

  /// Sends what is due and reports progress. @returns when there may be more.
  HostTime pump() {
    std::array<std::uint8_t, wire::kPaperMaxDatagram> out;
    HostTime now = HostTime::clock::now();
    while (const std::size_t size = sender_->poll(now, out)) {
      error_code ignored;  // a full buffer is like a loss on the way
      udp_.send(asio::buffer(out, size), 0, ignored);
      now = HostTime::clock::now();
    }
    if (options_.on_progress && now >= next_progress_) {
      next_progress_ = now + options_.progress_interval;
      options_.on_progress(sender_->statistics());
    }
    return std::min(sender_->next_poll(), now + options_.progress_interval);
  }

  [[nodiscard]] std::string where() const {
    return fmt::format("the last tick it reported is {}", sender_->statistics().executed);
  }

  /// The device is still there and does what it was told.
  [[nodiscard]] Result<void> check() {
    if (link_.broken()) {
      Error error = *link_.broken();
      error.message += "; " + where();
      return tl::unexpected(error);
    }
    if (HostTime::clock::now() - *sender_->last_heard() > options_.vanished_after) {
      return fail(
          Errc::kNetwork,
          fmt::format("the device vanished: silent for {} s; {}",
                      std::chrono::duration<double>(options_.vanished_after).count(), where()),
          options_.device.to_string(),
          "check its power and network; it holds by itself when its buffer is empty");
    }
    const wire::DeviceState state = sender_->statistics().state;
    const bool held = state == wire::DeviceState::kHeld;
    if (!held && hold_ == Hold::kGoesOn) {
      hold_ = Hold::kNone;
    }
    if ((held && hold_ == Hold::kNone) || state == wire::DeviceState::kIdle) {
      return fail(Errc::kFault,
                  fmt::format("the device stopped by itself (state {}); {}",
                              wire::state_name(state), where()),
                  options_.device.to_string(), "look at the machine before printing again");
    }
    return {};
  }

  /// Turns the loop until `done`. @returns false if the caller wants to stop.
  template <class Done>
  Result<bool> wait_for(Done done) {
    while (!done()) {
      const HostTime until = pump();
      if (auto fine = check(); !fine) {
        return tl::unexpected(fine.error());
      }
      if (stop_.stop_requested() || options_.leave.stop_requested()) {
        return false;
      }
      if (heat_) {
        const auto served = heat_->serve(HostTime::clock::now());
        if (!served) {
          return tl::unexpected(served.error());
        }
        if (*served) {
          continue;  // there may be something to send now
        }
      }
      if (!done()) {
        loop_.turn_until(heat_ ? std::min(until, heat_->next()) : until);
      }
    }
    return true;
  }

  Result<bool> fill() {
    return wait_for([this] {
      return sender_->delivered() || sender_->statistics().fill >= greeting_.fifo_packets;
    });
  }

  /// Moves, holds and goes on.
  /// @returns false if the motion ended before the print did.
  Result<bool> print() {
    for (;;) {
      if (!std::exchange(moving_, false)) {
        // Before the first start nothing has moved, so nothing needs to stop either.
        auto released = wait_for([this] { return !hold_wanted() || sender_->source_error(); });
        if (!released || !*released || sender_->source_error()) {
          return released ? Result<bool>(false) : released;
        }
        if (auto started = start(); !started) {
          return tl::unexpected(started.error());
        }
      } else if (options_.on_running) {
        options_.on_running();
      }
      auto waited = wait_for([this] {
        return sender_->finished() || ran_out() || (hold_wanted() && hold_ == Hold::kNone);
      });
      if (!waited || !*waited || sender_->finished() || ran_out()) {
        return waited ? Result<bool>(*waited && sender_->finished()) : waited;
      }
      auto held = hold();
      if (!held || !*held) {
        return held;
      }
      if (sender_->finished()) {
        return true;
      }
    }
  }

  Result<void> start() {
    const std::string speed =
        options_.speed == wire::kSpeedMax ? "max" : std::to_string(options_.speed);
    auto text = ask(options_.speed == 1 ? "start" : fmt::format("start speed={}", speed));
    if (!text) {
      return tl::unexpected(text.error());
    }
    if (auto reply = understand(*text, "start", options_.device); !reply) {
      return tl::unexpected(reply.error());
    }
    // The news of it is on its way: until then acknowledgements still say that it is held.
    hold_ = hold_ == Hold::kStands ? Hold::kGoesOn : Hold::kNone;
    if (options_.on_running) {
      options_.on_running();
    }
    return {};
  }

  [[nodiscard]] bool hold_wanted() const {
    return options_.hold_switch != nullptr && options_.hold_switch->is_on();
  }

  /// Brings the machine to a standstill in mid-print, unless the print ends first.
  /// @returns false if the caller wants to stop.
  Result<bool> hold() {
    hold_ = Hold::kStands;
    const auto stopped = stop_motion();
    if (!stopped) {
      return tl::unexpected(stopped.error());
    }
    // Not by the reply alone: it travels on another road than the acknowledgements, and one that is
    // older must not look like the device's answer to the next `start`.
    auto told = wait_for([this] {
      return sender_->finished() || sender_->statistics().state == wire::DeviceState::kHeld;
    });
    if (told && *told && !sender_->finished() && options_.on_hold) {
      options_.on_hold(*stopped);
    }
    return told;
  }

  /// The source broke and the device has executed what there was.
  [[nodiscard]] bool ran_out() const {
    if (!sender_->source_error() || !sender_->delivered()) {
      return false;
    }
    const SenderStatistics statistics = sender_->statistics();
    return statistics.state == wire::DeviceState::kPaused ||
           (options_.speed == wire::kSpeedMax && statistics.fill <= kElasticRest);
  }
  // With speed=max the device waits for data above its brake distance of 2049 ticks.
  static constexpr std::uint32_t kElasticRest = 2;

  Result<std::string> ask(std::string_view line) {
    return link_.command(line, options_.reply_timeout, [this] { return pump(); });
  }

  [[nodiscard]] SessionReport report() const {
    SessionReport result;
    result.statistics = sender_->statistics();
    result.executed = result.statistics.executed;
    result.positions_before = greeting_.positions;
    result.positions_after = result.statistics.positions;
    result.virtual_motors = greeting_.virtual_motors;
    return result;
  }

  Result<SessionReport> finish() {
    SessionReport result = report();
    result.finished = true;
    if (options_.on_progress) {
      options_.on_progress(result.statistics);
    }
    leave();
    return result;
  }

  /// Sends `stop` and waits until the machine stands.
  Result<Standstill> stop_motion() {
    const auto text = ask("stop");
    if (!text) {
      return tl::unexpected(text.error());
    }
    const auto reply = understand(*text, "stop", options_.device);
    if (!reply) {
      return tl::unexpected(reply.error());
    }
    std::uint64_t executed = 0;
    const auto positions = read_positions(*reply, options_.device);
    if (!positions || !reply->number("executed", ~0ULL >> 1U, executed)) {
      return fail(Errc::kProtocol, fmt::format("'{}' does not say where it stopped", *text),
                  options_.device.to_string(), "update the device");
    }
    return Standstill{.executed = static_cast<Ticks>(executed), .positions = *positions};
  }

  /// Stops before the end, because the caller wants to or because the source broke.
  Result<SessionReport> halt() {
    const auto stopped = stop_motion();
    if (!stopped) {
      return tl::unexpected(stopped.error());
    }
    SessionReport result = report();
    result.executed = stopped->executed;
    result.positions_after = stopped->positions;
    leave();
    if (sender_->source_error()) {
      Error error = *sender_->source_error();
      error.message += fmt::format("; the machine was stopped after tick {}", result.executed);
      return tl::unexpected(error);
    }
    return result;
  }

  /// Goes without a word: the device plays out what it has, slows down on the path, and holds.
  Result<SessionReport> leave_to_itself() {
    SessionReport result = report();
    result.left = true;
    link_.close();
    error_code ignored;
    udp_.close(ignored);
    return result;
  }

  /// Says goodbye; whether the device hears it no longer matters to the print.
  void leave() {
    if (heat_ && options_.heating->off_afterwards && !link_.broken()) {
      heat_->switch_off();
    }
    if (!link_.broken()) {
      static_cast<void>(link_.command("exit", std::min(options_.reply_timeout, kGoodbye),
                                      [this] { return pump(); }));
    }
    link_.close();
    error_code ignored;
    udp_.close(ignored);
  }

  /// kGoesOn: started again, but the device has not said yet that it is no longer held.
  enum class Hold : std::uint8_t { kNone, kStands, kGoesOn };

  const Session::Options& options_;
  stepgen::TickSource& source_;
  const std::stop_token& stop_;
  Loop loop_;
  ControlLink link_;
  udp::socket udp_;
  OpenedSession greeting_;
  std::uint32_t next_packet_ = 0;
  std::optional<std::uint32_t> consumed_;  // of a session that was taken up
  HeatAbilities heat_abilities_;
  std::uint32_t accepted_actions_ = 0;
  std::unique_ptr<PaperSender> sender_;
  std::optional<HeatChannel> heat_;
  // One byte more than an acknowledgement, so that a longer datagram does not look right.
  std::array<std::uint8_t, wire::kPaperAckSize + 1> datagram_{};
  HostTime next_progress_{};
  Hold hold_ = Hold::kNone;
  bool moving_ = false;                             // a session was taken up that needs no start
  std::stop_callback<std::function<void()>> wake_;  // last, both: they use the loop
  std::stop_callback<std::function<void()>> wake_to_leave_;
};

}  // namespace

Session::Session(Options options) : options_(std::move(options)) {}

Result<SessionReport> Session::run(stepgen::TickSource& source, const std::stop_token& stop) {
  return Run(options_, source, stop)();
}

}  // namespace stepcast::stream
