#include "udp_relay.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

namespace stepcast::testing {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;

const auto kLoopback = asio::ip::address_v4::loopback();

/// One direction of a TCP connection.
class Pipe : public std::enable_shared_from_this<Pipe> {
 public:
  Pipe(std::shared_ptr<tcp::socket> from, std::shared_ptr<tcp::socket> to)
      : from_(std::move(from)), to_(std::move(to)) {}

  void run() {
    from_->async_read_some(asio::buffer(buffer_),
                           [self = shared_from_this()](const error_code& error, std::size_t n) {
                             error_code ignored;
                             if (error) {
                               self->to_->shutdown(tcp::socket::shutdown_send, ignored);
                               return;
                             }
                             asio::write(*self->to_, asio::buffer(self->buffer_, n), ignored);
                             self->run();
                           });
  }

 private:
  std::shared_ptr<tcp::socket> from_;
  std::shared_ptr<tcp::socket> to_;
  std::array<char, 2048> buffer_{};
};

}  // namespace

struct UdpRelay::Impl {
  Impl(std::uint16_t device_port, const LossyLink::Options& down_options,
       const LossyLink::Options& up_options)
      : device(device_port), down(down_options), up(up_options) {
    for (int attempt = 0;; ++attempt) {
      error_code error;
      acceptor = tcp::acceptor(io, tcp::endpoint(kLoopback, 0));
      front = udp::socket(io, udp::v4());
      front.bind(udp::endpoint(kLoopback, acceptor.local_endpoint().port()), error);
      if (!error) {
        break;
      }
      if (attempt == 32) {
        throw std::runtime_error("no port is free for both UDP and TCP");
      }
    }
    back.connect(udp::endpoint(kLoopback, device));
    accept();
    receive_front();
    receive_back();
    tick();
    thread = std::jthread([this] { io.run(); });
  }
  ~Impl() { io.stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void accept() {
    acceptor.async_accept([this](const error_code& error, tcp::socket socket) {
      if (error) {
        return;
      }
      const auto caller = std::make_shared<tcp::socket>(std::move(socket));
      const auto target = std::make_shared<tcp::socket>(io);
      error_code refused;
      target->connect(tcp::endpoint(kLoopback, device), refused);
      if (!refused) {
        links.push_back(caller);
        links.push_back(target);
        std::make_shared<Pipe>(caller, target)->run();
        std::make_shared<Pipe>(target, caller)->run();
      }
      accept();
    });
  }

  void receive_front() {
    front.async_receive_from(asio::buffer(front_buffer), sender,
                             [this](const error_code& error, std::size_t size) {
                               if (!error) {
                                 host = sender;
                                 down.send(std::span(front_buffer).first(size), Clock::now());
                                 deliver();
                               }
                               receive_front();
                             });
  }

  void receive_back() {
    back.async_receive(asio::buffer(back_buffer),
                       [this](const error_code& error, std::size_t size) {
                         if (!error) {
                           up.send(std::span(back_buffer).first(size), Clock::now());
                           deliver();
                         }
                         receive_back();
                       });
  }

  void tick() {
    timer.expires_after(std::chrono::microseconds(500));
    timer.async_wait([this](const error_code&) {
      deliver();
      tick();
    });
  }

  void deliver() {
    error_code ignored;
    const auto now = Clock::now();
    while (const auto datagram = down.receive(now)) {
      back.send(asio::buffer(*datagram), 0, ignored);
    }
    while (const auto datagram = up.receive(now)) {
      front.send_to(asio::buffer(*datagram), host, 0, ignored);
    }
    lost.store(down.lost() + up.lost());
  }

  using Clock = std::chrono::steady_clock;
  const std::uint16_t device;
  LossyLink down;
  LossyLink up;
  asio::io_context io{1};
  tcp::acceptor acceptor{io};
  udp::socket front{io};
  udp::socket back{io};
  asio::steady_timer timer{io};
  udp::endpoint sender;
  udp::endpoint host;
  std::array<std::uint8_t, 2048> front_buffer{};
  std::array<std::uint8_t, 2048> back_buffer{};
  std::vector<std::shared_ptr<tcp::socket>> links;
  std::atomic<std::uint64_t> lost{0};
  std::jthread thread;  // last: it uses all of the above
};

UdpRelay::UdpRelay(std::uint16_t device_port, const LossyLink::Options& down,
                   const LossyLink::Options& up)
    : impl_(std::make_unique<Impl>(device_port, down, up)) {}
UdpRelay::~UdpRelay() = default;

std::uint16_t UdpRelay::port() const {
  return impl_->acceptor.local_endpoint().port();
}

void UdpRelay::set_loss(double loss) {
  boost::asio::post(impl_->io, [impl = impl_.get(), loss] {
    impl->down.set_loss(loss);
    impl->up.set_loss(loss);
  });
}

void UdpRelay::cut_control() {
  boost::asio::post(impl_->io, [impl = impl_.get()] {
    for (const auto& link : std::exchange(impl->links, {})) {
      error_code ignored;
      link->close(ignored);
    }
  });
}

std::uint64_t UdpRelay::lost() const {
  return impl_->lost.load();
}

}  // namespace stepcast::testing
