#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "stepcast/http/file_answer.hpp"
#include "stepcast/http/problem.hpp"
#include "stepcast/http/response_head.hpp"

#include "connection.hpp"
#include "file_reader.hpp"

namespace stepcast::http {
namespace {

// Sent in one call, and the time limit starts anew with each: what a slow line moves within it.
constexpr std::size_t kWriteSlice = std::size_t{256} * 1024;
// Up to here a copy behind the head is cheaper than a second call.
constexpr std::size_t kWorthCopying = std::size_t{32} * 1024;

class StreamHandle final : public ByteStream {
 public:
  explicit StreamHandle(std::shared_ptr<Outbox> outbox) : outbox_(std::move(outbox)) {}
  StreamHandle(const StreamHandle&) = delete;
  StreamHandle& operator=(const StreamHandle&) = delete;
  StreamHandle(StreamHandle&&) = delete;
  StreamHandle& operator=(StreamHandle&&) = delete;
  ~StreamHandle() override { outbox_->finish(); }

  bool write(std::string bytes) override {
    return outbox_->push({.bytes = std::move(bytes), .binary = true, .close_code = std::nullopt});
  }
  [[nodiscard]] std::size_t waiting() const override { return outbox_->waiting(); }
  void close() override { outbox_->finish(); }

 private:
  std::shared_ptr<Outbox> outbox_;
};

}  // namespace

Task<bool> Connection::write(std::string_view bytes) {
  while (!bytes.empty() && !gone_) {
    const std::string_view slice = bytes.substr(0, kWriteSlice);
    bytes.remove_prefix(slice.size());
    expires_in(core_.options.idle_timeout);
    const auto [error, count] =
        co_await asio::async_write(stream_, asio::buffer(slice.data(), slice.size()), kAwait);
    static_cast<void>(count);
    never_expires();
    if (error || timed_out_) {
      gone_ = true;
      boost::system::error_code ignored;
      stream_.socket().close(ignored);
    }
  }
  co_return !gone_;
}

Task<bool> Connection::answer(Exchange& exchange, Response response) {
  if (!co_await drain_body(exchange)) {
    exchange.keep_alive = false;
    linger_ = true;
  }
  exchange.keep_alive = exchange.keep_alive && !core_.stopping;
  forget_head();
  bool sent = false;
  if (response.file) {
    sent = co_await send_file(exchange, response);
  } else if (response.stream) {
    sent = co_await send_stream(exchange, response);
  } else {
    sent = co_await send_text(exchange, response);
  }
  report(exchange, response.status);
  co_return sent&& exchange.keep_alive && !gone_;
}

Task<bool> Connection::send_text(Exchange& exchange, const Response& response) {
  Framing framing = framing_of(exchange);
  framing.length = response.body.size();
  auto head = response_head(response.status, response.headers, framing);
  if (!head) {
    const Response broken = problem(500, "the answer has a header that is not one line");
    co_return co_await send_text(exchange, broken);
  }
  const bool has_body = !exchange.head_only && response.status != 204 && response.status != 304;
  const std::string_view body = has_body ? std::string_view(response.body) : std::string_view();
  exchange.sent = body.size();
  if (body.size() <= kWorthCopying) {
    head->append(body);
    co_return co_await write(*head);
  }
  if (!co_await write(*head)) {
    co_return false;
  }
  co_return co_await write(body);
}

Framing Connection::framing_of(const Exchange& exchange) {
  return {.length = std::nullopt,
          .chunked = false,
          .keep_alive = exchange.keep_alive,
          .http10 = exchange.http10,
          .date = core_.date()};
}

Task<Connection::HeadSent> Connection::send_head(Exchange& exchange, const Response& response,
                                                 const Framing& framing) {
  const auto head = response_head(response.status, response.headers, framing);
  if (!head) {
    const Response broken = problem(500, "the answer has a header that is not one line");
    const bool sent = co_await send_text(exchange, broken);
    co_return sent ? HeadSent::kAnswered : HeadSent::kGone;
  }
  if (!co_await write(*head)) {
    co_return HeadSent::kGone;
  }
  co_return exchange.head_only ? HeadSent::kAnswered : HeadSent::kBodyFollows;
}

Task<bool> Connection::send_file(Exchange& exchange, Response& response) {
  FileReader reader;
  Result<FileFacts> facts{};
  co_await worker_.run([&] { facts = reader.open(*response.file); });
  if (!facts) {
    const Response refusal = error_response(exchange.request, facts.error());
    response.status = refusal.status;
    co_return co_await send_text(exchange, refusal);
  }
  const FileAnswer plan = answer_file(exchange.request.headers, *facts);
  if (response.status == 200) {
    response.status = plan.status;
  }
  for (const auto& [name, value] : plan.headers.all()) {
    response.headers.set(name, value);
  }
  if (!response.headers.find("Content-Type")) {
    response.headers.set("Content-Type", std::string(content_type_of(*response.file)));
  }
  Framing framing = framing_of(exchange);
  framing.length = plan.length;
  const auto begun = co_await send_head(exchange, response, framing);
  if (begun != HeadSent::kBodyFollows) {
    co_return begun == HeadSent::kAnswered;
  }
  // One piece is read while the one before is sent.
  const auto piece_size =
      static_cast<std::size_t>(std::min<std::uint64_t>(plan.length, kWriteSlice));
  std::array<std::vector<char>, 2> pieces{std::vector<char>(piece_size),
                                          std::vector<char>(piece_size)};
  std::uint64_t offset = plan.first;
  std::uint64_t left = plan.length;
  std::size_t count = 0;
  std::size_t turn = 0;
  const auto read_next = [&] {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece_size));
    count = reader.read_at(offset, std::span(pieces.at(turn)).first(most));
  };
  if (left > 0) {
    co_await worker_.run(read_next);
  }
  bool sent = true;
  while (left > 0 && sent && count > 0) {
    const std::string_view bytes(pieces.at(turn).data(), count);
    left -= count;
    offset += count;
    exchange.sent += count;
    turn = 1 - turn;
    if (left > 0) {
      worker_.start(read_next);
    }
    sent = co_await write(bytes);
    co_await worker_.wait();
  }
  // A file that shrank cannot be what was announced: the client learns it by the end.
  co_return sent&& left == 0;
}

