#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <boost/system/error_code.hpp>

#include "loop.hpp"

namespace stepcast::http {

/// A socket with or without TLS as one type, so that all that is made of streams is compiled once.
class AnyStream {
 public:
  using executor_type = Executor;

  /// @param tls nullptr: plain. Must outlive the stream.
  AnyStream(Socket socket, asio::ssl::context* tls) : socket_(std::move(socket)) {
    if (tls != nullptr) {
      tls_.emplace(socket_, *tls);
    }
  }

  [[nodiscard]] executor_type get_executor() { return socket_.get_executor(); }
  [[nodiscard]] Socket& socket() { return socket_; }
  [[nodiscard]] bool secure() const { return tls_.has_value(); }
  /// @pre secure()
  [[nodiscard]] asio::ssl::stream<Socket&>& tls() { return *tls_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& into) {
          if (tls_) {
            tls_->async_read_some(into, std::move(handler));
          } else {
            socket_.async_read_some(into, std::move(handler));
          }
        },
        token, buffers);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& from) {
          if (tls_) {
            tls_->async_write_some(from, std::move(handler));
          } else {
            socket_.async_write_some(from, std::move(handler));
          }
        },
        token, buffers);
  }

 private:
  Socket socket_;
  std::optional<asio::ssl::stream<Socket&>> tls_;
};

// Beast asks these of each stream under a WebSocket. The closing frames have been exchanged by
// then, or the client has gone: nothing is left to say.
template <class Handler>
void async_teardown(boost::beast::role_type /*role*/, AnyStream& stream, Handler&& handler) {
  boost::system::error_code ignored;
  stream.socket().shutdown(Socket::shutdown_both, ignored);
  asio::post(stream.get_executor(), [done = std::forward<Handler>(handler)]() mutable {
    done(boost::system::error_code{});
  });
}

inline void teardown(boost::beast::role_type /*role*/, AnyStream& stream,
                     boost::system::error_code& error) {
  stream.socket().shutdown(Socket::shutdown_both, error);
}

inline void beast_close_socket(AnyStream& stream) {
  boost::system::error_code ignored;
  stream.socket().close(ignored);
}

}  // namespace stepcast::http
