#include "push_socket.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "report.hpp"

namespace stepcast::octoprint_client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kHandshake{10};
// The history of temperatures comes in one message: half an hour of all heaters and log lines.
constexpr std::size_t kMostMessage = std::size_t{16} << 20;
// OctoPrint's server does not compress, and the templates for it take long to compile.
constexpr bool kNoDeflate = false;
constexpr milliseconds kFirstPause{250};
constexpr milliseconds kLongestPause{10'000};

template <class Stream>
asio::awaitable<void> listen(websocket::stream<Stream, kNoDeflate>& socket, const Address& address,
                             const std::string& login, milliseconds silence,
                             const PushSocket::Callbacks& callbacks) {
  websocket::stream_base::timeout timeouts{};
  timeouts.handshake_timeout = kHandshake;
  timeouts.idle_timeout = silence;
  timeouts.keep_alive_pings = false;
  socket.set_option(timeouts);
  socket.read_message_max(kMostMessage);
  const std::string host = address.host + ":" + address.port;
  const std::string target = address.prefix + "/sockjs/websocket";
  co_await socket.async_handshake(host, target, asio::use_awaitable);
  const std::string subscribe =
      R"({"subscribe":{"state":{"logs":true,"messages":false},"events":true,"plugins":false}})";
  co_await socket.async_write(asio::buffer(subscribe), asio::use_awaitable);
  co_await socket.async_write(asio::buffer(login), asio::use_awaitable);
  callbacks.on_listening(true);
  beast::flat_buffer buffer;
  for (;;) {
    co_await socket.async_read(buffer, asio::use_awaitable);
    const auto bytes = buffer.cdata();
    if (!callbacks.on_message({static_cast<const char*>(bytes.data()), bytes.size()})) {
      co_return;
    }
    buffer.consume(buffer.size());
  }
}

asio::awaitable<void> connect(beast::tcp_stream& stream, const Address& address) {
  tcp::resolver resolver(co_await asio::this_coro::executor);
  const auto found =
      co_await resolver.async_resolve(address.host, address.port, asio::use_awaitable);
  stream.expires_after(kHandshake);
  co_await stream.async_connect(found, asio::use_awaitable);
  stream.socket().set_option(tcp::no_delay(true));
}

asio::awaitable<void> listen_plain(const Address& address, const std::string& login,
                                   milliseconds silence, const PushSocket::Callbacks& callbacks) {
  websocket::stream<beast::tcp_stream, kNoDeflate> socket(co_await asio::this_coro::executor);
  co_await connect(beast::get_lowest_layer(socket), address);
  beast::get_lowest_layer(socket).expires_never();  // the WebSocket has timeouts of its own
  co_await listen(socket, address, login, silence, callbacks);
}

asio::awaitable<void> listen_over_tls(asio::ssl::context& tls, const Address& address,
                                      const std::string& login, milliseconds silence,
                                      const PushSocket::Callbacks& callbacks) {
  websocket::stream<beast::ssl_stream<beast::tcp_stream>, kNoDeflate> socket(
      co_await asio::this_coro::executor, tls);
  co_await connect(beast::get_lowest_layer(socket), address);
  auto& stream = socket.next_layer();
  ::SSL_set_tlsext_host_name(stream.native_handle(), address.host.c_str());
  stream.set_verify_callback(asio::ssl::host_name_verification(address.host));
  beast::get_lowest_layer(socket).expires_after(kHandshake);
  co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
  beast::get_lowest_layer(socket).expires_never();
  co_await listen(socket, address, login, silence, callbacks);
}

}  // namespace

class PushSocket::Impl {
 public:
  Impl(const Rest& rest, milliseconds silence, Callbacks callbacks)
      : rest_(rest),
        silence_(silence),
        callbacks_(std::move(callbacks)),
        thread_([this](const std::stop_token& stop) { run(stop); }) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

 private:
  void run(const std::stop_token& stop) {
    milliseconds pause = kFirstPause;
    while (!stop.stop_requested()) {
      listened_ = false;
      if (const auto login = log_in()) {
        listen_once(*login, stop);
      }
      pause = listened_ ? kFirstPause : std::min(2 * pause, kLongestPause);
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, pause, [] { return false; });
    }
  }

  /// A session ends with OctoPrint, so there is a new one for each socket.
  [[nodiscard]] Result<std::string> log_in() const {
    return rest_.post("/api/login", R"({"passive":true})").and_then([](const std::string& answer) {
      return parse_login(answer);
    });
  }

  void listen_once(const std::string& login, const std::stop_token& stop) {
    const Callbacks callbacks{
        .on_message = [this](std::string_view text) { return callbacks_.on_message(text); },
        .on_listening =
            [this](bool listening) {
              listened_ = true;
              callbacks_.on_listening(listening);
            }};
    std::optional<asio::ssl::context> tls;
    if (rest_.address().secure) {
      tls.emplace(asio::ssl::context::tls_client);
      tls->set_verify_mode(asio::ssl::verify_peer);
      boost::system::error_code error;
      if (rest_.authorities().empty()) {
        tls->set_default_verify_paths(error);
      } else {
        tls->load_verify_file(rest_.authorities().string(), error);
      }
    }
    asio::io_context loop{1};
    const std::stop_callback on_stop(stop, [&loop] { loop.stop(); });
    asio::co_spawn(loop,
                   tls ? listen_over_tls(*tls, rest_.address(), login, silence_, callbacks)
                       : listen_plain(rest_.address(), login, silence_, callbacks),
                   // Whatever ended it, polling will tell whether OctoPrint is there.
                   [](const std::exception_ptr& /*error*/) {});
    loop.run();
    if (listened_) {
      callbacks_.on_listening(false);
    }
  }

  const Rest& rest_;
  const milliseconds silence_;
  const Callbacks callbacks_;
  bool listened_ = false;  // on the thread
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses the rest
};

PushSocket::PushSocket(const Rest& rest, milliseconds silence, Callbacks callbacks)
    : impl_(std::make_unique<Impl>(rest, silence, std::move(callbacks))) {}
PushSocket::~PushSocket() = default;

}  // namespace stepcast::octoprint_client
