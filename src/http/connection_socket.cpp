#include <exception>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "stepcast/http/problem.hpp"

#include "connection.hpp"
#include "head_parser.hpp"

namespace stepcast::http {
namespace {

namespace websocket = boost::beast::websocket;

using SocketStream = websocket::stream<AnyStream&>;

// Clients send commands, not files.
constexpr std::size_t kMaxSocketMessage = std::size_t{1} << 20;
// After a larger message its memory is given back.
constexpr std::size_t kKeptSocketBuffer = std::size_t{16} * 1024;
// RFC 6455: what a control frame has room for besides the code.
constexpr std::size_t kMaxCloseReason = 123;

class OutboxWriter final : public SocketWriter {
 public:
  explicit OutboxWriter(std::shared_ptr<Outbox> outbox) : outbox_(std::move(outbox)) {}

  void send_text(std::string text) override {
    outbox_->push({.bytes = std::move(text), .binary = false, .close_code = std::nullopt});
  }
  void send_binary(std::string bytes) override {
    outbox_->push({.bytes = std::move(bytes), .binary = true, .close_code = std::nullopt});
  }
  void send_latest(std::uint32_t topic, std::string bytes, bool binary) override {
    outbox_->replace(topic,
                     {.bytes = std::move(bytes), .binary = binary, .close_code = std::nullopt});
  }
  void close(std::uint16_t code, std::string reason) override {
    outbox_->push({.bytes = std::move(reason), .binary = false, .close_code = code});
    outbox_->finish();
  }

 private:
  std::shared_ptr<Outbox> outbox_;
};

// Sends one item. @returns whether there may be a next one.
Task<bool> send_item(SocketStream& stream, const Outbox::Item& item) {
  if (item.close_code) {
    const std::string_view reason = std::string_view(item.bytes).substr(0, kMaxCloseReason);
    const websocket::close_reason closing(static_cast<websocket::close_code>(*item.close_code),
                                          boost::beast::string_view(reason.data(), reason.size()));
    co_await stream.async_close(closing, kAwait);
    co_return false;
  }
  stream.binary(item.binary);
  const auto [error, count] = co_await stream.async_write(asio::buffer(item.bytes), kAwait);
  static_cast<void>(count);
  co_return !error;
}

}  // namespace

Task<bool> Connection::serve_socket(Exchange& exchange) {
  Request& request = exchange.request;
  const Route& route = *exchange.route;
  if (!exchange.upgrade) {
    Response refusal = problem(426, "this address speaks WebSocket only", request.path);
    refusal.headers.set("Upgrade", "websocket");
    co_return co_await answer(exchange, std::move(refusal));
  }
  if (buffer_.size() > 0 || !exchange.body_complete) {
    exchange.keep_alive = false;
    co_return co_await answer(
        exchange, problem(400, "nothing may be sent before the WebSocket is open", request.path));
  }
  std::unique_ptr<SocketHandler> handler;
  Response response;
  const auto job = [&] {
    response = guarded(request, [&] {
      if (core_.options.before) {
        if (auto refusal = core_.options.before(request, route)) {
          return std::move(*refusal);
        }
      }
      auto opened = route.socket(request);
      if (!opened) {
        return error_response(request, opened.error());
      }
      handler = std::move(*opened);
      return Response::empty(101);
    });
  };
  if (route.runs == Runs::kOnWorker) {
    co_await worker_.run(job);
  } else {
    job();
  }
  if (!handler) {
    co_return co_await answer(exchange, std::move(response));
  }
  report(exchange, response.status);
  co_await run_socket(std::move(handler));
  co_return false;
}

Task<> Connection::run_socket(std::unique_ptr<SocketHandler> handler) {
  const Counted counted(core_.open_sockets);
  SocketStream stream(stream_);
  stream.set_option(
      websocket::stream_base::timeout{.handshake_timeout = core_.options.header_timeout,
                                      .idle_timeout = core_.options.idle_timeout,
                                      .keep_alive_pings = true});
  stream.read_message_max(kMaxSocketMessage);
  stream.auto_fragment(false);
  const auto [refused] = co_await stream.async_accept(head_->parser.get(), kAwait);
  head_.reset();
  if (refused) {
    co_return;
  }
  const auto outbox = std::make_shared<Outbox>(core_.options.max_queued_bytes, waker());
  outbox_ = outbox;
  if (core_.stopping) {
    begin_stop();
  }
  bool handler_failed = false;
  const auto tell = [&](const auto& event) {
    try {
      event();
    } catch (const std::exception&) {
      handler_failed = true;  // of this client only
    }
  };
  tell([&] { handler->opened(std::make_shared<OutboxWriter>(outbox)); });

  bool writing = true;
  Timer written(core_.loop.get_executor(), TimePoint::max());
  const auto write_all = [&]() -> Task<> {
    bool goes_on = true;
    while (goes_on && !gone_) {
      Outbox::Next next = outbox->pop();
      if (next.overflowed) {
        abort();
      } else if (next.item) {
        goes_on = co_await send_item(stream, *next.item);
      } else if (next.over) {
        goes_on = false;
      } else {
        co_await pause();
      }
    }
    writing = false;
    written.cancel();
  };
  asio::co_spawn(core_.loop.get_executor(), write_all, asio::detached);

  boost::beast::flat_buffer message(kMaxSocketMessage);
  while (!handler_failed) {
    const auto [error, count] = co_await stream.async_read(message, kAwait);
    static_cast<void>(count);
    if (error) {
      break;
    }
    const std::string_view text(static_cast<const char*>(message.data().data()), message.size());
    tell([&] { handler->received(text, stream.got_binary()); });
    message.consume(message.size());
    if (message.capacity() > kKeptSocketBuffer) {
      message.shrink_to_fit();
    }
  }
  abort();
  while (writing) {
    co_await written.async_wait(kAwait);
  }
  outbox_.reset();
  tell([&] { handler->closed(); });
}

}  // namespace stepcast::http
