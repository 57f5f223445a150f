#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/http/message.hpp"

namespace stepcast::http {

/// One part of a multipart/form-data body.
struct Part {
  std::string name;
  std::string
      file_name;  ///< Of `filename*` (RFC 5987) if given, else of `filename`; empty: a field.
  std::string content_type;
};

/// Takes an upload piece by piece, so that memory does not grow with it.
///
/// Threads: a worker, one call at a time. Destroyed without finish(): the upload broke off.
class UploadSink {
 public:
  virtual ~UploadSink() = default;
  /// A part begins. An error ends the upload with the status of its code.
  [[nodiscard]] virtual Result<void> begin(const Part& part) = 0;
  [[nodiscard]] virtual Result<void> write(std::span<const char> bytes) = 0;
  /// The part is complete.
  [[nodiscard]] virtual Result<void> end() = 0;
  /// All parts are complete.
  [[nodiscard]] virtual Response finish() = 0;
};

/// Sends to one WebSocket client.
///
/// Threads: any. Events are never dropped; a client that lets more than max_queued_bytes of them
/// wait is disconnected. Of telemetry only the latest of each topic waits.
class SocketWriter {
 public:
  virtual ~SocketWriter() = default;
  virtual void send_text(std::string text) = 0;
  virtual void send_binary(std::string bytes) = 0;
  /// Replaces what waits under the same topic.
  virtual void send_latest(std::uint32_t topic, std::string bytes, bool binary) = 0;
  virtual void close(std::uint16_t code, std::string reason) = 0;
};

/// The server's end of one WebSocket. Threads: the loop; must return soon.
class SocketHandler {
 public:
  virtual ~SocketHandler() = default;
  virtual void opened(std::shared_ptr<SocketWriter> writer) = 0;
  virtual void received(std::string_view message, bool binary) = 0;
  virtual void closed() = 0;
};

/// Where a handler runs.
enum class Runs : std::uint8_t {
  kOnLoop,    ///< Answers from memory at once; everything else waits for it.
  kOnWorker,  ///< May block: disk, database, hashing.
};

/// Whether a signed address may stand for a login (server::Gate): of images and downloads, which
/// browsers and messengers fetch without headers.
enum class Signable : std::uint8_t {
  kNot,
  kAddress,  ///< The signature covers path and query.
  /// The path alone: the query chooses between what its maker may read anyway, and clients change
  /// it.
  kPath,
};

/// The longest text that an upload route takes in place of parts: names and options.
inline constexpr std::size_t kMaxUploadText = std::size_t{1} << 20;

struct Route {
  Method method = Method::kGet;
  /// Segments of text, `{name}` for one segment, `{name...}` at the end for the rest.
  /// Text beats `{name}` beats `{name...}`, of which the rest is at least one segment.
  std::string pattern;
  /// What the caller may do; given to Server::Options::before. Empty: open to all.
  std::string permission;
  Runs runs = Runs::kOnLoop;
  /// Exactly one of these. An upload and its sink always run on a worker; its request may also come
  /// with a body that is not multipart/form-data: JSON, a form or nothing. That body is then in
  /// Request::body, at most kMaxUploadText of it, and the sink sees finish() only. Others are
  /// refused (415).
  std::function<Response(Request&)> handle;
  std::function<Result<std::unique_ptr<UploadSink>>(Request&)> upload;
  std::function<Result<std::unique_ptr<SocketHandler>>(Request&)> socket;
  /// Larger bodies are refused (413). Of uploads: of all parts together.
  std::size_t max_body = std::size_t{1} << 20;
  /// What a call takes of its address's allowance (server::Gate); 0: nothing. Of routes that hash
  /// passwords or read whole tables.
  std::uint16_t cost = 0;
  Signable signable = Signable::kNot;
};

/// Finds the route of a request. Built once, then read only.
class Router {
 public:
  /// Aborts on two routes of the same method and shape: a programming error.
  void add(Route route);
  /// `path` as Request::path. Sets `parameters`.
  /// @returns nullptr; `allowed` then lists the methods of routes that match but for the method.
  [[nodiscard]] const Route* find(Method method, std::string_view path,
                                  std::map<std::string, std::string, std::less<>>& parameters,
                                  std::vector<Method>& allowed) const;
  [[nodiscard]] std::span<const std::unique_ptr<Route>> routes() const { return routes_; }

 private:
  struct Node;

  std::vector<std::unique_ptr<Route>> routes_;
  std::shared_ptr<Node> root_;  ///< Made by the first add(); shared only to hide its type.
};

}  // namespace stepcast::http
