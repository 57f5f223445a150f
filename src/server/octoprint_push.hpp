#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "octoprint_routes.hpp"
#include "session_tokens.hpp"

namespace stepcast::server::octoprint {

/// OctoPrint's push interface over SockJS: `/sockjs/info`, raw and framed WebSockets.
///
/// A client says who it is; until then it hears nothing but `connected`. Then `history`, and
/// `current` twice a second, of which a slow client gets the latest; events are never dropped.
///
/// Threads: one of its own for the clock; the rest on the loop and on the printers' threads.
class Push {
 public:
  Push(Site& site, SessionTokens& tokens);
  ~Push();
  Push(const Push&) = delete;
  Push& operator=(const Push&) = delete;

  void add_routes(Mount& mount);

 private:
  class Client;
  struct Clients;
  void tick();

  Site& site_;
  SessionTokens& tokens_;
  std::shared_ptr<Clients> clients_;
  events::Log::Subscription subscription_;
  std::jthread clock_;
};

}  // namespace stepcast::server::octoprint
