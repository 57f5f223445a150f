#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "stepcast/base/result.hpp"
#include "stepcast/stream/endpoint.hpp"

namespace stepcast::stream {

/// Sends control lines to a device, one at a time, exactly as a person types them.
///
/// The device serves one controller, so it is busy for everybody else while this lives.
///
/// Threads: one owner; every call may block up to its time limit.
class ConsoleClient {
 public:
  struct Options {
    std::chrono::milliseconds connect_timeout{5000};
    /// `stop` and `exit` are answered when the motion has come to rest, 0.2 s later.
    std::chrono::milliseconds reply_timeout{5000};
  };

  /// @returns kNetwork if nobody answers there.
  [[nodiscard]] static Result<ConsoleClient> connect(const Endpoint& device,
                                                     const Options& options);
  ConsoleClient(ConsoleClient&&) noexcept;
  ConsoleClient& operator=(ConsoleClient&&) noexcept;
  ~ConsoleClient();

  /// The reply to `line`, `ok ...` or `err ...`, without the line end.
  /// @returns kInvalidArgument for a line with a line end in it, kBusy if the device serves
  /// somebody else, kNetwork if the link breaks or the reply does not come.
  [[nodiscard]] Result<std::string> command(std::string_view line);

 private:
  struct Impl;
  explicit ConsoleClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::stream
