#pragma once

#include <memory>
#include <string>
#include <thread>

#include "octoprint_routes.hpp"
#include "push_client.hpp"
#include "session_tokens.hpp"
#include "temperature_history.hpp"
#include "xhr_sessions.hpp"

namespace stepcast::server::octoprint {

/// OctoPrint's push interface over SockJS: `/sockjs/info`, raw and framed WebSockets, `xhr` and
/// `xhr_streaming`.
///
/// A client says who it is; until then it hears nothing but `connected`. Then `history`, and
/// `current` twice a second, of which a slow client gets the latest; events are never dropped.
///
/// Threads: one of its own for the clock; the rest on the loop, the thread of the events and those
/// of the printers.
class Push {
 public:
  Push(Site& site, SessionTokens& tokens, TemperatureHistory& temperatures);
  ~Push();
  Push(const Push&) = delete;
  Push& operator=(const Push&) = delete;

  void add_routes(Mount& mount);

 private:
  void tick();

  Site& site_;
  std::shared_ptr<PushHub> hub_;
  XhrSessions xhr_;
  events::Log::Subscription subscription_;
  int ticks_ = 0;
  std::jthread clock_;
};

}  // namespace stepcast::server::octoprint
