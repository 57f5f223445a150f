#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "stepcast/base/result.hpp"

#include "rest.hpp"

namespace stepcast::octoprint_client {

/// Listens to OctoPrint's push socket (SockJS, raw WebSocket) and comes back when it is cut off.
///
/// Threads: one of its own, on which the callbacks run; the destructor waits for it.
class PushSocket {
 public:
  struct Callbacks {
    /// @returns false if there is to be a new socket, with a new login.
    std::function<bool(std::string_view)> on_message;
    /// Whether messages come: true after the login, false when the socket is gone.
    std::function<void(bool)> on_listening;
  };

  /// `rest` must outlive it. Without a message for `silence` the socket counts as gone; OctoPrint
  /// sends one each half second, also while nothing happens.
  PushSocket(const Rest& rest, std::chrono::milliseconds silence, Callbacks callbacks);
  ~PushSocket();
  PushSocket(const PushSocket&) = delete;
  PushSocket& operator=(const PushSocket&) = delete;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::octoprint_client
