#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "stepcast/base/result.hpp"
#include "stepcast/http/router.hpp"

namespace stepcast::http {

/// An HTTP/1.1 and WebSocket server: one loop for all connections, workers for what blocks.
///
/// Threads: start() makes them; stop() joins them. Handlers run where their route says.
class Server {
 public:
  struct Tls {
    std::filesystem::path certificate_chain;  ///< PEM
    std::filesystem::path private_key;        ///< PEM
  };
  struct Options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: any; see Server::port().
    std::optional<Tls> tls{};
    unsigned workers = 4;
    std::size_t max_connections = 16'384;
    std::size_t max_header_bytes = std::size_t{16} * 1024;
    std::size_t max_queued_bytes = std::size_t{4} << 20;  ///< A client.
    /// From the first byte of a head to its last: slow-loris. Also for the TLS handshake.
    std::chrono::milliseconds header_timeout{10'000};
    /// Between two reads of a body, for each 256 KiB that a client takes, and of a connection that
    /// asks nothing. A WebSocket is pinged after half of it and dropped when it stays silent.
    std::chrono::milliseconds idle_timeout{60'000};
    /// Runs before each handler, on the same thread, once the route is known: authentication, rate
    /// limits. A response from it is sent instead of the handler's.
    std::function<std::optional<Response>(Request&, const Route&)> before{};
    /// Turns an Error of a sink or socket route into a response. Default: problem+json.
    std::function<Response(const Request&, const Error&)> on_error{};
    /// One line per answered request: method, target, status, bytes, duration.
    std::function<void(const Request&, int status, std::size_t bytes, std::chrono::microseconds)>
        on_answered{};
  };

  /// @returns kNetwork: the address cannot be bound (names address and port); kInvalidArgument:
  /// certificate or key cannot be read.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(Router router, Options options);
  // NOLINTNEXTLINE(bugprone-exception-escape): without memory to stop with, ending is right
  ~Server();

  [[nodiscard]] std::uint16_t port() const;
  struct Counts {
    std::uint64_t connections{};   ///< Open now, WebSockets among them.
    std::uint64_t sockets{};       ///< WebSockets open now.
    std::uint64_t uploads{};       ///< Under way now.
    std::uint64_t upload_bytes{};  ///< Of bodies of uploads, since the start.
  };
  [[nodiscard]] Counts counts() const;
  /// Lets requests under way finish for at most `grace`, then closes everything. Streams end and
  /// WebSockets are closed (1001) at once. Waits for handlers on workers; not to be called by one.
  void stop(std::chrono::milliseconds grace);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::http
