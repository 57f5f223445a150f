#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stepcast/base/result.hpp"

namespace stepcast::outbound {

/// What is asked of another server.
struct Request {
  std::string method = "GET";
  std::string url{};  ///< http, https
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  /// Sent as multipart/form-data in place of `body`. A file is streamed from disk.
  struct Part {
    std::string name{};
    std::string value{};
    std::filesystem::path file{};  ///< Empty: `value` is a field.
    std::string file_name{};       ///< As the server shall see it.
    std::string content_type{};
  };
  std::vector<Part> parts{};
  std::chrono::milliseconds connect_timeout{5'000};
  /// Of the whole exchange; zero: as long as bytes move within `connect_timeout` of each other.
  std::chrono::milliseconds timeout{10'000};
  std::size_t max_answer = std::size_t{8} << 20;  ///< More is an error, not cut off.
  /// PEM: who signs the certificate of the server; empty: those whom the system trusts.
  std::filesystem::path authorities{};
  /// Breaks off within a second: kInterrupted.
  std::stop_token stop{};
};

struct Answer {
  int status{};
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};  ///< Names in lower case.
};

/// Asks once; follows no redirection and tries nothing again.
/// @returns kNetwork: no answer (says why); kInvalidArgument: no URL of http or https, or a header
/// with a line break; kNotFound: the file of a part; kFull: the answer is larger than max_answer.
/// A status of 400 and above is an answer, not an error. Errors name host and port, never the rest
/// of the URL, which may hold a secret. Proxies of the environment are used, but not towards this
/// machine.
///
/// Threads: any; blocks up to the timeouts.
[[nodiscard]] Result<Answer> ask(const Request& request);

/// Takes the body of an answer as it comes, after its head; without bytes about once a second while
/// nothing comes. Returns whether to go on.
using TakeBody = std::function<bool(const Answer& head, std::string_view bytes)>;
/// As ask(), for answers that are long or have no end; of max_answer nothing is asked.
/// @returns the head, also when `take` ended it.
[[nodiscard]] Result<Answer> receive(const Request& request, const TakeBody& take);

struct Mail {
  std::string server{};  ///< `smtp://host:587`, `smtps://host:465`
  std::string user{};    ///< Empty: without logging in.
  std::string password{};
  /// Refuse to send anything, the password above all, in the clear.
  bool require_tls = true;
  std::string from{};
  std::vector<std::string> to{};
  std::string subject{};
  std::string text{};
  struct Attachment {
    std::string name{};
    std::string content_type{};
    std::string bytes{};
  };
  std::optional<Attachment> attachment{};
  std::chrono::milliseconds timeout{20'000};
  /// PEM: who signs the certificate of the server; empty: those whom the system trusts.
  std::filesystem::path authorities{};
};

/// @returns kNetwork, naming what the server said; kInvalidArgument: an address with a line break.
/// Threads: any; blocks up to the timeout.
[[nodiscard]] Result<void> send_mail(const Mail& mail);

}  // namespace stepcast::outbound