Task<bool> Connection::send_stream(Exchange& exchange, Response& response) {
  exchange.keep_alive = exchange.keep_alive && !exchange.http10;
  Framing framing = framing_of(exchange);
  framing.chunked = !exchange.http10;
  const auto begun = co_await send_head(exchange, response, framing);
  if (begun != HeadSent::kBodyFollows) {
    co_return begun == HeadSent::kAnswered;
  }
  const auto outbox = std::make_shared<Outbox>(core_.options.max_queued_bytes, waker());
  outbox_ = outbox;
  if (core_.stopping) {
    outbox->finish();
  }
  watch_for_end(outbox);
  auto open = std::exchange(response.stream, nullptr);
  bool opened = true;
  try {
    open(std::make_shared<StreamHandle>(outbox));
  } catch (const std::exception&) {
    opened = false;  // the head is out: only the end of the connection can tell
  }
  bool complete = false;
  if (opened) {
    complete = co_await send_chunks(exchange, *outbox);
  }
  outbox->shut();
  outbox_.reset();
  boost::system::error_code ignored;
  stream_.socket().cancel(ignored);  // the watch
  if (!complete || exchange.http10) {
    co_return complete;
  }
  co_return co_await write("0\r\n\r\n");
}

Task<bool> Connection::send_chunks(Exchange& exchange, Outbox& outbox) {
  while (!gone_) {
    Outbox::Next next = outbox.pop();
    if (next.overflowed) {
      abort();
    } else if (next.item && !next.item->close_code) {
      const std::string& bytes = next.item->bytes;
      if (bytes.empty()) {
        continue;  // an empty chunk would be the end
      }
      exchange.sent += bytes.size();
      if (exchange.http10) {
        co_await write(bytes);
      } else {
        std::string chunk = fmt::format("{:x}\r\n", bytes.size());
        chunk += bytes;
        chunk += "\r\n";
        co_await write(chunk);
      }
    } else if (next.item || next.over) {
      co_return !gone_;
    } else {
      co_await pause();
    }
  }
  co_return false;
}

void Connection::watch_for_end(const std::shared_ptr<Outbox>& outbox) {
  // A stream may have nothing to say for long: the end of the client's side tells that it has gone.
  stream_.socket().async_wait(
      Socket::wait_read, [self = weak_from_this(),
                          watched = std::weak_ptr(outbox)](const boost::system::error_code& error) {
        const auto alive = self.lock();
        const auto open = watched.lock();
        if (error || !alive || !open || alive->outbox_ != open) {
          return;
        }
        boost::system::error_code ignored;
        if (alive->stream_.socket().available(ignored) == 0) {
          alive->abort();
        }
      });
}

}  // namespace stepcast::http
