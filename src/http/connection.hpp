#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <boost/beast/core/flat_buffer.hpp>

#include "stepcast/http/message.hpp"
#include "stepcast/http/response_head.hpp"
#include "stepcast/http/router.hpp"

#include "any_stream.hpp"
#include "core.hpp"
#include "loop.hpp"
#include "outbox.hpp"

namespace stepcast::http {

/// The head as Beast parsed it; a type of its own, so that only two files compile Beast's parser.
struct HeadParser;

/// One request and what is known of its answer.
struct Exchange {
  Request request{};
  const Route* route = nullptr;
  bool head_only = false;  ///< HEAD
  bool http10 = false;
  bool keep_alive = true;
  bool expects_continue = false;  ///< 100 is still to be sent before the body comes.
  bool chunked = false;
  bool upgrade = false;         ///< To a WebSocket.
  std::uint64_t body_left = 0;  ///< Of a body that is not chunked.
  std::uint64_t body_read = 0;
  bool body_complete = true;
  TimePoint start{};
  std::size_t sent = 0;  ///< Bytes of the answer's body.
};

/// One client: reads requests, has them handled, answers in order.
///
/// Threads: the loop. Owned by its coroutine, run().
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Core& core, Socket socket, std::string remote);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  Connection(Connection&&) = delete;
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  [[nodiscard]] Task<> run();

  /// Breaks off what has waited for too long.
  void expire(TimePoint now);
  /// Ends after the request under way; at once if there is none.
  void begin_stop();
  /// Ends now.
  void abort();

 private:
  // connection.cpp: the life of a connection and of a request
  Task<bool> shake_hands();
  Task<bool> wait_for_request();
  Task<bool> serve();
  Task<int> read_head(Exchange& exchange);
  void forget_head();  ///< Beast's copy of it, once the body has been read.
  Task<Response> handle(Exchange& exchange);
  Task<> close_gently();

  // connection_body.cpp
  enum class BodyEnd : std::uint8_t { kComplete, kTooLarge, kTimeout, kGone, kMalformed };
  /// Sends 100 if the client waits for it. To be called before the first read_body().
  Task<> send_continue(Exchange& exchange);
  /// Reads at most so many bytes. @returns 0: the body is complete, or body_broken_ says why not.
  Task<std::size_t> read_body(Exchange& exchange, std::span<char> into);
  Task<BodyEnd> read_text_body(Exchange& exchange, std::size_t limit);
  Task<bool> drain_body(Exchange& exchange);
  [[nodiscard]] Response body_problem(const Exchange& exchange, BodyEnd end,
                                      std::size_t limit) const;

  // connection_upload.cpp
  Task<Response> receive_upload(Exchange& exchange);
  Task<Response> receive_parts(Exchange& exchange, std::string_view boundary,
                               std::unique_ptr<UploadSink>& sink);

  // connection_answer.cpp
  Task<bool> answer(Exchange& exchange, Response response);
  [[nodiscard]] Framing framing_of(const Exchange& exchange);
  Task<bool> send_text(Exchange& exchange, const Response& response);
  /// What is left to do once the head of an answer is out.
  enum class HeadSent : std::uint8_t { kBodyFollows, kAnswered, kGone };
  Task<HeadSent> send_head(Exchange& exchange, const Response& response, const Framing& framing);
  Task<bool> send_file(Exchange& exchange, Response& response);
  Task<bool> send_stream(Exchange& exchange, Response& response);
  Task<bool> send_chunks(Exchange& exchange, Outbox& outbox);
  void watch_for_end(const std::shared_ptr<Outbox>& outbox);
  Task<bool> write(std::string_view bytes);

  // connection_socket.cpp
  Task<bool> serve_socket(Exchange& exchange);
  Task<> run_socket(std::unique_ptr<SocketHandler> handler);

  [[nodiscard]] Response error_response(const Request& request, const Error& error) const;
  /// What the caller's job answers; 500 for an exception.
  [[nodiscard]] Response guarded(const Request& request,
                                 const std::function<Response()>& job) const;
  void report(const Exchange& exchange, int status);
  void expires_in(std::chrono::milliseconds time);
  void never_expires() { deadline_ = TimePoint::max(); }
  /// Waits until the outbox that was found empty wakes the coroutine.
  Task<> pause();
  /// Something that wakes the coroutine from any thread, even when the connection is no more.
  std::function<void()> waker();

  Core& core_;
  AnyStream stream_;
  std::string remote_;
  boost::beast::flat_buffer buffer_;
  std::unique_ptr<HeadParser> head_;
  WorkerSlot worker_;
  Timer event_;
  TimePoint deadline_ = TimePoint::max();
  std::shared_ptr<Outbox> outbox_;  ///< Of the stream or WebSocket that is open.
  BodyEnd body_broken_ = BodyEnd::kComplete;
  bool timed_out_ = false;
  bool idle_ = false;    ///< Between two requests.
  bool gone_ = false;    ///< Nothing can be sent any more.
  bool linger_ = false;  ///< The client may still be sending: let it read our answer first.
};

}  // namespace stepcast::http
