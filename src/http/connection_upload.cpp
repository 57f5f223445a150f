#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "stepcast/http/multipart.hpp"
#include "stepcast/http/problem.hpp"
#include "stepcast/http/text.hpp"

#include "connection.hpp"

namespace stepcast::http {
namespace {

// Two of these per upload are all the memory that it takes: one fills while the other is written.
constexpr std::size_t kUploadPiece = std::size_t{512} * 1024;

// In place of a status: there is nothing to answer yet.
constexpr int kAllTaken = 0;

std::string_view media_type(std::string_view content_type) {
  return trimmed(content_type.substr(0, content_type.find(';')));
}

}  // namespace

Task<Response> Connection::receive_upload(Exchange& exchange) {
  Request& request = exchange.request;
  const Route& route = *exchange.route;
  const std::string content_type(request.headers.find("Content-Type").value_or(""));
  const std::string_view type = media_type(content_type);
  const bool in_parts = same_text(type, "multipart/form-data");
  std::string boundary;
  if (in_parts) {
    auto parsed = parse_boundary(content_type);
    if (!parsed) {
      co_return error_response(request, parsed.error());
    }
    boundary = std::move(*parsed);
  } else if (!exchange.body_complete && !same_text(type, "application/json") &&
             !same_text(type, "application/x-www-form-urlencoded")) {
    co_return problem(415, fmt::format("'{}' is not multipart/form-data", type), request.path);
  }
  const std::size_t limit = in_parts ? route.max_body : std::min(route.max_body, kMaxUploadText);
  if (exchange.body_left > limit) {
    co_return body_problem(exchange, BodyEnd::kTooLarge, limit);
  }
  if (!in_parts) {
    const BodyEnd end = co_await read_text_body(exchange, limit);
    if (end != BodyEnd::kComplete) {
      co_return body_problem(exchange, end, limit);
    }
  }
  std::unique_ptr<UploadSink> sink;
  Response response;
  co_await worker_.run([&] {
    response = guarded(request, [&] {
      if (core_.options.before) {
        if (auto refusal = core_.options.before(request, route)) {
          return std::move(*refusal);
        }
      }
      auto opened = route.upload(request);
      if (!opened) {
        return error_response(request, opened.error());
      }
      sink = std::move(*opened);
      return in_parts ? Response{} : sink->finish();
    });
  });
  if (sink && in_parts) {
    response = co_await receive_parts(exchange, boundary, sink);
  }
  // Dropping a half-written file is disk work.
  co_await worker_.run([&] { sink.reset(); });
  co_return response;
}

Task<Response> Connection::receive_parts(Exchange& exchange, std::string_view boundary,
                                         std::unique_ptr<UploadSink>& sink) {
  Request& request = exchange.request;
  const Counted counted(core_.open_uploads);
  const std::size_t limit = exchange.route->max_body;
  MultipartParser parser(boundary, *sink);
  std::optional<Response> failure;
  const auto take = [&](std::span<const char> bytes) {
    Response refusal = guarded(request, [&] {
      auto taken = parser.push(bytes);
      return taken ? Response::empty(kAllTaken) : error_response(request, taken.error());
    });
    if (refusal.status != kAllTaken) {
      failure = std::move(refusal);
    }
  };
  co_await send_continue(exchange);
  const std::size_t piece_size =
      exchange.chunked
          ? kUploadPiece
          : static_cast<std::size_t>(std::min<std::uint64_t>(kUploadPiece, exchange.body_left));
  std::array<std::vector<char>, 2> pieces{std::vector<char>(piece_size),
                                          std::vector<char>(piece_size)};
  std::size_t turn = 0;
  BodyEnd end = BodyEnd::kComplete;
  while (!exchange.body_complete && end == BodyEnd::kComplete) {
    const std::span<char> piece(pieces.at(turn));
    std::size_t filled = 0;
    while (filled < piece.size() && !exchange.body_complete) {
      const std::size_t count = co_await read_body(exchange, piece.subspan(filled));
      if (count == 0 && !exchange.body_complete) {
        end = body_broken_;
        break;
      }
      filled += count;
      core_.upload_bytes += count;
    }
    co_await worker_.wait();
    if (failure) {
      break;
    }
    if (exchange.body_read > limit) {
      end = BodyEnd::kTooLarge;
    }
    if (end == BodyEnd::kComplete) {
      worker_.start([&take, piece, filled] { take(piece.first(filled)); });
      turn = 1 - turn;
    }
  }
  co_await worker_.wait();
  if (failure) {
    co_return std::move(*failure);
  }
  if (end != BodyEnd::kComplete) {
    co_return body_problem(exchange, end, limit);
  }
  Response response;
  co_await worker_.run([&] {
    response = guarded(request, [&] {
      auto whole = parser.finish();
      return whole ? sink->finish() : error_response(request, whole.error());
    });
  });
  co_return response;
}

}  // namespace stepcast::http
