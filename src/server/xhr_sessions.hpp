#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "stepcast/http/message.hpp"

#include "push_client.hpp"

namespace stepcast::server::octoprint {

/// The transports of SockJS for clients without WebSockets: a session lives as long as the client
/// comes back for its messages, by one request each (`xhr`) or by one that lasts (`xhr_streaming`).
///
/// A session belongs to the address and key that opened it: its name alone opens nothing.
///
/// Threads: any.
class XhrSessions {
 public:
  explicit XhrSessions(std::shared_ptr<PushHub> hub) : hub_(std::move(hub)) {}

  enum class Transport { kPolling, kStreaming };
  /// Opens the session, or has the request receive what waits for it.
  [[nodiscard]] http::Response receive(jobs::Runner& runner, const http::Request& request,
                                       Transport transport);
  /// Hands the client's messages on. 204, or 404 without such a session.
  [[nodiscard]] http::Response send(const jobs::Runner& runner, const http::Request& request);
  /// Heartbeats, and ends sessions that nobody receives from; some times a second.
  void tick();

 private:
  class Channel;
  struct Session {
    std::string owner;
    std::shared_ptr<Channel> channel;
    std::unique_ptr<PushClient> client;
    std::mutex receiving;  ///< One message of the client at a time.
  };

  std::shared_ptr<PushHub> hub_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Session>, std::less<>> sessions_;
};

}  // namespace stepcast::server::octoprint
