#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "stepcast/base/result.hpp"
#include "stepcast/device/device_config.hpp"
#include "stepcast/device/paper_core.hpp"
#include "stepcast/device/recorder.hpp"
#include "stepcast/device/thermal_plant.hpp"

namespace stepcast::device {

/// A device as a Linux process, with virtual motors and simulated heaters: protocol `paper` version
/// 1 on one UDP and one TCP port of the same number.
///
/// Threads: run() is the network context; it starts the step thread and joins it. statistics() and
/// port() may be called from any thread.
class LinuxDevice {
 public:
  struct Options {
    std::string bind_address = "127.0.0.1";  ///< A numeric address.
    std::uint16_t port = 0;                  ///< 0: any free one, see port().
    /// The protocol authenticates nobody: whoever reaches the port can move the machine. An address
    /// other than loopback therefore has to be asked for twice.
    bool accept_unauthenticated_network = false;
    DeviceConfig core{.virtual_motors = true};
    TickSink* sink = nullptr;  ///< Must outlive run(); may be null.
    /// Times real time that the simulated heaters live in while nothing moves.
    double idle_heat_speed = 1.0;
  };

  /// Everything that can be observed, as of about a millisecond ago.
  struct Statistics {
    wire::DeviceState state = wire::DeviceState::kIdle;
    Progress progress;
    std::uint32_t fill = 0;    ///< Packets.
    std::uint32_t pauses = 0;  ///< In this session.
    PaperCore::Counters network;
    std::uint64_t grid_ticks = 0;    ///< Executed, with jogs and stretching, since power-on.
    std::uint64_t late_wakeups = 0;  ///< Of the step thread, by more than 1 ms.
    /// As the sensors of the simulated heaters read; only where a heater is fitted.
    std::array<wire::CentiC, wire::kHeaterCount> readings{};
    std::array<wire::CentiC, wire::kHeaterCount> targets{};
    std::uint8_t fan = 0;
    HeaterBank::Fault heat_fault{};
    std::uint32_t actions = 0;  ///< Of heaters and fan, of this session, that motion has come to.
    std::uint64_t controllers = 0;       ///< Control connections accepted ...
    std::uint64_t controllers_busy = 0;  ///< ... and turned away.
  };

  /// Binds the ports. @returns kInvalidArgument for an address that is not numeric or not loopback
  /// without leave, kIo if the port is taken.
  [[nodiscard]] static Result<std::unique_ptr<LinuxDevice>> open(const Options& options);
  ~LinuxDevice();
  LinuxDevice(const LinuxDevice&) = delete;
  LinuxDevice& operator=(const LinuxDevice&) = delete;

  /// The number of both ports.
  [[nodiscard]] std::uint16_t port() const;

  /// Serves until `stop` is requested; then slows down, holds and returns.
  void run(const std::stop_token& stop);

  [[nodiscard]] Statistics statistics() const;

  /// Breaks a simulated heater, or mends it, at the next poll; any thread.
  void set_defect(std::size_t heater, ThermalPlant::Defect defect);

 private:
  class Impl;
  explicit LinuxDevice(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::device
