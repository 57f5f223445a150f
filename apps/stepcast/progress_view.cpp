#include "progress_view.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "stepcast/wire/paper_ack.hpp"
#include "stepcast/wire/paper_packet.hpp"

#include "format.hpp"
#include "progress_bar.hpp"

namespace stepcast::cli {
namespace {

// Off a terminal (a log, a pipe) a line this often is enough to see that it lives.
constexpr std::chrono::seconds kLogInterval{2};

}  // namespace

ProgressView::ProgressView(const control::JobPlan& plan, const machine::Profile& profile,
                           std::uint32_t speed)
    : plan_(plan),
      tick_rate_hz_(profile.tick_rate.v),
      speed_(speed),
      terminal_(stderr),
      start_(std::chrono::steady_clock::now()),
      next_line_(start_) {}

void ProgressView::show(const stream::SenderStatistics& statistics) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_.interactive()) {
    if (now >= next_line_) {
      next_line_ = now + kLogInterval;
      fmt::print(stderr, "{}\n", line(statistics));
    }
    return;
  }
  fmt::print(stderr, "\r{}\033[K", line(statistics));
  std::fflush(stderr);
}

void ProgressView::show_heat(const stream::HeatReport& report) {
  heat_.clear();
  for (const auto& [name, heater] : report.heaters) {
    if (heater.target > Celsius{0}) {
      heat_ += fmt::format("  {} {:.0f}/{:.0f} C", name, heater.actual.value_or(Celsius{}).v,
                           heater.target.v);
    }
  }
  if (!report.waiting.empty()) {
    heat_ += terminal_.warn(fmt::format("  waits for {}", report.waiting));
  }
}

void ProgressView::finish() {
  if (terminal_.interactive()) {
    fmt::print(stderr, "\r\033[K");
  }
}

// By the plan in real time; by what was reached so far when the device runs as fast as it can.
double ProgressView::seconds_left(double executed_s) {
  const double left = static_cast<double>(plan_.motion.ticks) / tick_rate_hz_ - executed_s;
  if (speed_ > 0) {
    return left / speed_;
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start_;
  return executed_s > 0 ? left * wall.count() / executed_s : left;
}

std::string ProgressView::line(const stream::SenderStatistics& s) {
  const double executed_s = static_cast<double>(s.executed) / tick_rate_hz_;
  const double share = static_cast<double>(s.executed) / static_cast<double>(plan_.motion.ticks);
  const auto layer =
      std::upper_bound(plan_.layers.begin(), plan_.layers.end(), Seconds(executed_s),
                       [](Seconds t, const control::LayerStart& l) { return t < l.time; }) -
      plan_.layers.begin();
  const double buffer_s =
      static_cast<double>(s.fill) * static_cast<double>(wire::kPaperTicksPerPacket) / tick_rate_hz_;
  std::string text =
      fmt::format("{} {:5.1f} %  layer {}/{}  left {}  buffer {:.1f} s  RTT {:.1f} ms  resent {}",
                  progress_bar(share), 100.0 * share, layer, plan_.layers.size(),
                  duration_text(Seconds(std::max(0.0, seconds_left(executed_s)))), buffer_s,
                  s.rtt_smoothed_ms, s.retransmissions);
  const std::string pauses = fmt::format("  pauses {}", s.pauses);
  text += s.pauses > 0 ? terminal_.warn(pauses) : pauses;
  if (s.state != wire::DeviceState::kRunning) {
    text += fmt::format("  [{}]", wire::state_name(s.state));
  }
  return text + heat_;
}

}  // namespace stepcast::cli
