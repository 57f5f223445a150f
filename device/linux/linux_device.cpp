#include "stepcast/device/linux_device.hpp"

#include <array>
#include <chrono>
#include <mutex>
#include <random>
#include <set>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "heat_clock.hpp"
#include "step_thread.hpp"

namespace stepcast::device {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

// The rate of PaperCore::poll(), and while there is no session.
constexpr std::chrono::milliseconds kPollPeriod{1};
constexpr std::chrono::milliseconds kIdlePollPeriod{20};
// Other programs may own the UDP port of the TCP port that the kernel picked.
constexpr int kPortAttempts = 32;
// A controller that sends commands but reads no replies is cut off here.
constexpr std::size_t kMostUnreadReplies = 65'536;
// Controllers that are told `err busy` at the same time; more are just closed.
constexpr std::size_t kMostRefusals = 8;
constexpr std::chrono::seconds kRefusalLinger{2};
// Slowing down takes 0.2 s of real time.
constexpr std::chrono::milliseconds kShutdownPatience{500};

/// A controller that came second: is told so, and may read it before the link closes. Closing at
/// once would reset the link, because its first command is still unread, and lose the message.
class Refusal : public std::enable_shared_from_this<Refusal> {
 public:
  explicit Refusal(tcp::socket socket)
      : socket_(std::move(socket)), timer_(socket_.get_executor()) {}

  void start() {
    static constexpr std::string_view kText = "err busy another controller is connected\n";
    error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.write_some(asio::buffer(kText), ignored);
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    timer_.expires_after(kRefusalLinger);
    timer_.async_wait([self = shared_from_this()](const error_code&) { self->close(); });
    read();
  }

 private:
  void read() {
    socket_.async_read_some(asio::buffer(sink_),
                            [self = shared_from_this()](const error_code& error, std::size_t) {
                              if (error) {
                                self->timer_.cancel();
                                self->close();
                              } else {
                                self->read();
                              }
                            });
  }
  void close() {
    error_code ignored;
    socket_.close(ignored);
  }

  tcp::socket socket_;
  asio::steady_timer timer_;
  std::array<char, 256> sink_{};
};

void set_keepalive(tcp::socket& socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  // A controller whose machine vanished without a word must not keep the device busy: after 5 s of
  // silence three questions 2 s apart.
  using Idle = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
  using Interval = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>;
  using Count = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>;
  socket.set_option(Idle(5), ignored);
  socket.set_option(Interval(2), ignored);
  socket.set_option(Count(3), ignored);
}

}  // namespace

class LinuxDevice::Impl {
 public:
  explicit Impl(const Options& options)
      : core_(options.core),
        heat_(core_, options.idle_heat_speed),
        sink_(options.sink),
        acceptor_(io_),
        udp_(io_),
        controller_(io_),
        timer_(io_) {}

  Result<void> bind(const Options& options) {
    error_code error;
    const auto address = asio::ip::make_address(options.bind_address, error);
    if (error) {
      return fail(Errc::kInvalidArgument,
                  fmt::format("'{}' is not a numeric IP address", options.bind_address),
                  "bind address", "use 127.0.0.1, ::1 or the address of an interface");
    }
    if (!address.is_loopback() && !options.accept_unauthenticated_network) {
      return fail(Errc::kInvalidArgument,
                  fmt::format("{} can be reached from the network, and protocol paper asks nobody "
                              "who they are",
                              options.bind_address),
                  "bind address", "use 127.0.0.1, or accept an unauthenticated device explicitly");
    }
    for (int attempt = 0; attempt < kPortAttempts; ++attempt) {
      error = bind_pair(address, options.port);
      if (!error) {
        port_ = acceptor_.local_endpoint().port();
        return {};
      }
      if (options.port != 0) {
        break;
      }
    }
    return fail(Errc::kIo, fmt::format("cannot use port {}: {}", options.port, error.message()),
                options.bind_address, "choose another port, or 0 for any");
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

  void run(const std::stop_token& stop) {
    StepThread steps(core_, sink_);
    steps_ = &steps;
    accept();
    receive();
    wait();
    {
      const std::stop_callback on_stop(stop, [this] { io_.stop(); });
      io_.run();
    }
    hold();
    steps_ = nullptr;
  }

  void set_defect(std::size_t heater, ThermalPlant::Defect defect) {
    asio::post(io_, [this, heater, defect] { heat_.plant().set_defect(heater, defect); });
  }

  [[nodiscard]] Statistics statistics() const {
    const std::lock_guard lock(mutex_);
    Statistics copy = published_;
    copy.progress = core_.progress();
    return copy;
  }

 private:
  error_code bind_pair(const asio::ip::address& address, std::uint16_t port) {
    error_code error;
    acceptor_ = tcp::acceptor(io_);
    udp_ = udp::socket(io_);
    const tcp::endpoint endpoint(address, port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) {
      acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    }
    if (!error) {
      acceptor_.bind(endpoint, error);
    }
    if (!error) {
      acceptor_.listen(asio::socket_base::max_listen_connections, error);
    }
    const std::uint16_t number = error ? port : acceptor_.local_endpoint(error).port();
    const udp::endpoint data(address, number);
    if (!error) {
      udp_.open(data.protocol(), error);
    }
    if (!error) {
      udp_.bind(data, error);
    }
    return error;
  }

  [[nodiscard]] DeviceMs now_ms() const {
    return static_cast<DeviceMs>(
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started_).count());
  }

