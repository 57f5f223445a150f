#pragma once

#include <memory>
#include <thread>

#include "api_operation.hpp"

namespace stepcast::server::api {

/// `/api/v1/socket`: telemetry as binary frames, of which a slow client gets the latest, and events
/// as JSON, of which none is left out; a client names the last one that it has seen and gets the
/// rest. docs/api.md describes the messages.
///
/// Threads: one of its own, which encodes each printer's frame once for all clients and reads old
/// events for those that ask; events are sent on the thread of the log.
class Socket {
 public:
  explicit Socket(Site& site);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void add_operations(Table& table);

 private:
  struct Listener;
  class Hub;
  class Client;
  std::shared_ptr<Hub> hub_;
  events::Log::Subscription heard_;
  std::jthread clock_;
};

}  // namespace stepcast::server::api
