#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace stepcast::stream {

/// Monotonic time of the host. Passed in, so that minutes of motion can be tested in milliseconds.
using HostTime = std::chrono::steady_clock::time_point;
using HostDuration = std::chrono::nanoseconds;

/// What is known about the round trip, from acknowledgements that answer one certain transmission.
///
/// Smoothed mean and mean deviation with the gains 1/8 and 1/4 of RFC 6298.
class RoundTrip {
 public:
  void add(HostDuration sample) {
    using std::chrono::abs;
    if (samples_ == 0) {
      smoothed_ = sample;
      deviation_ = sample / 2;
    } else {
      deviation_ += (abs(smoothed_ - sample) - deviation_) / 4;
      smoothed_ += (sample - smoothed_) / 8;
    }
    ++samples_;
    sum_ += sample;
    greatest_ = std::max(greatest_, sample);
  }

  [[nodiscard]] std::uint64_t samples() const { return samples_; }
  [[nodiscard]] HostDuration smoothed() const { return smoothed_; }
  [[nodiscard]] HostDuration deviation() const { return deviation_; }
  [[nodiscard]] HostDuration greatest() const { return greatest_; }
  [[nodiscard]] HostDuration average() const {
    return samples_ == 0 ? HostDuration{} : sum_ / static_cast<HostDuration::rep>(samples_);
  }

 private:
  std::uint64_t samples_ = 0;
  HostDuration smoothed_{};
  HostDuration deviation_{};
  HostDuration greatest_{};
  HostDuration sum_{};
};

}  // namespace stepcast::stream