  // --- data port ---

  void receive() {
    udp_.async_receive_from(asio::buffer(datagram_), sender_,
                            [this](const error_code& error, std::size_t size) {
                              if (error == asio::error::operation_aborted) {
                                return;
                              }
                              if (!error) {
                                on_datagram(std::span(datagram_).first(size));
                              }
                              receive();
                            });
  }

  void on_datagram(std::span<const std::uint8_t> datagram) {
    const PaperCore::Reception reception = core_.on_datagram(datagram, now_ms());
    if (reception.genuine) {
      peer_ = sender_;
    }
    if (reception.ack) {
      acknowledge();
    }
    poll();
  }

  void acknowledge() {
    std::array<std::uint8_t, wire::kPaperAckSize> ack{};
    core_.make_ack(ack);
    if (peer_.port() != 0) {
      error_code ignored;  // like a datagram that is lost on the way
      udp_.send_to(asio::buffer(ack), peer_, 0, ignored);
    }
  }

  // --- timers ---

  void wait() {
    timer_.expires_after(core_.state() == wire::DeviceState::kIdle ? kIdlePollPeriod : kPollPeriod);
    timer_.async_wait([this](const error_code& error) {
      if (error != asio::error::operation_aborted) {
        poll();
        wait();
      }
    });
  }

  void poll() {
    heat_.poll(Clock::now(), steps_->grid_ticks());
    follow_core();
    ReplyLine reply;
    bool close = false;
    if (answer_outstanding_ && core_.finished(reply, close)) {
      answer_outstanding_ = false;
      if (controller_.is_open()) {
        this->reply(reply.view(), close);
        read_lines();
      }
    }
    publish();
  }

  void follow_core() {
    if (core_.poll(now_ms())) {
      acknowledge();
    }
  }

  void publish() {
    const std::lock_guard lock(mutex_);
    published_ = {.state = core_.state(),
                  .progress = {},
                  .fill = core_.fill(),
                  .pauses = core_.pauses(),
                  .network = core_.counters(),
                  .grid_ticks = steps_->grid_ticks(),
                  .late_wakeups = steps_->late_wakeups(),
                  .fan = core_.heaters().fan(),
                  .heat_fault = core_.heaters().fault(),
                  .actions = core_.actions_passed(),
                  .controllers = controllers_,
                  .controllers_busy = controllers_busy_};
    for (std::size_t i = 0; i < wire::kHeaterCount; ++i) {
      published_.readings[i] = core_.heaters().heater(i).reading();
      published_.targets[i] = core_.heaters().heater(i).target();
    }
  }

  // --- control port ---

