#include "yolox_weights.hpp"

#include <gtest/gtest.h>

namespace stepcast::training {
namespace {

/// Numbers that differ everywhere.
Array counting(std::vector<std::int64_t> shape) {
  Array array{.shape = std::move(shape), .values = {}};
  std::size_t count = 1;
  for (const auto extent : array.shape) {
    count *= static_cast<std::size_t>(extent);
  }
  for (std::size_t i = 0; i < count; ++i) {
    array.values.push_back(static_cast<float>((i * 37 + 11) % 101) / 50 - 1);
  }
  return array;
}

constexpr int kSide = 12;

/// A picture of three colours.
float pixel(std::size_t colour, int y, int x) {
  return x < 0 || y < 0 || x >= kSide || y >= kSide
             ? 0
             : static_cast<float>((colour * 31 + static_cast<std::size_t>(y * 7 + x * 3)) % 17);
}

/// The stem as it was published: the four pixels of each 2x2 square as channels, then 3x3.
float as_published(const Array& stem, std::size_t out, int row, int column) {
  constexpr int kOffsets[4][2] = {{0, 0}, {1, 0}, {0, 1}, {1, 1}};
  float sum = 0;
  for (std::size_t cell = 0; cell < 4; ++cell) {
    for (std::size_t colour = 0; colour < 3; ++colour) {
      for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) {
          const int y = row + i - 1;
          const int x = column + j - 1;
          const float value =
              x < 0 || y < 0 || x >= kSide / 2 || y >= kSide / 2
                  ? 0
                  : pixel(colour, 2 * y + kOffsets[cell][0], 2 * x + kOffsets[cell][1]);
          sum +=
              value *
              stem.values[(((out * 4 + cell) * 3 + colour) * 3 + static_cast<std::size_t>(i)) * 3 +
                          static_cast<std::size_t>(j)];
        }
      }
    }
  }
  return sum;
}

/// The stem as it runs here: 6x6, stride 2, two zeros around.
float as_folded(const Array& stem, std::size_t out, int row, int column) {
  float sum = 0;
  for (std::size_t colour = 0; colour < 3; ++colour) {
    for (int i = 0; i < 6; ++i) {
      for (int j = 0; j < 6; ++j) {
        sum += pixel(colour, 2 * row + i - 2, 2 * column + j - 2) *
               stem.values[((out * 3 + colour) * 6 + static_cast<std::size_t>(i)) * 6 +
                           static_cast<std::size_t>(j)];
      }
    }
  }
  return sum;
}

NamedArrays published() {
  NamedArrays weights;
  weights["backbone.stem.weight"] = counting({16, 12, 3, 3});
  for (const auto* level : {"0", "1", "2"}) {
    weights[std::string("head.cls_preds.") + level + ".weight"] = counting({80, 64, 1, 1});
    weights[std::string("head.cls_preds.") + level + ".bias"] = counting({80});
  }
  return weights;
}

TEST(YoloxWeights, FocusAndStemAreOneConvolution) {
  const auto stem = published()["backbone.stem.weight"];
  const auto adapted = adapt_yolox(published(), 5);
  ASSERT_TRUE(adapted) << adapted.error().to_string();
  const auto& folded = adapted->at("backbone.stem.weight");
  ASSERT_EQ(folded.shape, (std::vector<std::int64_t>{16, 3, 6, 6}));
  for (const std::size_t out : {std::size_t{0}, std::size_t{7}, std::size_t{15}}) {
    for (int row = 0; row < kSide / 2; ++row) {
      for (int column = 0; column < kSide / 2; ++column) {
        ASSERT_NEAR(as_folded(folded, out, row, column), as_published(stem, out, row, column),
                    1e-3);
      }
    }
  }
}

TEST(YoloxWeights, OtherClassesStartAnew) {
  EXPECT_FALSE(adapt_yolox(published(), 5)->contains("head.cls_preds.1.weight"));
  EXPECT_TRUE(adapt_yolox(published(), 80)->contains("head.cls_preds.1.weight"));
}

TEST(YoloxWeights, OthersAreRefused) {
  EXPECT_EQ(adapt_yolox({}, 5).error().code, Errc::kMalformed);
}

}  // namespace
}  // namespace stepcast::training
