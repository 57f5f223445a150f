#include "silu.hpp"

#include <bit>
#include <cstdint>

namespace stepcast::vision {
namespace {

/// exp(x) for |x| <= 87: two to a whole power times a polynomial of the rest (Cephes, expf).
/// No branch and no call, so that the loop around it becomes vectors.
[[gnu::always_inline]] inline float exp_of(float x) {
  constexpr float kRounder = 12582912.0F;  // 1.5 * 2^23: adding it leaves whole numbers
  constexpr float kLog2E = 1.44269504F;
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  const float power = (x * kLog2E + kRounder) - kRounder;
  const float rest = (x - power * kLn2High) - power * kLn2Low;
  float sum = 1.9875691500e-4F;
  sum = sum * rest + 1.3981999507e-3F;
  sum = sum * rest + 8.3334519073e-3F;
  sum = sum * rest + 4.1665795894e-2F;
  sum = sum * rest + 1.6666665459e-1F;
  sum = sum * rest + 5.0000001201e-1F;
  sum = sum * (rest * rest) + rest + 1.0F;
  constexpr std::int32_t kBias = 127;
  constexpr unsigned kMantissaBits = 23;
  const std::int32_t exponent = (static_cast<std::int32_t>(power) + kBias) << kMantissaBits;
  return sum * std::bit_cast<float>(exponent);
}

[[gnu::always_inline]] inline void silu_loop(const float* from, float* to, std::size_t count) {
  constexpr float kLimit = 87.0F;  // exp stays an ordinary number
  for (std::size_t i = 0; i < count; ++i) {
    const float x = from[i];
    const float low = x < -kLimit ? -kLimit : x;
    const float limited = low > kLimit ? kLimit : low;
    to[i] = x / (1.0F + exp_of(-limited));
  }
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void silu_avx2(const float* from, float* to, std::size_t count) {
  silu_loop(from, to, count);
}
#endif

}  // namespace

void silu(const float* from, float* to, std::size_t count) {
#if defined(__x86_64__)
  static const bool avx2 = __builtin_cpu_supports("avx2") != 0;
  if (avx2) {
    silu_avx2(from, to, count);
    return;
  }
#endif
  silu_loop(from, to, count);
}

}  // namespace stepcast::vision
