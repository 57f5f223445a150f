#include "courier.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

#include <fmt/format.h>

#include "stepcast/store/outbox.hpp"

namespace stepcast::notify {
namespace {

constexpr std::int64_t kBatch = 100;
constexpr std::chrono::minutes kHour{60};

std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

int local_minute_of_day() {
  constexpr int kMinutesPerHour = 60;
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  return local.tm_hour * kMinutesPerHour + local.tm_min;
}

bool is_worth_another_try(const Error& error) {
  return error.code == Errc::kNetwork || error.code == Errc::kBusy;
}

}  // namespace

Notifier::Courier::Courier(std::shared_ptr<const Common> common, Channel channel,
                           std::vector<Rule> rules, bool urgent, std::string key,
                           std::int64_t delivered)
    : common_(std::move(common)),
      channel_(std::move(channel)),
      rules_(std::move(rules)),
      urgent_(urgent),
      key_(std::move(key)),
      delivered_(delivered) {
  state_.channel = channel_.name;
  heard_ = common_->log.listen([this](const events::Event& /*event*/) {
    const std::scoped_lock lock(mutex_);
    news_ = true;
    wake_.notify_all();
  });
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Notifier::Courier::~Courier() = default;

Notifier::State Notifier::Courier::state() const {
  const std::scoped_lock lock(mutex_);
  return state_;
}

void Notifier::Courier::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [this] { return news_; })) {
        return;
      }
      news_ = false;
    }
    read_on(stop);
  }
}

void Notifier::Courier::read_on(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto events = common_->log.after(delivered_, kBatch);
    if (!events) {
      common_->options.on_problem(fmt::format("{}: {}", channel_.name, events.error().to_string()));
      if (!wait(common_->options.first_retry, stop)) {
        return;
      }
      continue;
    }
    if (events->empty()) {
      return;
    }
    for (const events::Event& event : *events) {
      if (is_for_us(event)) {
        carry(event, stop);
        if (stop.stop_requested()) {
          return;
        }
      }
      delivered_ = event.sequence;
    }
    note_place(delivered_, /*durable=*/false);
  }
}

bool Notifier::Courier::is_for_us(const events::Event& event) const {
  // What a rule calls urgent is the other courier's, whatever other rules say.
  bool ours = false;
  for (const Rule& rule : rules_) {
    if (matches(rule, event)) {
      if (rule.urgent) {
        return urgent_;
      }
      ours = !urgent_;
    }
  }
  return ours;
}

void Notifier::Courier::carry(const events::Event& event, const std::stop_token& stop) {
  const Options& options = common_->options;
  Duration pause = options.first_retry;
  bool told = false;
  while (true) {
    if (is_too_old(event)) {
      drop(event, "too old");
      return;
    }
    if (const Duration leave = wait_for_leave(); leave.count() > 0) {
      if (!wait(leave, stop)) {
        return;
      }
      continue;
    }
    if (channel_.kind == Channel::Kind::kCommand) {
      note_place(event.sequence, /*durable=*/true);
    }
    const auto done = try_once(prepare(event));
    if (done) {
      note_place(event.sequence, /*durable=*/true);
      return;
    }
    if (channel_.kind == Channel::Kind::kCommand || !is_worth_another_try(done.error())) {
      drop(event, done.error().to_string());
      return;
    }
    if (!std::exchange(told, true)) {
      options.on_problem(fmt::format("{}: event {} ({}) is not delivered yet: {}", channel_.name,
                                     event.sequence, event.type, done.error().to_string()));
    }
    if (!wait(pause, stop)) {
      return;
    }
    pause = std::min(2 * pause, options.last_retry);
  }
}

Message Notifier::Courier::prepare(const events::Event& event) const {
  const Options& options = common_->options;
  const std::string title =
      event.printer.empty() || !options.title_of ? event.printer : options.title_of(event.printer);
  Message message = message_of(event, title, channel_.language);
  if (channel_.snapshot && channel_.kind != Channel::Kind::kCommand && !event.printer.empty() &&
      options.picture_of) {
    message.picture = options.picture_of(event.printer);
  }
  return message;
}

Result<void> Notifier::Courier::try_once(const Message& message) {
  auto done = deliver(channel_, message);
  const std::scoped_lock lock(mutex_);
  state_.well = done.has_value();
  if (done) {
    ++state_.delivered;
    sent_.push_back(Steady::now());
  } else {
    ++state_.failed;
    state_.last_error = done.error().to_string();
  }
  return done;
}

Notifier::Courier::Duration Notifier::Courier::wait_for_leave() const {
  if (channel_.quiet && !urgent_) {
    const int minutes = quiet_minutes_left(*channel_.quiet, local_minute_of_day());
    if (minutes > 0) {
      return std::chrono::minutes(1);  // not all of it: clocks are set
    }
  }
  const auto now = Steady::now();
  const auto in_hour = std::count_if(sent_.begin(), sent_.end(),
                                     [&](Steady::time_point at) { return at > now - kHour; });
  if (channel_.per_hour > 0 && in_hour >= channel_.per_hour) {
    const auto oldest = sent_.at(sent_.size() - static_cast<std::size_t>(channel_.per_hour));
    return std::chrono::ceil<Duration>(oldest + kHour - now);
  }
  return {};
}

bool Notifier::Courier::is_too_old(const events::Event& event) const {
  return unix_now() - event.at > common_->options.keep.count();
}

bool Notifier::Courier::wait(Duration duration, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, stop, duration, [&stop] { return stop.stop_requested(); });
  return !stop.stop_requested();
}

void Notifier::Courier::note_place(std::int64_t sequence, bool durable) {
  const auto work = [key = key_, sequence](store::Session& session) {
    return store::put_outbox_place(session, {.channel = key, .sequence = sequence});
  };
  while (!sent_.empty() && sent_.front() < Steady::now() - kHour) {
    sent_.pop_front();
  }
  if (!durable) {
    common_->store.write_later(work);  // at worst some events are looked at again
    return;
  }
  if (const auto noted = common_->store.write(work); !noted) {
    common_->options.on_problem(fmt::format("{}: {}", channel_.name, noted.error().to_string()));
  }
}

void Notifier::Courier::drop(const events::Event& event, const std::string& why) {
  {
    const std::scoped_lock lock(mutex_);
    ++state_.dropped;
    state_.well = false;
    state_.last_error = why;
  }
  note_place(event.sequence, /*durable=*/true);
  common_->options.on_problem(fmt::format("{}: event {} ({}) is given up: {}", channel_.name,
                                          event.sequence, event.type, why));
}

}  // namespace stepcast::notify
