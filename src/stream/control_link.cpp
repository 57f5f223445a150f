#include "control_link.hpp"

#include <memory>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "stepcast/wire/control_reply.hpp"

namespace stepcast::stream {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// How long a turn of the loop may wait while nobody says otherwise.
constexpr std::chrono::milliseconds kLongestTurn{100};

constexpr std::string_view kNotThere =
    "check that the device is on and that the address and port are right";

}  // namespace

void Loop::turn_until(HostTime deadline) {
  io_.run_one_until(deadline);
}

void Loop::wake() {
  asio::post(io_, [] {});
}

ControlLink::ControlLink(Loop& loop, Endpoint device)
    : loop_(loop), device_(std::move(device)), resolver_(loop.io()), socket_(loop.io()) {}

Result<void> ControlLink::connect(std::chrono::milliseconds timeout, const std::stop_token& stop) {
  // Shared with the handlers, which may outlive this call when it gives up.
  auto outcome = std::make_shared<std::optional<error_code>>();
  resolver_.async_resolve(
      device_.host, std::to_string(device_.port), asio::ip::resolver_base::numeric_service,
      [this, outcome](const error_code& error, const tcp::resolver::results_type& addresses) {
        if (error) {
          *outcome = error;
          return;
        }
        asio::async_connect(
            socket_, addresses,
            [outcome](const error_code& refused, const tcp::endpoint&) { *outcome = refused; });
      });
  const HostTime deadline = HostTime::clock::now() + timeout;
  while (!*outcome) {
    if (stop.stop_requested()) {
      close();
      return fail(Errc::kInterrupted, "stopped while connecting", device_.to_string());
    }
    const HostTime now = HostTime::clock::now();
    if (now >= deadline) {
      close();
      return fail(Errc::kNetwork, fmt::format("no answer within {} ms", timeout.count()),
                  device_.to_string(), std::string(kNotThere));
    }
    loop_.turn_until(std::min(deadline, now + kLongestTurn));
  }
  if (**outcome) {
    return fail(Errc::kNetwork, fmt::format("cannot connect: {}", (*outcome)->message()),
                device_.to_string(), std::string(kNotThere));
  }
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  // Keeps address translators on the way from forgetting a link that is silent during a print.
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
  using Idle = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
  socket_.set_option(Idle(15), ignored);
  read();
  return {};
}

tcp::endpoint ControlLink::remote() const {
  error_code ignored;
  return socket_.remote_endpoint(ignored);
}

void ControlLink::close() {
  error_code ignored;
  resolver_.cancel();
  socket_.close(ignored);
}

void ControlLink::fail_with(std::string message) {
  if (!broken_) {
    broken_ = Error{Errc::kNetwork, std::move(message), device_.to_string(),
                    "check the device's power and network"};
  }
}

void ControlLink::read() {
  socket_.async_read_some(
      asio::buffer(incoming_), [this](const error_code& error, std::size_t size) {
        if (error == asio::error::operation_aborted) {
          return;
        }
        if (error) {
          fail_with(error == asio::error::eof ? std::string("the device closed the control link")
                                              : fmt::format("control link: {}", error.message()));
          return;
        }
        on_bytes(std::string_view(incoming_.data(), size));
        if (!broken_) {
          read();
        }
      });
}

void ControlLink::on_bytes(std::string_view bytes) {
  input_.append(bytes);
  for (std::size_t end = input_.find('\n'); end != std::string::npos; end = input_.find('\n')) {
    lines_.push_back(input_.substr(0, end));
    if (lines_.back().ends_with('\r')) {
      lines_.back().pop_back();
    }
    input_.erase(0, end + 1);
  }
  // A peer that sends for ever without a line end is no device.
  if (input_.size() > wire::kMaxControlReply || lines_.size() > wire::kMaxControlReply) {
    broken_ = Error{Errc::kProtocol, "the peer does not answer in control lines",
                    device_.to_string(), "check that the port is that of a stepcast device"};
  }
}

void ControlLink::write_line(std::string_view line) {
  if (!broken_) {
    // A line fits the socket's buffer, unless the device has not read for a very long time.
    error_code error;
    socket_.non_blocking(true, error);
    const std::string text = std::string(line) + '\n';
    asio::write(socket_, asio::buffer(text), error);
    if (error) {
      fail_with(fmt::format("control link: {}", error.message()));
    }
  }
}

Result<std::string> ControlLink::command(std::string_view line, std::chrono::milliseconds timeout,
                                         const std::function<HostTime()>& between) {
  write_line(line);
  return next_reply(line, HostTime::clock::now() + timeout, timeout, between);
}

Result<std::vector<std::string>> ControlLink::commands(const std::vector<std::string>& lines,
                                                       std::chrono::milliseconds timeout,
                                                       const std::function<HostTime()>& between) {
  for (const std::string& line : lines) {
    write_line(line);
  }
  const HostTime deadline = HostTime::clock::now() + timeout;
  std::vector<std::string> replies;
  for (const std::string& line : lines) {
    auto reply = next_reply(line, deadline, timeout, between);
    if (!reply) {
      return tl::unexpected(reply.error());
    }
    replies.push_back(std::move(*reply));
  }
  return replies;
}

Result<std::string> ControlLink::next_reply(std::string_view line, HostTime deadline,
                                            std::chrono::milliseconds timeout,
                                            const std::function<HostTime()>& between) {
  // A refusal may have arrived before the link broke.
  while (lines_.empty()) {
    if (broken_) {
      return tl::unexpected(*broken_);
    }
    HostTime until = between ? between() : HostTime::max();
    const HostTime now = HostTime::clock::now();
    if (now >= deadline) {
      return fail(Errc::kNetwork,
                  fmt::format("no reply to '{}' within {} ms", line, timeout.count()),
                  device_.to_string(), "check the device's power and network");
    }
    until = std::min({until, deadline, now + kLongestTurn});
    loop_.turn_until(until);
    if (broken_ && lines_.empty()) {
      continue;
    }
  }
  std::string reply = std::move(lines_.front());
  lines_.pop_front();
  wire::ControlReply parsed;
  if (wire::parse_control_reply(reply, parsed) && !parsed.ok && parsed.code == "busy") {
    return fail(Errc::kBusy, std::string(parsed.rest), device_.to_string(),
                "wait until the other controller has left");
  }
  return reply;
}

}  // namespace stepcast::stream
