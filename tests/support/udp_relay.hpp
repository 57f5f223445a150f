#pragma once

#include <cstdint>
#include <memory>

#include "lossy_link.hpp"

namespace stepcast::testing {

/// A bad network on real sockets: passes TCP on as it is, and UDP through a LossyLink each way.
///
/// Threads: works on its own thread from construction to destruction; all functions may be called
/// from any other.
class UdpRelay {
 public:
  /// Listens on a free port of the loopback interface, for a device on `device_port` there.
  UdpRelay(std::uint16_t device_port, const LossyLink::Options& down, const LossyLink::Options& up);
  ~UdpRelay();
  UdpRelay(const UdpRelay&) = delete;
  UdpRelay& operator=(const UdpRelay&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  /// Probability of loss, each way, from now on; 1 is a cable that is pulled.
  void set_loss(double loss);
  /// Resets the control links that are open.
  void cut_control();
  /// Datagrams that were swallowed so far.
  [[nodiscard]] std::uint64_t lost() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::testing
