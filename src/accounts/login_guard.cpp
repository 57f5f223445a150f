#include "login_guard.hpp"

#include <algorithm>

namespace stepcast::accounts {
namespace {

constexpr std::size_t kMaxFailures = 5;
constexpr LoginGuard::Time kFailureWindow = std::chrono::minutes(10);
constexpr LoginGuard::Time kLockTime = std::chrono::minutes(10);
// Told to those who come while five others are being checked.
constexpr LoginGuard::Time kCheckTime = std::chrono::seconds(1);
// Bounds the memory that strangers can make us spend; one record is some 200 bytes.
constexpr std::size_t kMaxRecords = 4096;

std::string key_of_name(std::string_view name) {
  return "name " + std::string(name);
}
std::string key_of_address(std::string_view address) {
  return "address " + std::string(address);
}

}  // namespace

std::optional<LoginGuard::Time> LoginGuard::wait_of(const std::string& who, Time now) {
  const auto found = records_.find(who);
  if (found == records_.end()) {
    return std::nullopt;
  }
  auto& record = found->second;
  while (!record.failures.empty() && record.failures.front() + kFailureWindow <= now) {
    record.failures.pop_front();
  }
  if (record.locked_until > now) {
    return record.locked_until - now;
  }
  if (record.failures.size() + record.under_way >= kMaxFailures) {
    return kCheckTime;
  }
  return std::nullopt;
}

// Forgets what no longer matters, or else whoever has been quiet for longest.
void LoginGuard::make_room(Time now) {
  if (records_.size() < kMaxRecords) {
    return;
  }
  const auto relevant_until = [](const Record& record) {
    if (record.under_way > 0) {
      return Time::max();
    }
    return record.failures.empty()
               ? record.locked_until
               : std::max(record.locked_until, record.failures.back() + kFailureWindow);
  };
  std::erase_if(records_, [&](const auto& entry) { return relevant_until(entry.second) <= now; });
  if (records_.size() >= kMaxRecords) {
    records_.erase(
        std::min_element(records_.begin(), records_.end(), [&](const auto& one, const auto& other) {
          return relevant_until(one.second) < relevant_until(other.second);
        }));
  }
}

LoginGuard::Record& LoginGuard::record_of(const std::string& who, Time now) {
  if (!records_.contains(who)) {
    make_room(now);
  }
  return records_[who];
}

std::optional<LoginGuard::Time> LoginGuard::begin(std::string_view name, std::string_view address,
                                                  Time now) {
  const std::lock_guard lock(mutex_);
  const auto name_wait = wait_of(key_of_name(name), now);
  const auto address_wait = wait_of(key_of_address(address), now);
  if (name_wait || address_wait) {
    return std::max(name_wait.value_or(Time{}), address_wait.value_or(Time{}));
  }
  ++record_of(key_of_name(name), now).under_way;
  ++record_of(key_of_address(address), now).under_way;
  return std::nullopt;
}

void LoginGuard::failed(std::string_view name, std::string_view address, Time now) {
  const std::lock_guard lock(mutex_);
  auto& of_name = records_[key_of_name(name)];
  auto& of_address = records_[key_of_address(address)];
  for (auto* record : {&of_name, &of_address}) {
    --record->under_way;
    record->failures.push_back(now);
  }
  if (std::max(of_name.failures.size(), of_address.failures.size()) >= kMaxFailures) {
    of_name.locked_until = now + kLockTime;
    of_address.locked_until = now + kLockTime;
  }
}

void LoginGuard::succeeded(std::string_view name, std::string_view address) {
  const std::lock_guard lock(mutex_);
  --records_[key_of_name(name)].under_way;
  --records_[key_of_address(address)].under_way;
}

std::size_t LoginGuard::size() const {
  const std::lock_guard lock(mutex_);
  return records_.size();
}

}  // namespace stepcast::accounts
