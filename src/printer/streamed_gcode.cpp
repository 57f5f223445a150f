// Single lines of G-code for a StreamedPrinter.
#include <string>
#include <utility>

#include <fmt/format.h>

#include "gcode_desk.hpp"
#include "streamed_printer_impl.hpp"

namespace stepcast::printer {

Result<void> StreamedPrinter::Impl::send_gcode(const std::vector<std::string>& lines) {
  const auto asked = read_gcode_by_hand(lines);
  if (!asked) {
    return tl::unexpected(asked.error());
  }
  if (asked->stop == GcodeByHand::Stop::kEmergency) {
    return stop_everything();
  }
  std::vector<std::string> device_lines;
  planner::LiveSettings settings;
  bool changes = false;
  {
    const std::lock_guard lock(mutex_);
    if (status_.state == State::kOffline || status_.state == State::kError) {
      return fail(Errc::kBusy, fmt::format("the printer is {}", state_text(status_.state)), {},
                  "connect first");
    }
    const planner::LiveSettings before = desk_.asked();
    settings = changed(before, *asked);
    changes = settings != before;
    if (changes) {
      if (auto fits = check_change(settings); !fits) {
        return fits;
      }
    }
    auto made = lines_of(*asked);
    if (!made) {
      return tl::unexpected(made.error());
    }
    device_lines = std::move(*made);
  }
  if (!asked->motion.empty()) {
    const auto motion = [&](const PerAxis<Steps>& /*from*/) -> Result<std::string> {
      return asked->motion;
    };
    if (auto moved = move_by_hand(kGcodeByHand, true, motion); !moved) {
      return moved;
    }
  }
  const std::lock_guard lock(mutex_);
  for (const std::string& line : lines) {
    log(fmt::format("Send: {}", line));
  }
  if (asked->stop == GcodeByHand::Stop::kMoves) {
    stop_moves();
  }
  if (changes) {
    make_change(settings);
  }
  for (const auto& [heater, target] : asked->targets) {
    heat_desk_.set_in_pause(heater, target);
  }
  for (const std::string& line : device_lines) {
    send_line(line);
  }
  answer_all(*asked);
  return {};
}

/// For the device, of what is not among motion.
Result<std::vector<std::string>> StreamedPrinter::Impl::lines_of(const GcodeByHand& lines) const {
  std::vector<std::string> made;
  for (const auto& [heater, target] : lines.targets) {
    auto line = target_line(heater, target);
    if (!line) {
      return tl::unexpected(line.error());
    }
    made.push_back(std::move(*line));
  }
  if (lines.fan) {
    if (auto able = can_heat("fan"); !able) {
      return tl::unexpected(able.error());
    }
    auto line = heat_desk_.fan_line(*lines.fan);
    if (!line) {
      return tl::unexpected(line.error());
    }
    made.push_back(std::move(*line));
  }
  return made;
}

void StreamedPrinter::Impl::answer_all(const GcodeByHand& lines) {
  for (const std::string& message : lines.messages) {
    log(fmt::format("Message: {}", message));
  }
  for (const auto question : lines.questions) {
    log(fmt::format("Recv: {}", answer(question, status_, hand_.mode, options_.profile.name)));
  }
}

/// M112. What moves comes to rest on its path, everything goes cold, and nothing begins before a
/// person has connected again.
Result<void> StreamedPrinter::Impl::stop_everything() {
  const std::lock_guard lock(mutex_);
  if (status_.state == State::kOffline) {
    return fail(Errc::kBusy, "the printer is Offline: nothing is under way that could be stopped");
  }
  log("Send: M112");
  if (heat_desk_.has_heaters()) {
    send_line("heat off");
  }
  if (status_.state == State::kError) {
    return {};
  }
  emergency_ = true;
  stop_moves();
  if (const auto next = allow(Command::kCancel)) {
    enter(*next);
    print_stop_.request_stop();
  } else if (status_.state == State::kOperational && hand_.waiting == 0) {
    end_in_emergency();
  }
  wake_.notify_all();
  return {};
}

/// What was under way has come to rest.
/// @returns whether it was ended by stop_everything().
bool StreamedPrinter::Impl::end_in_emergency() {
  if (!std::exchange(emergency_, false)) {
    return false;
  }
  status_.error = "stopped by an emergency stop (M112): look at the machine, then connect again";
  log("Emergency stop.");
  stopped_ = true;
  enter(State::kError);
  return true;
}

}  // namespace stepcast::printer
