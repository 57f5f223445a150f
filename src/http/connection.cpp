#include "connection.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <fmt/format.h>

#include "stepcast/http/problem.hpp"
#include "stepcast/http/target.hpp"
#include "stepcast/http/text.hpp"

#include "head_parser.hpp"

namespace stepcast::http {
namespace {

namespace beast_http = boost::beast::http;

// Read ahead of a request while nothing is known of it. Small: thousands of clients only wait.
constexpr std::size_t kIdleBytes = 1024;
// What Beast reads at once; the buffer holds at most this and a head.
constexpr std::size_t kReadAhead = std::size_t{64} * 1024;
// After an answer that ends the connection, the time for the client to read it.
constexpr std::chrono::milliseconds kLingerTime{2'000};
// Time to say good-bye in TLS; afterwards the socket is closed anyway.
constexpr std::chrono::milliseconds kTlsCloseTime{1'000};

constexpr int kHeadGood = 0;
constexpr int kHeadNone = -1;  // the client has gone: nobody to answer

std::optional<Method> method_of(beast_http::verb verb) {
  switch (verb) {
    case beast_http::verb::get:
    case beast_http::verb::head:
      return Method::kGet;
    case beast_http::verb::post:
      return Method::kPost;
    case beast_http::verb::put:
      return Method::kPut;
    case beast_http::verb::patch:
      return Method::kPatch;
    case beast_http::verb::delete_:
      return Method::kDelete;
    default:
      return std::nullopt;
  }
}

std::string allow_list(const std::vector<Method>& methods) {
  constexpr std::array<std::string_view, 5> kNames{"GET, HEAD", "POST", "PUT", "PATCH", "DELETE"};
  std::string list;
  for (const Method method : methods) {
    list += list.empty() ? "" : ", ";
    list += kNames.at(static_cast<std::size_t>(method));
  }
  return list;
}

int status_of_bad_head(const boost::system::error_code& error) {
  if (error == beast_http::error::header_limit || error == beast_http::error::buffer_overflow) {
    return 431;
  }
  if (error == beast_http::error::bad_version) {
    return 505;
  }
  const bool ours =
      error.category() == make_error_code(beast_http::error::bad_line_ending).category();
  const bool ended =
      error == beast_http::error::end_of_stream || error == beast_http::error::partial_message;
  return ours && !ended ? 400 : kHeadNone;
}

std::string_view detail_of_bad_head(int status) {
  switch (status) {
    case 408:
      return "the head of the request did not arrive in time";
    case 415:
      return "bodies are not taken compressed (Content-Encoding): send it as it is";
    case 417:
      return "only 100-continue can be expected";
    case 431:
      return "the head of the request is too long";
    case 501:
      return "of transfer encodings this server knows chunked";
    case 505:
      return "this server speaks HTTP/1.1";
    default:
      return "the request is not well-formed HTTP";
  }
}

// A body in a form that nobody here unpacks, be it to save bytes or to be a thousand times as long.
// @returns kHeadGood, or the status to refuse it with.
int status_of_encodings(const Headers& headers) {
  const auto transfer = headers.find("Transfer-Encoding");
  if (transfer && !same_text(*transfer, "chunked")) {
    return 501;
  }
  const auto content = headers.find("Content-Encoding");
  return content && !same_text(*content, "identity") ? 415 : kHeadGood;
}

}  // namespace

Connection::Connection(Core& core, Socket socket, std::string remote)
    : core_(core),
      stream_(std::move(socket), core.tls ? &*core.tls : nullptr),
      remote_(std::move(remote)),
      buffer_(core.options.max_header_bytes + kReadAhead),
      worker_(core),
      event_(core.loop.get_executor(), TimePoint::max()) {
  core_.connections.insert(this);
  ++core_.open_connections;
}

Connection::~Connection() {
  core_.connections.erase(this);
  --core_.open_connections;
}

void Connection::expires_in(std::chrono::milliseconds time) {
  deadline_ = std::chrono::steady_clock::now() + time;
}

void Connection::expire(TimePoint now) {
  if (now < deadline_) {
    return;
  }
  timed_out_ = true;
  never_expires();
  boost::system::error_code ignored;
  stream_.socket().cancel(ignored);
}

void Connection::begin_stop() {
  if (idle_) {
    abort();
  } else if (outbox_) {
    constexpr std::uint16_t kGoingAway = 1001;
    outbox_->push({.bytes = "the server stops", .binary = false, .close_code = kGoingAway});
    outbox_->finish();
  }
}

void Connection::abort() {
  gone_ = true;
  boost::system::error_code ignored;
  stream_.socket().close(ignored);
  if (outbox_) {
    outbox_->shut();
  }
  event_.cancel();
}

Task<> Connection::run() {
  bool goes_on = true;
  if (stream_.secure()) {
    goes_on = co_await shake_hands();
  }
  while (goes_on && !gone_) {
    goes_on = co_await wait_for_request();
    if (goes_on) {
      goes_on = co_await serve();
    }
  }
  co_await close_gently();
}

Task<bool> Connection::shake_hands() {
  expires_in(core_.options.header_timeout);
  const auto [error] =
      co_await stream_.tls().async_handshake(asio::ssl::stream_base::server, kAwait);
  co_return !error && !timed_out_;
}

Task<bool> Connection::wait_for_request() {
  if (buffer_.size() > 0) {  // pipelined
    co_return true;
  }
  if (core_.stopping) {
    co_return false;
  }
  idle_ = true;
  expires_in(core_.options.idle_timeout);
  const auto [error, count] = co_await stream_.async_read_some(buffer_.prepare(kIdleBytes), kAwait);
  idle_ = false;
  buffer_.commit(count);
  co_return !error && !timed_out_;
}

Task<int> Connection::read_head(Exchange& exchange) {
  head_ = std::make_unique<HeadParser>();
  auto& parser = head_->parser;
  constexpr std::size_t kMostLimit = std::numeric_limits<std::uint32_t>::max();
  parser.header_limit(
      static_cast<std::uint32_t>(std::min(core_.options.max_header_bytes, kMostLimit)));
  parser.body_limit(boost::none);  // the limit is the route's, and not known yet
  expires_in(core_.options.header_timeout);
  const auto [error, count] =
      co_await beast_http::async_read_header(stream_, buffer_, parser, kAwait);
  static_cast<void>(count);
  exchange.start = std::chrono::steady_clock::now();
  never_expires();
  if (timed_out_) {
    co_return 408;
  }
  if (error) {
    co_return status_of_bad_head(error);
  }
  const auto& message = parser.get();
  Request& request = exchange.request;
  request.remote = remote_;
  request.secure = stream_.secure();
  request.target = std::string(message.target());
  for (const auto& field : message) {
    request.headers.add(std::string_view(field.name_string().data(), field.name_string().size()),
                        std::string(field.value()));
  }
  exchange.head_only = message.method() == beast_http::verb::head;
  exchange.http10 = message.version() == 10;
  exchange.keep_alive = parser.keep_alive() && !core_.stopping;
  exchange.upgrade = boost::beast::websocket::is_upgrade(message);
  exchange.chunked = parser.chunked();
  exchange.body_left = exchange.chunked ? 0 : parser.content_length().value_or(0);
  exchange.body_complete = !exchange.chunked && exchange.body_left == 0;
  if (const auto expect = request.headers.find("Expect")) {
    if (!same_text(*expect, "100-continue")) {
      co_return 417;
    }
    exchange.expects_continue = !exchange.body_complete && !exchange.http10;
  }
  co_return exchange.body_complete ? kHeadGood : status_of_encodings(request.headers);
}

void Connection::forget_head() {
  head_.reset();
}

Task<bool> Connection::serve() {
  Exchange exchange;
  const int bad_head = co_await read_head(exchange);
  if (bad_head == kHeadNone) {
    co_return false;
  }
  if (bad_head != kHeadGood) {
    timed_out_ = false;
    exchange.keep_alive = false;
    exchange.body_complete = false;
    body_broken_ = BodyEnd::kMalformed;  // what follows cannot be told from a body
    co_return co_await answer(exchange, problem(bad_head, detail_of_bad_head(bad_head)));
  }
  Request& request = exchange.request;
  auto target = parse_target(request.target);
  if (!target) {
    co_return co_await answer(exchange, error_response(request, target.error()));
  }
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  const auto method = method_of(head_->parser.get().method());
  std::vector<Method> allowed;
  // A method that is not known finds no route; the search still tells which ones there are.
  request.method = method.value_or(Method::kGet);
  exchange.route = core_.router.find(request.method, request.path, request.parameters, allowed);
  if (!method && exchange.route != nullptr) {
    allowed = {Method::kGet};
    exchange.route = nullptr;
  }
  if (exchange.route != nullptr) {
    request.pattern = exchange.route->pattern;
  }
  Response response;
  if (exchange.route == nullptr) {
    response = allowed.empty() ? problem(404, "there is nothing at this address", request.path)
                               : problem(405, "not with this method", request.path);
    if (!allowed.empty()) {
      response.headers.set("Allow", allow_list(allowed));
    }
  } else if (exchange.route->socket) {
    co_return co_await serve_socket(exchange);
  } else if (exchange.route->upload) {
    response = co_await receive_upload(exchange);
  } else {
    response = co_await handle(exchange);
  }
  if (gone_) {
    report(exchange, response.status);
    co_return false;
  }
  co_return co_await answer(exchange, std::move(response));
}

Task<Response> Connection::handle(Exchange& exchange) {
  const Route& route = *exchange.route;
  const BodyEnd end = co_await read_text_body(exchange, route.max_body);
  if (end != BodyEnd::kComplete) {
    co_return body_problem(exchange, end, route.max_body);
  }
  Response response;
  const auto job = [&] {
    response = guarded(exchange.request, [&] {
      if (core_.options.before) {
        if (auto refusal = core_.options.before(exchange.request, route)) {
          return std::move(*refusal);
        }
      }
      return route.handle(exchange.request);
    });
  };
  if (route.runs == Runs::kOnWorker) {
    co_await worker_.run(job);
  } else {
    job();
  }
  co_return response;
}

Response Connection::error_response(const Request& request, const Error& error) const {
  return core_.options.on_error ? core_.options.on_error(request, error)
                                : problem(error, request.path);
}

Response Connection::guarded(const Request& request, const std::function<Response()>& job) const {
  try {
    return job();
  } catch (const std::exception& exception) {
    if (core_.options.on_error) {
      return core_.options.on_error(request, Error{.code = Errc::kFault,
                                                   .message = exception.what(),
                                                   .location = request.path,
                                                   .remedy = {}});
    }
  }
  // What went wrong inside is nothing for strangers.
  return problem(500, "the request could not be handled", request.path);
}

void Connection::report(const Exchange& exchange, int status) {
  if (core_.options.on_answered) {
    core_.options.on_answered(exchange.request, status, exchange.sent,
                              std::chrono::duration_cast<std::chrono::microseconds>(
                                  std::chrono::steady_clock::now() - exchange.start));
  }
}

Task<> Connection::pause() {
  event_.expires_at(TimePoint::max());
  co_await event_.async_wait(kAwait);
}

std::function<void()> Connection::waker() {
  return [self = weak_from_this(), executor = core_.loop.get_executor()] {
    asio::post(executor, [self] {
      if (const auto alive = self.lock()) {
        alive->event_.cancel();
      }
    });
  };
}

Task<> Connection::close_gently() {
  if (gone_) {
    co_return;
  }
  timed_out_ = false;
  boost::system::error_code ignored;
  if (stream_.secure()) {
    expires_in(kTlsCloseTime);
    co_await stream_.tls().async_shutdown(kAwait);
  }
  stream_.socket().shutdown(Socket::shutdown_send, ignored);
  // Closing with unread bytes would reset the connection, and the client lose our answer.
  expires_in(kLingerTime);
  buffer_.clear();
  while (linger_ && !timed_out_) {
    const auto [error, count] =
        co_await stream_.socket().async_read_some(buffer_.prepare(kReadAhead), kAwait);
    static_cast<void>(count);
    if (error) {
      break;
    }
  }
  stream_.socket().close(ignored);
}

}  // namespace stepcast::http
