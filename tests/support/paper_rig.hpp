#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "stepcast/device/paper_core.hpp"
#include "stepcast/stream/paper_sender.hpp"
#include "stepcast/wire/control_reply.hpp"

#include "lossy_link.hpp"

namespace stepcast::testing {

/// A sender, a device core and a bad network in between, all on one manual clock.
class PaperRig {
 public:
  using Time = LossyLink::Time;
  using Duration = LossyLink::Duration;

  struct Options {
    LossyLink::Options down{};  ///< Host to device.
    LossyLink::Options up{};    ///< Device to host.
    device::DeviceConfig device{.virtual_motors = true};
    Duration step = std::chrono::milliseconds(1);  ///< Of the clock.
    std::string start = "start";
    bool record = true;
    std::function<void()> each_step{};    ///< Of the clock, first thing.
    std::function<void()> before_pull{};  ///< Of the step context.
  };

  PaperRig(stepgen::TickSource& source, const Options& options)
      : options_(options),
        core_(std::make_unique<device::PaperCore>(options.device)),
        down_(options.down),
        up_(options.up) {
    core_->on_connected();
    const std::string init = line("init");
    wire::ControlReply reply;
    std::uint64_t first = 0;
    std::uint64_t session = 0;
    if (wire::parse_control_reply(init, reply) && reply.number("first", 0xFFFFFFFFU, first) &&
        wire::parse_hex64(reply.value("session"), session)) {
      sender_ = std::make_unique<stream::PaperSender>(
          source, stream::PaperSender::Options{.session = session,
                                               .first_packet = static_cast<std::uint32_t>(first)});
    }
    line(options.start);
  }

  /// One control line; if the answer takes a while, time goes on until it is there.
  std::string line(const std::string& text) {
    device::ReplyLine reply;
    if (core_->on_line(text, ++entropy_ * 0x9E3779B97F4A7C15ULL, reply) ==
        device::PaperCore::Answer::kLater) {
      bool close = false;
      while (!core_->finished(reply, close)) {
        advance();
      }
    }
    return std::string(reply.view());
  }

  /// One step of the clock.
  void advance() {
    now_ += options_.step;
    if (options_.each_step) {
      options_.each_step();
    }
    const auto ms = static_cast<device::DeviceMs>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch()).count());
    if (sender_) {
      std::array<std::uint8_t, wire::kPaperMaxDatagram> out{};
      while (const std::size_t size = sender_->poll(now_, out)) {
        down_.send(std::span(out).first(size), now_);
      }
    }
    while (const auto datagram = down_.receive(now_)) {
      if (core_->on_datagram(*datagram, ms).ack) {
        acknowledge();
      }
    }
    move();
    if (core_->poll(ms)) {
      acknowledge();
    }
    while (const auto datagram = up_.receive(now_)) {
      if (sender_) {
        sender_->on_datagram(*datagram, now_);
      }
    }
  }

  /// Until the print is finished; false if `limit` of simulated time was not enough.
  bool run(Duration limit) {
    const Time end = now_ + limit;
    while (!sender_->finished()) {
      if (now_ >= end) {
        return false;
      }
      advance();
    }
    return true;
  }
  void run_for(Duration time) {
    for (const Time end = now_ + time; now_ < end;) {
      advance();
    }
  }

  device::PaperCore& core() { return *core_; }
  stream::PaperSender& sender() { return *sender_; }
  LossyLink& down() { return down_; }
  LossyLink& up() { return up_; }
  [[nodiscard]] const std::vector<std::uint8_t>& executed() const { return executed_; }
  [[nodiscard]] Time now() const { return now_; }
  [[nodiscard]] Duration elapsed() const { return now_.time_since_epoch(); }

 private:
  void acknowledge() {
    std::array<std::uint8_t, wire::kPaperAckSize> ack{};
    core_->make_ack(ack);
    up_.send(ack, now_);
  }

  /// The step context: as many ticks as the time that has passed has.
  void move() {
    std::array<std::uint8_t, 4096> ticks{};
    due_ += static_cast<std::uint64_t>(options_.step.count()) * options_.device.tick_hz *
            core_->speed();
    constexpr std::uint64_t kNanoseconds = 1'000'000'000;
    auto left = static_cast<std::size_t>(due_ / kNanoseconds);
    due_ %= kNanoseconds;
    while (left > 0 || core_->speed() == wire::kSpeedMax) {
      const bool unlimited = core_->speed() == wire::kSpeedMax;
      const auto room =
          std::span(ticks).first(unlimited ? ticks.size() : std::min(left, ticks.size()));
      if (options_.before_pull) {
        options_.before_pull();
      }
      const auto run = core_->pull(room);
      if (run.ticks == 0) {
        return;
      }
      left -= unlimited ? 0 : run.ticks;
      if (options_.record && run.kind == device::StepEngine::Kind::kStream) {
        executed_.insert(executed_.end(), ticks.begin(),
                         ticks.begin() + static_cast<std::ptrdiff_t>(run.ticks));
      }
    }
  }

  Options options_;
  std::unique_ptr<device::PaperCore> core_;
  std::unique_ptr<stream::PaperSender> sender_;
  LossyLink down_;
  LossyLink up_;
  Time now_{};
  std::uint64_t due_ = 0;
  std::uint64_t entropy_ = 0;
  std::vector<std::uint8_t> executed_;
};

}  // namespace stepcast::testing
