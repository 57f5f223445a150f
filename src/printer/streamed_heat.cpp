// What a StreamedPrinter does about heaters and the fan.
#include <utility>

#include <fmt/format.h>

#include "stepcast/stream/console_client.hpp"

#include "streamed_printer_impl.hpp"

namespace stepcast::printer {
namespace {

constexpr std::string_view kKeep = "keep";

}  // namespace

bool StreamedPrinter::Impl::has_heaters() const {
  const std::lock_guard lock(mutex_);
  return heat_desk_.has_heaters();
}

bool StreamedPrinter::Impl::has_fan() const {
  const std::lock_guard lock(mutex_);
  return heat_desk_.has_fan();
}

Result<void> StreamedPrinter::Impl::set_target(const std::string& heater, Celsius target) {
  const std::lock_guard lock(mutex_);
  const auto line = target_line(heater, target);
  if (!line) {
    return tl::unexpected(line.error());
  }
  heat_desk_.set_in_pause(heater, target);
  send_line(*line);
  return {};
}

/// For the device, if it can have the target now.
Result<std::string> StreamedPrinter::Impl::target_line(const std::string& heater,
                                                       Celsius target) const {
  if (auto able = can_heat("heaters"); !able) {
    return tl::unexpected(able.error());
  }
  auto line = heat_desk_.target_line(heater, target);
  const bool moves = status_.state == State::kStarting || status_.state == State::kPrinting ||
                     status_.state == State::kPausing || status_.state == State::kResuming;
  if (line && moves) {
    if (auto checked = heat_desk_.check_while_printing(heater, target); !checked) {
      return tl::unexpected(checked.error());
    }
  }
  return line;
}

Result<void> StreamedPrinter::Impl::set_fan(double share) {
  const std::lock_guard lock(mutex_);
  if (auto able = can_heat("fan"); !able) {
    return able;
  }
  const auto line = heat_desk_.fan_line(share);
  if (!line) {
    return tl::unexpected(line.error());
  }
  send_line(*line);
  return {};
}

/// A fan or heaters are there, and the device can be reached.
Result<void> StreamedPrinter::Impl::can_heat(std::string_view what) const {
  if (status_.state == State::kOffline || status_.state == State::kError) {
    return fail(Errc::kBusy, fmt::format("the printer is {}", state_text(status_.state)), {},
                "connect first");
  }
  if (!heat_desk_.has_heaters() && !heat_desk_.has_fan()) {
    return fail(Errc::kUnsupported, fmt::format("the device has no {}", what),
                options_.device.to_string());
  }
  return {};
}

/// A session hands it over; otherwise the worker does so by itself.
void StreamedPrinter::Impl::send_line(const std::string& line) {
  if (status_.state == State::kOperational && hand_.waiting == 0) {
    tasks_.emplace_back(Lines{{line}});
    wake_.notify_all();
  } else {
    lines_.put(line);
  }
}

stream::Heating StreamedPrinter::Impl::heating_of_session() {
  return {.actions = {},
          .lines = &lines_,
          .interval = options_.heat_policy.interval,
          .on_report = [this](const stream::HeatReport& report) { on_heat_report(report); },
          .on_refusal =
              [this](const Error& error) {
                const std::lock_guard lock(mutex_);
                log(error.to_string());
              }};
}

void StreamedPrinter::Impl::on_heat_report(const stream::HeatReport& report) {
  const std::lock_guard lock(mutex_);
  take_report(report);
  if (status_.state == State::kPaused) {
    for (std::string& line : heat_desk_.pause_lines(HeatDesk::Time::clock::now())) {
      log(fmt::format("Paused: {}.", line));
      lines_.put(std::move(line));
    }
  }
  if (status_.state == State::kResuming && reheats_) {
    // The reset that resume() sent is the first line; a fault after that is a new one.
    if (!report.fault.empty() && !resets_) {
      reheats_ = false;
      enter(State::kPaused);
    } else if (heat_desk_.restored()) {
      reheats_ = false;
      log("As hot as before the pause: going on.");
      heat_desk_.end_pause();
      hold_.release();
    }
    resets_ = resets_ && !report.fault.empty();
  }
  announce();
}

void StreamedPrinter::Impl::take_report(const stream::HeatReport& report) {
  const std::string before = stream::trouble_text(heat_desk_.report());
  heat_desk_.take(report);
  heat_desk_.show(status_);
  const std::string trouble = stream::trouble_text(report);
  if (!trouble.empty() && trouble != before) {
    log(trouble);
  }
  if (!heat_desk_.on()) {
    heats_idle_since_.reset();
  } else if (!heats_idle_since_) {
    heats_idle_since_ = HeatDesk::Time::clock::now();
  }
}

/// The pause is over as far as people are concerned; motion waits until everything is hot again.
void StreamedPrinter::Impl::go_on() {
  auto lines = heat_desk_.resume_lines();
  if (lines.empty()) {
    heat_desk_.end_pause();
    hold_.release();
    return;
  }
  reheats_ = true;
  resets_ = !heat_desk_.report().fault.empty();
  log("Heating up again before going on.");
  for (std::string& line : lines) {
    lines_.put(std::move(line));
  }
}

void StreamedPrinter::Impl::forget_pause() {
  if (status_.state != State::kFinishing) {
    lines_.clear();  // what was to heat up again
  }
  reheats_ = false;
  heat_desk_.end_pause();
  hold_.release();
}

// --- while no session is open ---

/// Renews the lease of what is on, and looks how hot it is.
void StreamedPrinter::Impl::tend_heaters() {
  bool too_long = false;
  {
    const std::lock_guard lock(mutex_);
    too_long = heats_idle_since_ && HeatDesk::Time::clock::now() - *heats_idle_since_ >=
                                        options_.heat_policy.idle_off_after;
    if (too_long) {
      log("Nothing has been printed for a while: the heaters are switched off.");
    }
  }
  tell_device(too_long ? Lines{{"heat off"}} : Lines{{std::string(kKeep)}});
}

void StreamedPrinter::Impl::tell_device(const Lines& lines) {
  const std::lock_guard probing(probe_mutex_);
  auto console = stream::ConsoleClient::connect(
      options_.device,
      {.connect_timeout = options_.connect_timeout, .reply_timeout = options_.connect_timeout});
  Result<void> told;
  for (const std::string& line : lines.lines) {
    const Result<std::string> reply =
        console ? console->command(line) : tl::unexpected(console.error());
    const auto report =
        reply ? stream::read_heat_report(*reply, options_.device) : tl::unexpected(reply.error());
    const std::lock_guard lock(mutex_);
    if (!report) {
      told = tl::unexpected(report.error());
      break;
    }
    take_report(*report);
    announce();
  }
  bool ends = false;
  {
    const std::lock_guard lock(mutex_);
    ends = !standing_;  // `exit` would end a print that is to be taken up again
  }
  if (ends && console && console->command("exit")) {
    // The device closes the link after `exit`; once that is seen, it is free for the next one.
    static_cast<void>(console->command("status"));
  }
  if (told) {
    return;
  }
  const std::lock_guard lock(mutex_);
  const bool by_itself = lines.lines == std::vector<std::string>{std::string(kKeep)};
  if (!by_itself || told.error().code != Errc::kBusy) {  // somebody at the console sees for himself
    log(told.error().to_string());
  }
  stopped_ = false;  // somebody has switched it off
  if (told.error().code == Errc::kNetwork && status_.state == State::kOperational &&
      hand_.waiting == 0) {
    status_.error = told.error().to_string();
    enter(State::kOffline);
  }
}

/// Whatever is on is switched off, if the device can be reached; if not, its lease does it. Also
/// what a print needs that the next server takes up: that has as long as the lease lasts.
void StreamedPrinter::Impl::leave_cold() {
  {
    const std::lock_guard lock(mutex_);
    if (!heat_desk_.on() || standing_) {
      return;
    }
  }
  tell_device(Lines{{"heat off"}});
}

}  // namespace stepcast::printer
