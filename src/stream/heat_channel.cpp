#include "heat_channel.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "stepcast/wire/control_reply.hpp"

namespace stepcast::stream {
namespace {

// Lines that are under way at once: a slow network then costs one round trip for all of them, and
// the replies fit every buffer.
constexpr std::size_t kBurst = 32;

}  // namespace

HeatChannel::HeatChannel(const Heating& heating, Endpoint device, Table table, PaperSender& sender,
                         Ask ask)
    : heating_(heating),
      device_(std::move(device)),
      table_(table),
      sender_(sender),
      ask_(std::move(ask)) {
  if (heating_.actions) {
    sender_.set_gate([this] { return gate(); });
  }
}

Result<bool> HeatChannel::serve(HostTime now) {
  if (auto uploaded = upload(); !uploaded || *uploaded) {
    return uploaded;
  }
  Result<void> done;
  if (const auto line = heating_.lines != nullptr ? heating_.lines->take() : std::nullopt) {
    done = hand_over(*line);
  } else if (now >= next_keep_) {
    done = keep(now);
  } else {
    return false;
  }
  return done ? Result<bool>(true) : tl::unexpected(done.error());
}

/// The tick of the first action that the device has not confirmed.
Ticks HeatChannel::gate() {
  for (TimedAction& action : heating_.actions()) {
    actions_.push_back(std::move(action));
    if (seen_++ < table_.accepted) {
      ++confirmed_;
    }
  }
  return confirmed_ == actions_.size() ? std::numeric_limits<Ticks>::max()
                                       : actions_[confirmed_].tick;
}

Result<bool> HeatChannel::upload() {
  // An action on the very tick that was executed last may not have been passed yet.
  const Ticks executed = sender_.statistics().executed;
  while (confirmed_ > 0 && actions_.front().tick < executed) {
    actions_.pop_front();
    --confirmed_;
  }
  const std::size_t count =
      std::min({table_.slots - confirmed_, kBurst, actions_.size() - confirmed_});
  if (count == 0) {
    return false;
  }
  std::vector<std::string> lines;
  for (std::size_t i = confirmed_; i < confirmed_ + count; ++i) {
    lines.push_back(fmt::format("at {} {}", actions_[i].tick, actions_[i].line));
  }
  const auto replies = ask_(lines);
  if (!replies) {
    return tl::unexpected(replies.error());
  }
  for (const std::string& text : *replies) {
    wire::ControlReply reply;
    if (!wire::parse_control_reply(text, reply) || !reply.ok || reply.verb != "at") {
      const bool refused = reply.code == "fault" || reply.code == "range";
      return fail(refused ? Errc::kFault : Errc::kProtocol,
                  fmt::format("the device refused '{}': {}",
                              lines[static_cast<std::size_t>(&text - replies->data())], text),
                  device_.to_string(), "compare the printer profile with what the device can do");
    }
  }
  confirmed_ += count;
  return true;
}

Result<void> HeatChannel::hand_over(const std::string& line) {
  const auto replies = ask_({line});
  if (!replies) {
    return tl::unexpected(replies.error());
  }
  const auto report = read_heat_report(replies->front(), device_);
  if (report && heating_.on_report) {
    heating_.on_report(*report);
  } else if (!report && heating_.on_refusal) {
    heating_.on_refusal(report.error());
  }
  return {};
}

Result<void> HeatChannel::keep(HostTime now) {
  next_keep_ = now + heating_.interval;
  const auto replies = ask_({"keep"});
  if (!replies) {
    return tl::unexpected(replies.error());
  }
  const auto report = read_heat_report(replies->front(), device_);
  if (!report) {
    return tl::unexpected(report.error());
  }
  if (heating_.on_report) {
    heating_.on_report(*report);
  }
  return {};
}

std::string HeatChannel::trouble() {
  const auto replies = ask_({"temps"});
  if (!replies) {
    return {};
  }
  const auto report = read_heat_report(replies->front(), device_);
  if (report && heating_.on_report) {
    heating_.on_report(*report);
  }
  return report ? trouble_text(*report) : std::string();
}

void HeatChannel::switch_off() {
  const auto replies = ask_({"heat off", "fan 0"});
  if (!replies) {
    return;
  }
  // A device without a fan refuses the second.
  for (const std::string& reply : *replies) {
    const auto report = read_heat_report(reply, device_);
    if (report && heating_.on_report) {
      heating_.on_report(*report);
    }
  }
}

}  // namespace stepcast::stream
