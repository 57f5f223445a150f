#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace stepcast::vision {

/// A 3 x 3 convolution of one plane with zeros around it.
struct PlaneConvolution {
  int height = 0;  ///< Of the plane.
  int width = 0;
  int stride = 1;   ///< 1 or 2.
  int pad_top = 0;  ///< Rows of zeros; at most 2 on each side.
  int pad_left = 0;
  int pad_bottom = 0;
  int pad_right = 0;

  /// 0 where not even one fits.
  [[nodiscard]] int out_height() const { return fitting(height + pad_top + pad_bottom); }
  [[nodiscard]] int out_width() const { return fitting(width + pad_left + pad_right); }
  [[nodiscard]] int fitting(int length) const { return length < 3 ? 0 : (length - 3) / stride + 1; }
};

/// Memory that is used again from plane to plane.
struct PlaneScratch {
  std::vector<float> padded;
  std::vector<float> sums;
};

/// to = bias + the convolution of `from` with `weights`, row by row.
void convolve_plane(const PlaneConvolution& shape, const float* from,
                    const std::array<float, 9>& weights, float bias, float* to,
                    PlaneScratch& scratch);

}  // namespace stepcast::vision
