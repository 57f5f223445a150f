#include <algorithm>
#include <array>
#include <cstring>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <fmt/format.h>

#include "stepcast/http/problem.hpp"

#include "connection.hpp"
#include "head_parser.hpp"

namespace stepcast::http {
namespace {

// A body that nobody wants is read to its end up to this size, so that the connection can be kept;
// a larger one costs more than a new connection does.
constexpr std::uint64_t kWorthDraining = std::uint64_t{64} * 1024;
// How a body of unknown length grows.
constexpr std::size_t kBodyStep = std::size_t{16} * 1024;

}  // namespace

Task<> Connection::send_continue(Exchange& exchange) {
  if (exchange.expects_continue) {
    exchange.expects_continue = false;
    co_await write("HTTP/1.1 100 Continue\r\n\r\n");
  }
}

Task<std::size_t> Connection::read_body(Exchange& exchange, std::span<char> into) {
  namespace beast_http = boost::beast::http;
  if (exchange.body_complete) {
    co_return 0;
  }
  if (gone_) {  // while a worker had the piece before
    body_broken_ = BodyEnd::kGone;
    co_return 0;
  }
  expires_in(core_.options.idle_timeout);
  boost::system::error_code error;
  std::size_t count = 0;
  if (exchange.chunked) {
    auto& parser = head_->parser;
    auto& body = parser.get().body();
    while (count == 0 && !error && !parser.is_done()) {
      body.data = into.data();
      body.size = into.size();
      body.more = true;
      const auto [failure, taken] =
          co_await beast_http::async_read_some(stream_, buffer_, parser, kAwait);
      static_cast<void>(taken);
      count = into.size() - body.size;
      if (failure != beast_http::error::need_buffer) {
        error = failure;
      }
    }
    exchange.body_complete = parser.is_done();
  } else {
    const auto most =
        static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), exchange.body_left));
    if (buffer_.size() > 0) {
      count = std::min(most, buffer_.size());
      std::memcpy(into.data(), buffer_.data().data(), count);
      buffer_.consume(count);
    } else {
      const auto [failure, taken] =
          co_await stream_.async_read_some(asio::buffer(into.data(), most), kAwait);
      error = failure;
      count = taken;
    }
    exchange.body_left -= count;
    exchange.body_complete = exchange.body_left == 0;
  }
  never_expires();
  exchange.body_read += count;
  if (timed_out_) {
    timed_out_ = false;
    body_broken_ = BodyEnd::kTimeout;
    co_return 0;
  }
  if (error) {
    const bool malformed =
        error.category() == make_error_code(beast_http::error::bad_chunk).category() &&
        error != beast_http::error::end_of_stream && error != beast_http::error::partial_message;
    body_broken_ = malformed ? BodyEnd::kMalformed : BodyEnd::kGone;
    gone_ = gone_ || !malformed;
    co_return 0;
  }
  co_return count;
}

Task<Connection::BodyEnd> Connection::read_text_body(Exchange& exchange, std::size_t limit) {
  if (exchange.body_complete) {
    co_return BodyEnd::kComplete;
  }
  if (exchange.body_left > limit) {
    co_return BodyEnd::kTooLarge;
  }
  co_await send_continue(exchange);
  std::string& body = exchange.request.body;
  while (!exchange.body_complete) {
    const std::size_t have = body.size();
    // Grows with what has come, not with what was announced. One byte more shows an overrun.
    body.resize(std::min(have + std::max(kBodyStep, have), limit + 1));
    const std::size_t count =
        co_await read_body(exchange, std::span(body.data() + have, body.size() - have));
    body.resize(have + count);
    if (body.size() > limit) {
      co_return BodyEnd::kTooLarge;
    }
    if (count == 0 && !exchange.body_complete) {
      co_return body_broken_;
    }
  }
  co_return BodyEnd::kComplete;
}

Task<bool> Connection::drain_body(Exchange& exchange) {
  if (exchange.body_complete) {
    co_return true;
  }
  if (exchange.expects_continue || exchange.chunked || exchange.body_left > kWorthDraining ||
      body_broken_ != BodyEnd::kComplete) {
    co_return false;
  }
  std::array<char, 4096> unwanted{};
  while (!exchange.body_complete) {
    if (co_await read_body(exchange, unwanted) == 0) {
      break;
    }
  }
  co_return exchange.body_complete;
}

Response Connection::body_problem(const Exchange& exchange, BodyEnd end, std::size_t limit) const {
  const std::string& path = exchange.request.path;
  switch (end) {
    case BodyEnd::kTooLarge:
      return problem(413, fmt::format("the body is larger than {} bytes", limit), path);
    case BodyEnd::kTimeout:
      return problem(408,
                     fmt::format("the body stopped after {} bytes for more than {} ms",
                                 exchange.body_read, core_.options.idle_timeout.count()),
                     path);
    default:
      return problem(400, "the body breaks off, or its chunks are not well-formed", path);
  }
}

}  // namespace stepcast::http
