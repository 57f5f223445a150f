#include "stepcast/notify/notifier.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "stepcast/store/outbox.hpp"

#include "courier.hpp"

namespace stepcast::notify {
namespace {

bool names(const Rule& rule, const std::string& channel) {
  return std::find(rule.channels.begin(), rule.channels.end(), channel) != rule.channels.end();
}

// Where a channel had got to; a new one starts after the newest event.
Result<std::int64_t> place_of(store::Store& store, const events::Log& log, const std::string& key) {
  std::optional<std::int64_t> place;
  auto read = store.read([&](store::Session& session) {
    return store::find_outbox_place(session, key).map([&](std::optional<store::OutboxPlace> found) {
      if (found) {
        place = found->sequence;
      }
    });
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  if (place) {
    return *place;
  }
  const std::int64_t last = log.last();
  auto noted = store.write([&](store::Session& session) {
    return store::put_outbox_place(session, {.channel = key, .sequence = last});
  });
  if (!noted) {
    return tl::unexpected(noted.error());
  }
  return last;
}

}  // namespace

Result<std::unique_ptr<Notifier>> Notifier::open(store::Store& store, events::Log& log,
                                                 Options options) {
  if (!options.on_problem) {
    options.on_problem = [](const std::string& /*problem*/) {};
  }
  for (const Rule& rule : options.rules) {
    for (const std::string& name : rule.channels) {
      if (std::none_of(options.channels.begin(), options.channels.end(),
                       [&](const Channel& channel) { return channel.name == name; })) {
        return fail(Errc::kNotFound, fmt::format("there is no channel '{}'", name), "notify.rule",
                    "name one of the [[notify.channel]] blocks");
      }
    }
  }
  const auto common = std::make_shared<const Courier::Common>(
      Courier::Common{.store = store, .log = log, .options = std::move(options)});
  std::unique_ptr<Notifier> notifier(new Notifier());
  for (const Channel& channel : common->options.channels) {
    std::vector<Rule> rules;
    std::copy_if(common->options.rules.begin(), common->options.rules.end(),
                 std::back_inserter(rules),
                 [&](const Rule& rule) { return names(rule, channel.name); });
    for (const bool urgent : {false, true}) {
      if (std::none_of(rules.begin(), rules.end(),
                       [&](const Rule& rule) { return rule.urgent == urgent; })) {
        continue;
      }
      const std::string key = urgent ? channel.name + " (urgent)" : channel.name;
      auto place = place_of(store, log, key);
      if (!place) {
        return tl::unexpected(place.error());
      }
      notifier->couriers_.push_back(
          std::make_unique<Courier>(common, channel, rules, urgent, key, *place));
    }
  }
  return notifier;
}

Notifier::~Notifier() = default;

std::vector<Notifier::State> Notifier::states() const {
  std::vector<State> states;
  for (const auto& courier : couriers_) {
    State state = courier->state();
    if (!states.empty() && states.back().channel == state.channel) {
      State& both = states.back();
      both.delivered += state.delivered;
      both.failed += state.failed;
      both.dropped += state.dropped;
      both.well = both.well && state.well;
      both.last_error = both.last_error.empty() ? state.last_error : both.last_error;
    } else {
      states.push_back(std::move(state));
    }
  }
  return states;
}

}  // namespace stepcast::notify
