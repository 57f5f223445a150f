#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "stepcast/printer/streamed_printer.hpp"

#include "hot_device.hpp"
#include "test_profile.hpp"

namespace stepcast::test {

/// A StreamedPrinter and a device with simulated heaters on real sockets.
class StreamedBackEnd {
 public:
  static constexpr const char* kName = "Streamed";
  /// A broken job is found before anything moves.
  static constexpr bool kChecksJobs = true;
  /// A print goes on when this server goes away.
  static constexpr bool kPrintsOnAlone = false;
  /// A second of a job, on its clock.
  static constexpr Seconds kSecond{1.0};

  /// Fast enough for a minute of motion in two seconds, slow enough to be caught in the middle.
  static constexpr std::uint32_t kPace = 40;

  [[nodiscard]] std::unique_ptr<printer::Printer> make_printer() {
    machine::Profile profile = limited_machine();
    profile.min_extrusion_temperature = Celsius{0};  // the jobs of the contract are cold ones
    return std::make_unique<printer::StreamedPrinter>(printer::StreamedPrinter::Options{
        .id = "test",
        .profile = profile,
        .device = {.host = "127.0.0.1", .port = port_},
        .controller = {},
        .speed = kPace,
        .status_interval = std::chrono::milliseconds(10),
        .heat_policy = {.interval = std::chrono::milliseconds(10)}});
  }
  /// A line that takes a second beside what moves.
  [[nodiscard]] static std::string dwell() { return {}; }
  /// As if somebody had pulled the plug.
  void switch_off() { device_.shut_down(); }

 private:
  testing::DeviceProcess device_{testing::hot_device_options()};
  std::uint16_t port_ = device_.port();
};

}  // namespace stepcast::test
