#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <span>
#include <utility>
#include <vector>

namespace stepcast::testing {

/// One direction of a bad network with a manual clock: loses, doubles, delays and so re-orders
/// datagrams, the same way for the same seed.
class LossyLink {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::nanoseconds;

  struct Options {
    double loss = 0;       ///< Probability that a datagram never arrives.
    double duplicate = 0;  ///< Probability that it arrives twice.
    double straggle = 0;   ///< Probability that it is held back by `straggle_by`.
    Duration delay = std::chrono::milliseconds(1);
    Duration straggle_by = std::chrono::milliseconds(8);
    std::uint64_t seed = 1;
  };

  explicit LossyLink(const Options& options) : options_(options), random_(options.seed) {}

  void send(std::span<const std::uint8_t> datagram, Time now) {
    ++sent_;
    if (happens(options_.loss)) {
      ++lost_;
      return;
    }
    const int copies = happens(options_.duplicate) ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
      const Duration extra = happens(options_.straggle) ? options_.straggle_by : Duration{};
      under_way_.emplace(now + options_.delay + extra,
                         std::vector<std::uint8_t>(datagram.begin(), datagram.end()));
    }
  }

  /// The next datagram that has arrived by `now`.
  std::optional<std::vector<std::uint8_t>> receive(Time now) {
    if (under_way_.empty() || under_way_.begin()->first > now) {
      return std::nullopt;
    }
    auto datagram = std::move(under_way_.begin()->second);
    under_way_.erase(under_way_.begin());
    return datagram;
  }

  void set_loss(double loss) { options_.loss = loss; }
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  bool happens(double probability) {
    // A draw in any case, so that one probability does not shift the others' fate.
    return std::uniform_real_distribution<double>(0, 1)(random_) < probability;
  }

  Options options_;
  std::mt19937_64 random_;
  std::multimap<Time, std::vector<std::uint8_t>> under_way_;
  std::uint64_t sent_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace stepcast::testing
