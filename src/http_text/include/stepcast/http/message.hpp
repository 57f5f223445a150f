#pragma once

#include <any>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stepcast::http {

enum class Method : std::uint8_t { kGet, kPost, kPut, kPatch, kDelete };
[[nodiscard]] std::string_view method_name(Method method);  ///< "GET"

/// Header fields in order; names are compared without case.
class Headers {
 public:
  void set(std::string_view name, std::string value);  ///< Replaces all of that name.
  void add(std::string_view name, std::string value);
  /// The first of that name.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const {
    return fields_;
  }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// What a client asks for, decoded and checked.
struct Request {
  Method method = Method::kGet;  ///< HEAD arrives as kGet; the server drops the body.
  /// Percent-decoded, `//` collapsed, without a slash at the end, without `.` and `..`; below the
  /// prefix that the route is mounted at.
  std::string path;
  std::string target;        ///< As sent, for logs.
  std::string_view pattern;  ///< Of the route that was found; empty: none. For metrics.
  std::map<std::string, std::string, std::less<>> parameters;  ///< `{name}` of the route.
  std::vector<std::pair<std::string, std::string>> query;      ///< Decoded, in order.
  Headers headers;
  std::string body;     ///< Empty for uploads, which go to the route's sink.
  std::string remote;   ///< Address of the client, without port.
  bool secure = false;  ///< Came over TLS.
  /// For whoever checks permissions: who asks. Set by Server::Options::before.
  std::any principal;

  [[nodiscard]] std::optional<std::string_view> find_query(std::string_view name) const;
  [[nodiscard]] std::optional<std::string_view> find_cookie(std::string_view name) const;
};

/// Bytes that are not known yet when the answer begins: server-sent text, a camera stream.
///
/// Threads: any; each call hands its bytes to the server's loop.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Queues bytes. @returns false when the client has gone, or reads so slowly that more than
  /// Server::Options::max_queued_bytes wait for it: the stream is over.
  virtual bool write(std::string bytes) = 0;
  /// Bytes that were written and are not yet being sent: for whoever would rather leave something
  /// out than send it late.
  [[nodiscard]] virtual std::size_t waiting() const = 0;
  virtual void close() = 0;
};

/// What is answered. Content-Length, Date and Connection are the server's to write.
struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  /// Instead of `body`: a file, with ranges, ETag and If-None-Match handled by the server.
  std::optional<std::filesystem::path> file;
  /// Instead of `body`: called once on the loop after the head is out.
  std::function<void(std::shared_ptr<ByteStream>)> stream;

  [[nodiscard]] static Response json(std::string text, int status = 200);
  [[nodiscard]] static Response text(std::string text, int status = 200);
  [[nodiscard]] static Response empty(int status = 204);
};

}  // namespace stepcast::http
