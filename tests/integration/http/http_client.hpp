#pragma once

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace stepcast::http {

/// A client that sends exactly what it is told, and understands as much of answers as tests need.
class RawClient {
 public:
  struct Answer {
    int status = 0;
    std::map<std::string, std::string> headers;  ///< Names in lower case.
    std::string body;
  };

  /// @param receive_buffer bytes; 0: the system's. Small: what a client does not read backs up.
  explicit RawClient(std::uint16_t port, int receive_buffer = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) {
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  RawClient(RawClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)),
        connected_(other.connected_),
        ended_(other.ended_),
        unread_(std::move(other.unread_)) {}
  RawClient& operator=(RawClient&&) = delete;
  ~RawClient() { disconnect(); }

  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] int descriptor() const { return socket_; }

  /// @returns false when the server has closed.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) {
        return false;
      }
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  /// The next answer; status 0 when the connection ends or nothing comes for ten seconds.
  Answer read(bool of_head = false) {
    Answer answer;
    std::size_t end = std::string::npos;
    while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) {
        return answer;
      }
    }
    parse_head(take(end + 4), answer);
    if (of_head || answer.status < 200 || answer.status == 204 || answer.status == 304) {
      return answer;
    }
    if (answer.headers.count("content-length") > 0) {
      answer.body = take(std::strtoull(answer.headers["content-length"].c_str(), nullptr, 10));
    } else if (answer.headers.count("transfer-encoding") > 0) {
      while (true) {
        const std::string chunk = read_chunk();
        if (chunk.empty()) {
          break;
        }
        answer.body += chunk;
      }
    } else {
      while (receive()) {
      }
      answer.body = std::exchange(unread_, {});
    }
    return answer;
  }

  Answer ask(std::string_view request) {
    send(request);
    return read();
  }

  Answer get(std::string_view target) {
    return ask("GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n\r\n");
  }

  /// The bytes of one chunk; empty at the end.
  std::string read_chunk() {
    std::size_t end = std::string::npos;
    while ((end = unread_.find("\r\n")) == std::string::npos) {
      if (!receive()) {
        return "";
      }
    }
    const std::string line = take(end + 2);
    std::string chunk = take(std::strtoull(line.c_str(), nullptr, 16) + 2);
    chunk.resize(chunk.size() - std::min<std::size_t>(2, chunk.size()));
    return chunk;
  }

  /// Exactly so many bytes, fewer only at the end of the connection.
  std::string take(std::size_t size) {
    while (unread_.size() < size && receive()) {
    }
    const std::size_t count = std::min(size, unread_.size());
    std::string bytes = unread_.substr(0, count);
    unread_.erase(0, count);
    return bytes;
  }

  /// Does the server close within ten seconds?
  bool is_closed() {
    while (receive()) {
    }
    return ended_;
  }

  void disconnect() {
    if (socket_ >= 0) {
      ::close(std::exchange(socket_, -1));
    }
  }
  /// Without the orderly end: the other side gets a reset.
  void reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    disconnect();
  }

 private:
  bool receive() {
    constexpr int kPatienceMs = 10'000;
    pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
    if (ended_ || ::poll(&waiting, 1, kPatienceMs) <= 0) {
      return false;
    }
    char bytes[65536];
    const ssize_t count = ::recv(socket_, bytes, sizeof(bytes), 0);
    if (count <= 0) {
      ended_ = true;
      return false;
    }
    unread_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  static void parse_head(const std::string& head, Answer& answer) {
    answer.status = std::atoi(head.c_str() + head.find(' '));
    std::size_t at = head.find("\r\n") + 2;
    while (at + 2 < head.size()) {
      const std::size_t end = head.find("\r\n", at);
      const std::size_t colon = head.find(':', at);
      std::string name = head.substr(at, colon - at);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      answer.headers[name] = head.substr(colon + 2, end - colon - 2);
      at = end + 2;
    }
  }

  int socket_;
  bool connected_ = false;
  bool ended_ = false;
  std::string unread_;
};

}  // namespace stepcast::http
