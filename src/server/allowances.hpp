#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace stepcast::server {

/// How much each address may still ask of what is expensive: a bucket that fills with time.
///
/// Threads: any.
class Allowances {
 public:
  using Time = std::chrono::milliseconds;

  Allowances(double most, double per_s) : most_(most), per_s_(per_s) {}

  /// Takes `cost` from the address. @returns how long to wait instead when there is not enough.
  [[nodiscard]] std::optional<Time> spend(std::string_view address, double cost, Time now);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Bucket {
    double left{};
    Time at{};
  };
  void make_room(Time now);
  [[nodiscard]] double filled(const Bucket& bucket, Time now) const;

  double most_;
  double per_s_;
  mutable std::mutex mutex_;
  std::map<std::string, Bucket, std::less<>> buckets_;  // guarded by mutex_
};

}  // namespace stepcast::server
