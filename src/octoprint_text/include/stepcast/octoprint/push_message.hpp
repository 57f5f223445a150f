#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace stepcast::octoprint {

/// All, none, or those of a list.
struct Selection {
  bool all = true;
  std::set<std::string, std::less<>> names;  ///< If not all.
  [[nodiscard]] bool has(std::string_view name) const { return all || names.contains(name); }
};

/// Which log lines a client wants.
///
/// Clients send regular expressions. Those that are a plain text, with `^` for the beginning, are
/// served; a real one could be made to take any time for a line, so it is not run.
struct LineFilter {
  enum class Kind { kAll, kNone, kContains, kBegins } kind = Kind::kAll;
  std::string text;
  [[nodiscard]] bool has(std::string_view line) const;
};

/// What a client of the push socket wants to hear.
struct Subscription {
  bool state = true;  ///< `current` at all.
  LineFilter logs;
  bool messages = true;
  Selection events;
  Selection plugins;
};

/// A message of a client: what it knows of it; the rest is passed over.
struct PushMessage {
  std::optional<std::string> auth;  ///< `user:session`
  std::optional<int> throttle;      ///< Times half a second; 1 to kMostThrottle.
  std::optional<Subscription> subscribe;
};
inline constexpr int kMostThrottle = 100;  ///< 50 s between two messages.

/// Never fails: clients of later versions send more, and a heartbeat is `{}`.
[[nodiscard]] PushMessage parse_push_message(std::string_view text);

}  // namespace stepcast::octoprint
