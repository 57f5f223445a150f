#include "push_client.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "stepcast/server/site.hpp"

#include "push_json.hpp"

namespace stepcast::server::octoprint {
namespace {

bool may_hear(const accounts::Principal& who, const jobs::Runner& runner) {
  return who.may("STATUS") && (!who.printer || *who.printer == runner.identity().id);
}

}  // namespace

PushClient::PushClient(std::shared_ptr<PushHub> hub, jobs::Runner& runner,
                       const accounts::Principal& who, std::shared_ptr<PushChannel> channel)
    : hub_(std::move(hub)), runner_(runner), channel_(std::move(channel)) {
  send(connected_json());
  if (!who.key_id.empty() && may_hear(who, runner_)) {
    begin({.who = who, .auth = {}});
  }
  const std::scoped_lock lock(hub_->mutex);
  hub_->clients.push_back(this);
}

PushClient::~PushClient() {
  const std::scoped_lock lock(hub_->mutex);
  std::erase(hub_->clients, this);
}

void PushClient::send(const Json& message) {
  channel_->send(text_of(message));
}

void PushClient::received(std::string_view text) {
  auto message = stepcast::octoprint::parse_push_message(text);
  {
    const std::scoped_lock lock(hub_->mutex);
    if (message.subscribe) {
      subscription_ = std::move(*message.subscribe);
    }
    throttle_ = message.throttle.value_or(throttle_);
  }
  if (message.auth) {
    log_in(*message.auth);
  }
}

void PushClient::log_in(const std::string& auth) {
  const auto who = hub_->tokens.find(auth, hub_->accounts);
  if (!who || !may_hear(*who, runner_)) {
    send(reauth_json("stale"));
    return;
  }
  begin({.who = *who, .auth = auth});
}

void PushClient::begin(Login login) {
  Json history = current_json(runner_.view());
  history["temps"] = hub_->temperatures.samples(runner_.identity().id, TemperatureHistory::kAll);
  const std::scoped_lock lock(hub_->mutex);
  login_ = std::move(login);
  last_line_ = 0;
  history["logs"] = new_lines();
  // Before the first `current`, which waits for the same lock.
  send({{"history", std::move(history)}});
}

std::vector<std::string> PushClient::new_lines() {
  auto tail = hub_->logs.after(runner_.identity().id, last_line_);
  last_line_ = tail.last;
  if (!login_->who.may("MONITOR_TERMINAL")) {
    return {};
  }
  std::erase_if(tail.lines, [&](const std::string& line) { return !subscription_.logs.has(line); });
  return std::move(tail.lines);
}

bool PushClient::is_due() {
  due_ = login_ && subscription_.state && ++ticks_ % throttle_ == 0;
  return due_;
}

void PushClient::send_current_if_due(const Json& current, const std::string& text) {
  if (!std::exchange(due_, false) || !login_) {
    return;
  }
  const auto lines = new_lines();
  if (lines.empty()) {
    channel_->send_latest(text);
    return;
  }
  Json with_lines = current;
  with_lines["logs"] = lines;
  channel_->send_latest(text_of({{"current", std::move(with_lines)}}));
}

void PushClient::send_event(std::string_view type, const std::string& text) {
  if (login_ && subscription_.events.has(type)) {
    channel_->send(text);
  }
}

void PushClient::check_login() {
  if (!login_) {
    return;
  }
  const auto ended = login_->auth.empty() ? end_of(login_->who, {}, hub_->accounts)
                                          : hub_->tokens.end_of(login_->auth, hub_->accounts);
  if (ended) {
    login_.reset();
    send(reauth_json(*ended));
  }
}

}  // namespace stepcast::server::octoprint
