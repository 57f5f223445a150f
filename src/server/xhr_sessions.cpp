#include "xhr_sessions.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "stepcast/http/problem.hpp"
#include "stepcast/octoprint/sockjs.hpp"
#include "stepcast/server/authentication.hpp"

namespace stepcast::server::octoprint {
namespace {

namespace sockjs = stepcast::octoprint::sockjs;
using Clock = std::chrono::steady_clock;

// What SockJS asks for, so that browsers and proxies begin to pass on what comes.
constexpr std::size_t kPreludeBytes = 2048;
// A streaming answer ends here and the client comes back, or browsers would keep all of it.
constexpr std::size_t kMostStreamed = std::size_t{128} * 1024;
constexpr std::chrono::seconds kHeartbeatEach{25};
// A client that does not come back for its messages has gone.
constexpr std::chrono::seconds kSessionLife{5};
constexpr std::size_t kMostSessions = 1000;
constexpr std::size_t kMostWaiting = std::size_t{1} << 20;
constexpr int kAnotherReceiver = 2010;

// Who may use a session: the one who opened it.
std::string owner_of(const http::Request& request) {
  return fmt::format("{} {}", request.remote, principal(request).key_id);
}

std::string session_name(const jobs::Runner& runner, const http::Request& request) {
  const auto parameter = [&](std::string_view name) -> std::string_view {
    const auto found = request.parameters.find(name);
    return found == request.parameters.end() ? std::string_view() : std::string_view(found->second);
  };
  return fmt::format("{}/{}/{}", runner.identity().id, parameter("server"), parameter("session"));
}

}  // namespace

// Keeps what waits for a session, and the answer under way that takes it.
class XhrSessions::Channel final : public PushChannel {
 public:
  void send(const std::string& message) override {
    const std::scoped_lock lock(mutex_);
    waiting_bytes_ += message.size();
    waiting_.push_back(message);
    flush();
  }
  void send_latest(const std::string& message) override {
    const std::scoped_lock lock(mutex_);
    latest_ = message;
    flush();
  }

  void receive(std::shared_ptr<http::ByteStream> stream, Transport transport) {
    const std::scoped_lock lock(mutex_);
    if (receiver_ && receiver_->write("")) {
      stream->write(sockjs::close_frame(kAnotherReceiver, "Another connection still open") + "\n");
      stream->close();
      return;
    }
    receiver_ = std::move(stream);
    transport_ = transport;
    streamed_ = 0;
    heard_ = Clock::now();
    if (transport == Transport::kStreaming) {
      receiver_->write(std::string(kPreludeBytes, 'h') + "\n");
    }
    if (!open_) {
      open_ = true;
      write(std::string(sockjs::kOpenFrame));
    }
    flush();
  }

  /// @returns whether the session is over.
  bool tick(Clock::time_point now) {
    const std::scoped_lock lock(mutex_);
    if (receiver_ && now - heard_ > kHeartbeatEach) {
      write(std::string(sockjs::kHeartbeatFrame));
    }
    if (receiver_ && !receiver_->write("")) {
      end_answer();
    }
    return waiting_bytes_ > kMostWaiting || (!receiver_ && now - heard_ > kSessionLife);
  }

  void close() {
    const std::scoped_lock lock(mutex_);
    end_answer();
  }

 private:
  void flush() {
    while (receiver_ && (!waiting_.empty() || latest_)) {
      std::string message;
      if (!waiting_.empty()) {
        message = std::move(waiting_.front());
        waiting_.pop_front();
        waiting_bytes_ -= message.size();
      } else {
        message = std::move(*latest_);
        latest_.reset();
      }
      write(sockjs::message_frame(message));
    }
  }

  void write(std::string frame) {
    frame += '\n';
    streamed_ += frame.size();
    heard_ = Clock::now();
    const bool taken = receiver_->write(std::move(frame));
    if (!taken || transport_ == Transport::kPolling || streamed_ > kMostStreamed) {
      end_answer();
    }
  }

  void end_answer() {
    if (receiver_) {
      receiver_->close();
      receiver_.reset();
      heard_ = Clock::now();
    }
  }

  std::mutex mutex_;
  std::deque<std::string> waiting_;
  std::optional<std::string> latest_;
  std::size_t waiting_bytes_ = 0;
  std::shared_ptr<http::ByteStream> receiver_;
  Transport transport_ = Transport::kPolling;
  std::size_t streamed_ = 0;
  bool open_ = false;
  Clock::time_point heard_ = Clock::now();  ///< When something was last written, or the end.
};

http::Response XhrSessions::receive(jobs::Runner& runner, const http::Request& request,
                                    Transport transport) {
  const std::string name = session_name(runner, request);
  std::string owner = owner_of(request);
  std::shared_ptr<Session> session;
  {
    const std::scoped_lock lock(mutex_);
    auto& slot = sessions_[name];
    if (!slot) {
      if (sessions_.size() > kMostSessions) {
        sessions_.erase(name);
        return http::problem(503, "too many sessions are open", request.path);
      }
      slot = std::make_shared<Session>();
      slot->owner = std::move(owner);
      slot->channel = std::make_shared<Channel>();
      slot->client = std::make_unique<PushClient>(hub_, runner, principal(request), slot->channel);
    } else if (slot->owner != owner) {
      return http::problem(404, "there is no such session", request.path);
    }
    session = slot;
  }
  http::Response response;
  response.headers.set("Content-Type", "application/javascript; charset=UTF-8");
  response.headers.set("Cache-Control", "no-store");
  response.stream = [session, transport](std::shared_ptr<http::ByteStream> stream) {
    session->channel->receive(std::move(stream), transport);
  };
  return response;
}

http::Response XhrSessions::send(const jobs::Runner& runner, const http::Request& request) {
  std::shared_ptr<Session> session;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = sessions_.find(session_name(runner, request));
    if (found != sessions_.end() && found->second->owner == owner_of(request)) {
      session = found->second;
    }
  }
  if (!session) {
    return http::problem(404, "there is no such session", request.path);
  }
  const std::scoped_lock lock(session->receiving);
  for (const std::string& message : sockjs::messages_in(request.body)) {
    session->client->received(message);
  }
  return http::Response::empty();
}

void XhrSessions::tick() {
  const auto now = Clock::now();
  std::vector<std::shared_ptr<Session>> ended;  // dropped without the lock
  const std::scoped_lock lock(mutex_);
  for (auto at = sessions_.begin(); at != sessions_.end();) {
    if (at->second->channel->tick(now)) {
      at->second->channel->close();
      ended.push_back(std::move(at->second));
      at = sessions_.erase(at);
    } else {
      ++at;
    }
  }
}

}  // namespace stepcast::server::octoprint
