#pragma once

#include <cstdint>
#include <string_view>

namespace stepcast::training {

/// A number that differs with all that a training depends on (FNV-1a over texts), to tell whether
/// what is kept of it still belongs to it.
class Fingerprint {
 public:
  void add(std::string_view text) {
    constexpr std::uint64_t kPrime = 0x100000001b3;
    for (const char letter : text) {
      hash_ = (hash_ ^ static_cast<std::uint8_t>(letter)) * kPrime;
    }
  }
  [[nodiscard]] std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace stepcast::training
