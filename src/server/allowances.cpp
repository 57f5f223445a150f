#include "allowances.hpp"

#include <algorithm>
#include <cmath>

namespace stepcast::server {
namespace {

// Bounds the memory that strangers can make us spend; an address is some 100 bytes.
constexpr std::size_t kMostAddresses = 4096;
constexpr double kMsPerSecond = 1000.0;

}  // namespace

double Allowances::filled(const Bucket& bucket, Time now) const {
  const double elapsed_s = static_cast<double>((now - bucket.at).count()) / kMsPerSecond;
  return std::min(most_, bucket.left + elapsed_s * per_s_);
}

// Full buckets say nothing; if all say something, the one that is fullest goes.
void Allowances::make_room(Time now) {
  if (buckets_.size() < kMostAddresses) {
    return;
  }
  std::erase_if(buckets_, [&](const auto& entry) { return filled(entry.second, now) >= most_; });
  if (buckets_.size() >= kMostAddresses) {
    buckets_.erase(
        std::max_element(buckets_.begin(), buckets_.end(), [&](const auto& one, const auto& other) {
          return filled(one.second, now) < filled(other.second, now);
        }));
  }
}

std::optional<Allowances::Time> Allowances::spend(std::string_view address, double cost, Time now) {
  const std::scoped_lock lock(mutex_);
  auto found = buckets_.find(address);
  if (found == buckets_.end()) {
    make_room(now);
    found = buckets_.emplace(std::string(address), Bucket{most_, now}).first;
  }
  Bucket& bucket = found->second;
  bucket = {filled(bucket, now), now};
  const double wanted = std::min(cost, most_);
  if (bucket.left < wanted) {
    return Time(
        static_cast<std::int64_t>(std::ceil((wanted - bucket.left) / per_s_ * kMsPerSecond)));
  }
  bucket.left -= wanted;
  return std::nullopt;
}

std::size_t Allowances::size() const {
  const std::scoped_lock lock(mutex_);
  return buckets_.size();
}

}  // namespace stepcast::server
