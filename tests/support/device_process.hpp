#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "stepcast/device/linux_device.hpp"

namespace stepcast::testing {

/// Keeps what a device executed.
class MemoryRecorder final : public device::TickSink {
 public:
  void on_stream(std::span<const std::uint8_t> ticks) override {
    const std::lock_guard lock(mutex_);
    ticks_.insert(ticks_.end(), ticks.begin(), ticks.end());
  }
  [[nodiscard]] std::vector<std::uint8_t> ticks() const {
    const std::lock_guard lock(mutex_);
    return ticks_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::uint8_t> ticks_;
};

/// A real device on real sockets, on a thread of this process.
class DeviceProcess {
 public:
  explicit DeviceProcess(device::LinuxDevice::Options options = {}) {
    options.sink = &recorder_;
    device_ = std::move(device::LinuxDevice::open(options).value());
    thread_ = std::jthread([this](const std::stop_token& stop) { device_->run(stop); });
  }

  /// As if the power failed; the ports are free afterwards.
  void shut_down() {
    thread_ = {};
    device_.reset();
  }

  [[nodiscard]] std::uint16_t port() const { return device_->port(); }
  [[nodiscard]] device::LinuxDevice::Statistics statistics() const { return device_->statistics(); }
  void set_defect(std::size_t heater, device::ThermalPlant::Defect defect) {
    device_->set_defect(heater, defect);
  }
  [[nodiscard]] std::vector<std::uint8_t> executed() const { return recorder_.ticks(); }

  /// Waits until `condition(statistics())`; false after 10 s.
  template <class Condition>
  bool wait_until(Condition condition) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition(statistics())) {
      if (std::chrono::steady_clock::now() > end) {
        return false;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }

 private:
  MemoryRecorder recorder_;
  std::unique_ptr<device::LinuxDevice> device_;
  std::jthread thread_;  // last: it uses the device
};

}  // namespace stepcast::testing