  void accept() {
    acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
      if (!error) {
        on_controller(std::move(socket));
      }
      if (error != asio::error::operation_aborted) {
        accept();
      }
    });
  }

  void on_controller(tcp::socket socket) {
    if (controller_.is_open() || answer_outstanding_) {
      ++controllers_busy_;
      std::erase_if(refusals_, [](const auto& refusal) { return refusal.expired(); });
      if (refusals_.size() < kMostRefusals) {
        const auto refusal = std::make_shared<Refusal>(std::move(socket));
        refusals_.push_back(refusal);
        refusal->start();
      }
      return;
    }
    ++controllers_;
    controller_ = std::move(socket);
    set_keepalive(controller_);
    core_.on_connected();
    input_.clear();
    too_long_ = false;
    closing_ = false;
    outgoing_.clear();
    ++connection_;
    read();
  }

  void disconnect() {
    if (controller_.is_open()) {
      error_code ignored;
      controller_.close(ignored);
      ++connection_;
      core_.on_disconnected(now_ms());
    }
  }

  void read() {
    controller_.async_read_some(
        asio::buffer(incoming_),
        [this, connection = connection_](const error_code& error, std::size_t size) {
          if (connection != connection_) {
            return;  // of a link that is gone
          }
          if (error) {
            disconnect();
            return;
          }
          input_.append(incoming_.data(), size);
          read_lines();
        });
  }

  /// Executes the lines that have arrived, one after the other, and reads on when there is none.
  void read_lines() {
    while (!answer_outstanding_ && !closing_ && controller_.is_open()) {
      const std::size_t end = input_.find('\n');
      if (end == std::string::npos) {
        // Kept short: what is too long already cannot become a command.
        if (input_.size() > wire::kMaxControlLine) {
          too_long_ = true;
          input_.clear();
        }
        read();
        return;
      }
      const std::string line = input_.substr(0, end);
      input_.erase(0, end + 1);
      if (std::exchange(too_long_, false)) {
        ReplyLine text;
        write_line_error(text, wire::LineStatus::kLine);
        reply(text.view(), false);
      } else {
        execute(line);
      }
    }
  }

  void execute(std::string_view line) {
    ReplyLine text;
    const std::uint64_t entropy = (std::uint64_t{random_()} << 32U) | random_();
    switch (core_.on_line(line, entropy, text)) {
      case PaperCore::Answer::kReply:
        reply(text.view(), false);
        break;
      case PaperCore::Answer::kReplyAndClose:
        reply(text.view(), true);
        break;
      case PaperCore::Answer::kLater:
        answer_outstanding_ = true;
        break;
    }
    if (line.starts_with("init")) {
      peer_ = {};  // acknowledgements of the new session wait for its first packet
    }
    follow_core();
  }

  void reply(std::string_view text, bool close) {
    closing_ = closing_ || close;
    outgoing_.append(text).push_back('\n');
    if (outgoing_.size() > kMostUnreadReplies) {
      disconnect();
    } else if (!writing_) {
      write();
    }
  }

  // Not recursive: the handler runs from the loop, never from within async_write.
  // NOLINTBEGIN(misc-no-recursion)
  void write() {
    writing_ = true;
    in_flight_ = std::exchange(outgoing_, {});
    asio::async_write(controller_, asio::buffer(in_flight_),
                      [this, connection = connection_](const error_code& error, std::size_t) {
                        writing_ = false;
                        if (connection != connection_) {
                          if (controller_.is_open() && !outgoing_.empty()) {
                            write();  // what the next controller was told meanwhile
                          }
                          return;
                        }
                        if (error || (outgoing_.empty() && closing_)) {
                          disconnect();
                        } else if (!outgoing_.empty()) {
                          write();
                        }
                      });
  }
  // NOLINTEND(misc-no-recursion)

  /// The network is gone; the machine still has to come to rest.
  void hold() {
    core_.heaters_off();
    core_.hold();
    const auto give_up = Clock::now() + kShutdownPatience;
    while (core_.moving() && Clock::now() < give_up) {
      std::this_thread::sleep_for(kPollPeriod);
      core_.poll(now_ms());
    }
    publish();
  }

  PaperCore core_;
  HeatClock heat_;
  TickSink* const sink_;
  StepThread* steps_ = nullptr;
  const Clock::time_point started_ = Clock::now();
  std::random_device random_;

  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  udp::socket udp_;
  tcp::socket controller_;
  asio::steady_timer timer_;
  std::uint16_t port_ = 0;

  // One byte more than the longest datagram, so that a longer one does not look right.
  std::array<std::uint8_t, wire::kPaperMaxDatagram + 1> datagram_{};
  udp::endpoint sender_;
  udp::endpoint peer_;

  std::uint64_t connection_ = 0;  // handlers of an earlier link recognise themselves by it
  std::array<char, 512> incoming_{};
  std::string input_;
  bool too_long_ = false;
  bool closing_ = false;
  bool answer_outstanding_ = false;
  bool writing_ = false;
  std::string outgoing_;
  std::string in_flight_;
  std::vector<std::weak_ptr<Refusal>> refusals_;
  std::uint64_t controllers_ = 0;
  std::uint64_t controllers_busy_ = 0;

  mutable std::mutex mutex_;
  Statistics published_;
};

LinuxDevice::LinuxDevice(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LinuxDevice::~LinuxDevice() = default;

Result<std::unique_ptr<LinuxDevice>> LinuxDevice::open(const Options& options) {
  auto impl = std::make_unique<Impl>(options);
  if (auto bound = impl->bind(options); !bound) {
    return tl::unexpected(bound.error());
  }
  return std::unique_ptr<LinuxDevice>(new LinuxDevice(std::move(impl)));
}

std::uint16_t LinuxDevice::port() const {
  return impl_->port();
}

void LinuxDevice::run(const std::stop_token& stop) {
  impl_->run(stop);
}

void LinuxDevice::set_defect(std::size_t heater, ThermalPlant::Defect defect) {
  impl_->set_defect(heater, defect);
}

LinuxDevice::Statistics LinuxDevice::statistics() const {
  return impl_->statistics();
}

}  // namespace stepcast::device
