#include "depthwise.hpp"

#include <algorithm>

#include "stepcast/base/contracts.hpp"

namespace stepcast::vision {
namespace {

struct Taps {
  std::array<const float*, 9> at;  // what each weight is multiplied with, for the first sum
  std::array<float, 9> weights;
  float bias;
};

[[gnu::always_inline]] inline void sum_taps_loop(const Taps& taps, float* to, std::size_t count) {
  const auto [a, b, c, d, e, f, g, h, i] = taps.at;
  const auto [u, v, w, x, y, z, r, s, t] = taps.weights;
  const float bias = taps.bias;
  for (std::size_t n = 0; n < count; ++n) {
    to[n] = bias + (a[n] * u + b[n] * v + c[n] * w) + (d[n] * x + e[n] * y + f[n] * z) +
            (g[n] * r + h[n] * s + i[n] * t);
  }
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void sum_taps_avx2(const Taps& taps, float* to, std::size_t count) {
  sum_taps_loop(taps, to, count);
}
#endif

void sum_taps(const Taps& taps, float* to, std::size_t count) {
#if defined(__x86_64__)
  static const bool avx2 = __builtin_cpu_supports("avx2") != 0;
  if (avx2) {
    sum_taps_avx2(taps, to, count);
    return;
  }
#endif
  sum_taps_loop(taps, to, count);
}

}  // namespace

void convolve_plane(const PlaneConvolution& shape, const float* from,
                    const std::array<float, 9>& weights, float bias, float* to,
                    PlaneScratch& scratch) {
  STEPCAST_DCHECK(shape.stride == 1 || shape.stride == 2);
  const auto stride = static_cast<std::size_t>(shape.stride);
  const auto out_height = static_cast<std::size_t>(shape.out_height());
  const auto out_width = static_cast<std::size_t>(shape.out_width());
  const auto width = static_cast<std::size_t>(shape.width);
  const auto left = static_cast<std::size_t>(shape.pad_left);
  const auto rows = static_cast<std::size_t>(shape.height + shape.pad_top + shape.pad_bottom);
  // With stride 2 the even and the odd columns of a row lie apart, so that neighbours of a sum do.
  const auto columns = static_cast<std::size_t>(shape.width + shape.pad_left + shape.pad_right);
  const std::size_t half = (columns + 1) / stride;
  const std::size_t pitch = half * stride;
  scratch.padded.assign(rows * pitch, 0);
  for (std::size_t y = 0; y < static_cast<std::size_t>(shape.height); ++y) {
    float* const row =
        scratch.padded.data() + (y + static_cast<std::size_t>(shape.pad_top)) * pitch;
    const float* const source = from + y * width;
    if (stride == 1) {
      std::copy(source, source + width, row + left);
    } else {
      for (std::size_t x = 0; x < width; ++x) {
        row[(x + left) / 2 + ((x + left) % 2) * half] = source[x];
      }
    }
  }
  Taps taps{.at = {}, .weights = weights, .bias = bias};
  for (std::size_t tap = 0; tap < taps.at.size(); ++tap) {
    const std::size_t x = tap % 3;
    taps.at.at(tap) =
        scratch.padded.data() + tap / 3 * pitch + (stride == 1 ? x : x / 2 + x % 2 * half);
  }
  if (stride == 1) {
    // The rows as one, over the padding between them: narrow planes fill vectors, too.
    scratch.sums.resize((out_height - 1) * pitch + out_width);
    sum_taps(taps, scratch.sums.data(), scratch.sums.size());
    for (std::size_t y = 0; y < out_height; ++y) {
      const float* const sums = scratch.sums.data() + y * pitch;
      std::copy(sums, sums + out_width, to + y * out_width);
    }
    return;
  }
  for (std::size_t y = 0; y < out_height; ++y) {
    sum_taps(taps, to + y * out_width, out_width);
    for (const float*& at : taps.at) {
      at += 2 * pitch;
    }
  }
}

}  // namespace stepcast::vision
