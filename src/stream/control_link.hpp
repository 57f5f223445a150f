#pragma once

#include <array>
#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "stepcast/base/result.hpp"
#include "stepcast/stream/endpoint.hpp"
#include "stepcast/stream/round_trip.hpp"

namespace stepcast::stream {

/// An event loop that is turned by hand, one handler at a time, on one thread.
class Loop {
 public:
  /// Runs the next handler, if one is due before `deadline`.
  void turn_until(HostTime deadline);
  /// From any thread: makes turn_until() return.
  void wake();
  boost::asio::io_context& io() { return io_; }

 private:
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{
      boost::asio::make_work_guard(io_)};
};

/// The TCP side of a session: whole lines out, whole lines in.
class ControlLink {
 public:
  ControlLink(Loop& loop, Endpoint device);

  /// @returns kNetwork, or kInterrupted if `stop` is requested first.
  [[nodiscard]] Result<void> connect(std::chrono::milliseconds timeout,
                                     const std::stop_token& stop);

  /// Sends `line` and waits for its reply, turning the loop. `between` is called after every turn
  /// and says until when the next one may wait.
  /// @returns kNetwork if the link breaks or the time is up; kBusy if the device says so.
  [[nodiscard]] Result<std::string> command(std::string_view line,
                                            std::chrono::milliseconds timeout,
                                            const std::function<HostTime()>& between = {});

  /// Sends all `lines` at once and waits for their replies, which come in the same order.
  [[nodiscard]] Result<std::vector<std::string>> commands(
      const std::vector<std::string>& lines, std::chrono::milliseconds timeout,
      const std::function<HostTime()>& between = {});

  /// The link broke: why. Empty while it is up.
  [[nodiscard]] const std::optional<Error>& broken() const { return broken_; }
  /// Where the device turned out to be, for the data port.
  [[nodiscard]] boost::asio::ip::tcp::endpoint remote() const;
  [[nodiscard]] const Endpoint& device() const { return device_; }
  void close();

 private:
  void write_line(std::string_view line);
  [[nodiscard]] Result<std::string> next_reply(std::string_view line, HostTime deadline,
                                               std::chrono::milliseconds timeout,
                                               const std::function<HostTime()>& between);
  void read();
  void on_bytes(std::string_view bytes);
  void fail_with(std::string message);

  Loop& loop_;
  Endpoint device_;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::ip::tcp::socket socket_;
  std::array<char, 512> incoming_{};
  std::string input_;
  std::deque<std::string> lines_;
  std::optional<Error> broken_;
};

}  // namespace stepcast::stream
