#include "stepcast/http/server.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>

#include "stepcast/base/contracts.hpp"

#include "connection.hpp"
#include "core.hpp"

namespace stepcast::http {
namespace {

using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

// Out of descriptors: the next attempt waits for some to come free.
constexpr std::chrono::milliseconds kAcceptPause{100};
// How late a time-out may come, as a fraction of itself and at most.
constexpr int kSweepsPerTimeout = 4;
constexpr std::chrono::milliseconds kSlowestSweep{250};
constexpr std::chrono::milliseconds kFastestSweep{5};

std::string remote_text(const asio::ip::tcp::endpoint& endpoint) {
  const asio::ip::address address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

Result<void> set_up_tls(asio::ssl::context& context, const Server::Tls& files) {
  boost::system::error_code error;
  context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                          asio::ssl::context::no_sslv3 | asio::ssl::context::no_compression,
                      error);
  ::SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  // Renegotiation lets a client make us work at no cost of its own; buffers of idle clients go.
  ::SSL_CTX_set_options(context.native_handle(), SSL_OP_NO_RENEGOTIATION);
  ::SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS);
  context.use_certificate_chain_file(files.certificate_chain.string(), error);
  if (error) {
    return fail(Errc::kInvalidArgument, fmt::format("not a certificate chain: {}", error.message()),
                files.certificate_chain.string(), "give a readable PEM file");
  }
  context.use_private_key_file(files.private_key.string(), asio::ssl::context::pem, error);
  if (error) {
    return fail(Errc::kInvalidArgument,
                fmt::format("not the certificate's private key: {}", error.message()),
                files.private_key.string(), "give a readable PEM file that fits the certificate");
  }
  return {};
}

}  // namespace

class Server::Impl {
 public:
  Impl(Router router, Options options)
      : core_(std::move(router), std::move(options)),
        acceptor_(core_.loop.get_executor()),
        accept_pause_(core_.loop.get_executor()),
        sweep_(core_.loop.get_executor()),
        grace_(core_.loop.get_executor()) {}

  Result<void> listen();
  void run();
  void stop(std::chrono::milliseconds grace);
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] Counts counts() const {
    return {core_.open_connections, core_.open_sockets, core_.open_uploads, core_.upload_bytes};
  }

 private:
  Task<> accept_all();
  Task<> sweep_all();
  void welcome(Socket socket);

  Core core_;
  Acceptor acceptor_;
  Timer accept_pause_;
  Timer sweep_;
  Timer grace_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

Result<void> Server::Impl::listen() {
  const Options& options = core_.options;
  if (options.tls) {
    core_.tls.emplace(asio::ssl::context::tls_server);
    if (auto ready = set_up_tls(*core_.tls, *options.tls); !ready) {
      return ready;
    }
  }
  boost::system::error_code error;
  const asio::ip::address address = asio::ip::make_address(options.address, error);
  if (error) {
    return fail(Errc::kNetwork, fmt::format("'{}' is not an IP address", options.address),
                "http.address", "write 127.0.0.1, 0.0.0.0, :: or an address of this machine");
  }
  const asio::ip::tcp::endpoint endpoint(address, options.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) {
    acceptor_.set_option(Acceptor::reuse_address(true), error);
    acceptor_.bind(endpoint, error);
  }
  if (!error) {
    acceptor_.listen(Acceptor::max_listen_connections, error);
  }
  if (error) {
    return fail(Errc::kNetwork,
                fmt::format("cannot listen at {} port {}: {}", options.address, options.port,
                            error.message()),
                "http.address", "choose an address of this machine and a port that is free");
  }
  port_ = acceptor_.local_endpoint(error).port();
  return {};
}

void Server::Impl::run() {
  asio::co_spawn(core_.loop.get_executor(), accept_all(), asio::detached);
  asio::co_spawn(core_.loop.get_executor(), sweep_all(), asio::detached);
  thread_ = std::thread([this] { core_.loop.run(); });
}

void Server::Impl::stop(std::chrono::milliseconds grace) {
  if (!thread_.joinable()) {
    return;
  }
  STEPCAST_CHECK(std::this_thread::get_id() != thread_.get_id());
  asio::post(core_.loop, [this, grace] {
    core_.stopping = true;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    accept_pause_.cancel();
    sweep_.cancel();
    // A copy: who ends leaves the set.
    const std::vector<Connection*> open(core_.connections.begin(), core_.connections.end());
    for (Connection* connection : open) {
      connection->begin_stop();
    }
    grace_.expires_after(grace);
    grace_.async_wait([this](const boost::system::error_code& error) {
      const std::vector<Connection*> late(core_.connections.begin(), core_.connections.end());
      for (Connection* connection : late) {
        if (!error) {
          connection->abort();
        }
      }
    });
  });
  thread_.join();
  core_.workers.join();
}

Task<> Server::Impl::accept_all() {
  while (acceptor_.is_open()) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (!acceptor_.is_open()) {
      break;
    }
    if (!error) {
      welcome(std::move(socket));
    } else if (error != asio::error::connection_aborted) {
      accept_pause_.expires_after(kAcceptPause);
      co_await accept_pause_.async_wait(kAwait);
    }
  }
}

void Server::Impl::welcome(Socket socket) {
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) {
    return;
  }
  socket.non_blocking(true, error);
  if (core_.connections.size() >= core_.options.max_connections) {
    constexpr std::string_view kFullHouse =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 10\r\n"
        "Connection: close\r\n\r\n";
    if (!core_.tls) {
      socket.write_some(asio::buffer(kFullHouse.data(), kFullHouse.size()), error);
    }
    return;
  }
  socket.set_option(asio::ip::tcp::no_delay(true), error);
  const auto connection =
      std::make_shared<Connection>(core_, std::move(socket), remote_text(endpoint));
  asio::co_spawn(
      core_.loop.get_executor(), [connection]() -> Task<> { return connection->run(); },
      // Whatever goes wrong in one connection ends that one only.
      [connection](const std::exception_ptr& /*failure*/) {});
}

Task<> Server::Impl::sweep_all() {
  const auto shortest = std::min(core_.options.header_timeout, core_.options.idle_timeout);
  const auto interval = std::clamp(shortest / kSweepsPerTimeout, kFastestSweep, kSlowestSweep);
  while (!core_.stopping || !core_.connections.empty()) {
    sweep_.expires_after(core_.stopping ? kFastestSweep : interval);
    co_await sweep_.async_wait(kAwait);
    const TimePoint now = std::chrono::steady_clock::now();
    for (Connection* connection : core_.connections) {
      connection->expire(now);
    }
  }
  grace_.cancel();
}

Result<std::unique_ptr<Server>> Server::start(Router router, Options options) {
  auto impl = std::make_unique<Impl>(std::move(router), std::move(options));
  if (auto listening = impl->listen(); !listening) {
    return tl::unexpected(std::move(listening.error()));
  }
  impl->run();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

// NOLINTNEXTLINE(bugprone-exception-escape): see the header
Server::~Server() {
  stop(std::chrono::milliseconds(0));
}

std::uint16_t Server::port() const {
  return impl_->port();
}

Server::Counts Server::counts() const {
  return impl_->counts();
}

void Server::stop(std::chrono::milliseconds grace) {
  impl_->stop(grace);
}

}  // namespace stepcast::http
