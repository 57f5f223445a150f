#include "decode_cells.hpp"

#include <array>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "depthwise.hpp"
#include "jpeg_end.hpp"
#include "silu.hpp"

namespace stepcast::vision {
namespace {

// One row of two cells of 16 pixels, one class: planes tx, ty, tw, th, objectness, class.
struct TwoCells {
  std::array<float, 12> values{0.5F, 0.25F, 0.5F, 0.5F, 0, std::log(2.0F), 0, 0, -9, 4, 3, 3};
  [[nodiscard]] std::vector<Detection> found(double threshold) const {
    const Output output{.name = "p16", .shape = {1, 6, 1, 2}, .values = values};
    std::vector<Detection> list;
    decode_cells(output, 0, 16, 1, {threshold}, list);
    return list;
  }
};

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

TEST(DecodeCells, ABoxLiesAroundItsCell) {
  const auto found = TwoCells().found(0.5);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NEAR(found[0].confidence, sigmoid(4) * sigmoid(3), 1e-6);
  // Centre (1 + 0.25, 0.5) cells, 2 cells wide, 1 high.
  EXPECT_NEAR(found[0].box.x, 1.25 * 16 - 16, 1e-4);
  EXPECT_NEAR(found[0].box.y, 0, 1e-4);
  EXPECT_NEAR(found[0].box.width, 32, 1e-4);
  EXPECT_NEAR(found[0].box.height, 16, 1e-4);
}

TEST(DecodeCells, AThresholdOfZeroTakesEveryCell) {
  EXPECT_EQ(TwoCells().found(0).size(), 2U);
  EXPECT_TRUE(TwoCells().found(1).empty());
}

TEST(DecodeCells, NumbersThatAreNoneArePassedOver) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    for (const std::size_t plane : {0U, 1U}) {
      TwoCells cells;
      cells.values[2 * plane + 1] = bad;
      EXPECT_TRUE(cells.found(0.5).empty());
    }
  }
  TwoCells cells;
  cells.values[9] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(cells.found(0.5).empty());
  cells = TwoCells();
  cells.values[5] = 1e30F;
  ASSERT_EQ(cells.found(0.5).size(), 1U);
  EXPECT_TRUE(std::isfinite(cells.found(0.5)[0].box.width));
}

TEST(SuppressOverlaps, KeepsTheBestOfAClass) {
  std::vector<Detection> found{
      {.class_index = 0, .confidence = 0.6, .box = {0, 0, 10, 10}},
      {.class_index = 0, .confidence = 0.9, .box = {1, 0, 10, 10}},
      {.class_index = 1, .confidence = 0.5, .box = {0, 0, 10, 10}},
      {.class_index = 0, .confidence = 0.7, .box = {8, 0, 10, 10}},
  };
  suppress_overlaps(found, 0.5);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].confidence, 0.9);
  EXPECT_EQ(found[1].confidence, 0.7);
  EXPECT_EQ(found[2].class_index, 1U);
}

TEST(Overlap, IsTheShareOfTheUnion) {
  EXPECT_DOUBLE_EQ(overlap({0, 0, 10, 10}, {5, 0, 10, 10}), 50.0 / 150.0);
  EXPECT_DOUBLE_EQ(overlap({0, 0, 10, 10}, {0, 0, 10, 10}), 1);
  EXPECT_DOUBLE_EQ(overlap({0, 0, 10, 10}, {10, 0, 10, 10}), 0);
  EXPECT_DOUBLE_EQ(overlap({0, 0, 0, 0}, {0, 0, 0, 0}), 0);
}

TEST(Silu, IsXTimesSigmoidOfX) {
  std::vector<float> from;
  for (double x = -120; x <= 120; x += 0.0137) {
    from.push_back(static_cast<float>(x));
  }
  std::vector<float> to(from.size());
  silu(from.data(), to.data(), from.size());
  for (std::size_t i = 0; i < from.size(); ++i) {
    const double exact = from[i] / (1 + std::exp(-double{from[i]}));
    ASSERT_NEAR(to[i], exact, 1e-6 * std::max(1.0, std::abs(exact))) << from[i];
  }
}

TEST(ConvolvePlane, IsTheSumOverNeighbours) {
  const std::array<float, 9> weights{1, -2, 3, 0.5F, 7, -1, 2, 4, -3};
  PlaneScratch scratch;
  for (const PlaneConvolution& shape :
       {PlaneConvolution{5, 7, 1, 1, 1, 1, 1}, PlaneConvolution{8, 8, 2, 0, 0, 1, 1},
        PlaneConvolution{9, 11, 2, 1, 1, 1, 1}, PlaneConvolution{3, 3, 1, 0, 0, 0, 0},
        PlaneConvolution{1, 1, 1, 1, 1, 1, 1}, PlaneConvolution{6, 40, 1, 2, 0, 1, 2}}) {
    std::vector<float> plane;
    for (int i = 0; i < shape.height * shape.width; ++i) {
      plane.push_back(static_cast<float>(i * i % 17) - 5);
    }
    std::vector<float> to(static_cast<std::size_t>(shape.out_height() * shape.out_width()), -1);
    convolve_plane(shape, plane.data(), weights, 0.25F, to.data(), scratch);
    for (int y = 0; y < shape.out_height(); ++y) {
      for (int x = 0; x < shape.out_width(); ++x) {
        float sum = 0.25F;
        for (int tap = 0; tap < 9; ++tap) {
          const int row = y * shape.stride + tap / 3 - shape.pad_top;
          const int column = x * shape.stride + tap % 3 - shape.pad_left;
          if (row >= 0 && row < shape.height && column >= 0 && column < shape.width) {
            sum += weights[static_cast<std::size_t>(tap)] *
                   plane[static_cast<std::size_t>(row * shape.width + column)];
          }
        }
        ASSERT_NEAR(to[static_cast<std::size_t>(y * shape.out_width() + x)], sum, 1e-4)
            << shape.width << " wide, at " << x << ", " << y;
      }
    }
  }
}

std::vector<std::byte> bytes_of(std::initializer_list<int> numbers) {
  std::vector<std::byte> bytes;
  for (const int number : numbers) {
    bytes.push_back(static_cast<std::byte>(number));
  }
  return bytes;
}

TEST(JpegEnd, IsNotTheOneOfThePictureInTheExifData) {
  const auto whole =
      bytes_of({0xFF, 0xD8, 0xFF, 0xE1, 0, 6, 0xFF, 0xD9, 1,    2,  // EXIF
                0xFF, 0xDA, 0,    3,    1, 7, 0xFF, 0,    0xFF, 0xD0, 9, 0xFF, 0xD9, 0});
  EXPECT_TRUE(jpeg_is_whole(whole));
  for (std::size_t size = 2; size + 1 < whole.size(); ++size) {
    EXPECT_FALSE(jpeg_is_whole(std::span(whole).first(size))) << size;
  }
}

}  // namespace
}  // namespace stepcast::vision
