#include "stepcast/octoprint/push_message.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "bounded_json.hpp"

namespace stepcast::octoprint {
namespace {

using nlohmann::json;

// What a client that asks for too much gets: sets grow with what it sends.
constexpr std::size_t kMostNames = 256;

const json* member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

Selection selection_of(const json* value) {
  Selection selection;
  if (value == nullptr) {
    selection.all = false;  // who subscribes gets what the message names
  } else if (value->is_boolean()) {
    selection.all = value->get<bool>();
  } else if (value->is_array()) {
    selection.all = false;
    for (const json& name : *value) {
      if (name.is_string() && selection.names.size() < kMostNames) {
        selection.names.insert(name.get<std::string>());
      }
    }
  }
  return selection;
}

LineFilter line_filter_of(const json* value) {
  using Kind = LineFilter::Kind;
  if (value == nullptr) {
    return {.kind = Kind::kNone, .text = {}};
  }
  if (value->is_boolean()) {
    return {.kind = value->get<bool>() ? Kind::kAll : Kind::kNone, .text = {}};
  }
  if (!value->is_string()) {
    return {.kind = Kind::kNone, .text = {}};
  }
  auto text = value->get<std::string>();
  const bool begins = text.starts_with('^');
  if (begins) {
    text.erase(0, 1);
  }
  if (text.find_first_of("\\.[]{}()*+?|^$") != std::string::npos) {
    return {.kind = Kind::kAll, .text = {}};  // more than wanted rather than less
  }
  return {.kind = begins ? Kind::kBegins : Kind::kContains, .text = std::move(text)};
}

Subscription subscription_of(const json& object) {
  Subscription subscription;
  const json* const state = member(object, "state");
  subscription.state =
      state != nullptr && (state->is_object() || (state->is_boolean() && state->get<bool>()));
  if (state != nullptr && state->is_object()) {
    subscription.logs = line_filter_of(member(*state, "logs"));
    const json* const messages = member(*state, "messages");
    subscription.messages = messages != nullptr && messages->is_boolean() && messages->get<bool>();
  }
  subscription.events = selection_of(member(object, "events"));
  subscription.plugins = selection_of(member(object, "plugins"));
  return subscription;
}

}  // namespace

bool LineFilter::has(std::string_view line) const {
  switch (kind) {
    case Kind::kAll:
      return true;
    case Kind::kNone:
      return false;
    case Kind::kContains:
      return line.find(text) != std::string_view::npos;
    case Kind::kBegins:
      return line.starts_with(text);
  }
  return false;
}

PushMessage parse_push_message(std::string_view text) {
  const json object = parse_bounded(text);
  PushMessage message;
  if (!object.is_object()) {
    return message;
  }
  if (const json* const auth = member(object, "auth"); auth != nullptr && auth->is_string()) {
    message.auth = auth->get<std::string>();
  }
  if (const json* const throttle = member(object, "throttle");
      throttle != nullptr && throttle->is_number_integer()) {
    message.throttle =
        static_cast<int>(std::clamp<std::int64_t>(throttle->get<std::int64_t>(), 1, kMostThrottle));
  }
  if (const json* const subscribe = member(object, "subscribe");
      subscribe != nullptr && subscribe->is_object()) {
    message.subscribe = subscription_of(*subscribe);
  }
  return message;
}

}  // namespace stepcast::octoprint
