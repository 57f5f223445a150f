#include "stepcast/dataset/near_duplicates.hpp"

#include <cmath>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stepcast::dataset {
namespace {

using ::testing::ElementsAre;

/// Smooth blobs of grey, different for each seed: pictures without a camera.
vision::Picture blobs(std::uint32_t seed, int width = 160, int height = 120) {
  std::mt19937 random(seed);
  const auto unit = [&] { return static_cast<double>(random()) / 4294967296.0; };
  struct Blob {
    double x, y, size, shade;
  };
  std::vector<Blob> list(12);
  for (Blob& blob : list) {
    blob = {unit(), unit(), 0.05 + 0.2 * unit(), 200 * unit() - 100};
  }
  vision::Picture picture{.width = width, .height = height, .bgr = {}};
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      double value = 128;
      for (const Blob& blob : list) {
        const double dx = (column + 0.5) / width - blob.x;
        const double dy = (row + 0.5) / height - blob.y;
        value += blob.shade * std::exp(-(dx * dx + dy * dy) / (blob.size * blob.size));
      }
      picture.bgr.insert(picture.bgr.end(), 3,
                         static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0)));
    }
  }
  return picture;
}

/// Mirrored left-right.
vision::Picture mirrored(const vision::Picture& picture) {
  vision::Picture out = picture;
  for (int row = 0; row < picture.height; ++row) {
    for (int column = 0; column < picture.width; ++column) {
      for (int c = 0; c < 3; ++c) {
        const auto at = [&](int x) {
          return static_cast<std::size_t>(3 * (row * picture.width + x) + c);
        };
        out.bgr[at(column)] = picture.bgr[at(picture.width - 1 - column)];
      }
    }
  }
  return out;
}

/// A quarter turn clockwise.
vision::Picture turned(const vision::Picture& picture) {
  vision::Picture out{.width = picture.height, .height = picture.width, .bgr = {}};
  for (int row = 0; row < out.height; ++row) {
    for (int column = 0; column < out.width; ++column) {
      for (int c = 0; c < 3; ++c) {
        const int from_row = picture.height - 1 - column;
        out.bgr.push_back(
            picture.bgr[static_cast<std::size_t>(3 * (from_row * picture.width + row) + c)]);
      }
    }
  }
  return out;
}

std::vector<NearPair> pairs_of(const std::vector<vision::Picture>& pictures,
                               const NearOptions& options = {}) {
  std::vector<Fingerprint> prints;
  for (const auto& picture : pictures) {
    prints.push_back(fingerprint(picture));
  }
  return near_pairs(prints, options);
}

TEST(NearDuplicates, ArePicturesThatWereResizedAndEncodedAgain) {
  for (std::uint32_t seed = 1; seed <= 10; ++seed) {
    const auto again = vision::decode_picture(vision::encode_jpeg(blobs(seed, 101, 77), 40));
    ASSERT_TRUE(again);
    const auto pairs = pairs_of({blobs(seed), *again});
    ASSERT_EQ(pairs.size(), 1) << seed;
    EXPECT_GT(pairs[0].likeness, 0.95);
  }
}

TEST(NearDuplicates, AreNotPicturesOfOtherThings) {
  std::vector<vision::Picture> pictures;
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    pictures.push_back(blobs(seed));
  }
  EXPECT_TRUE(pairs_of(pictures).empty());
}

TEST(NearDuplicates, AreFoundMirroredAndTurned) {
  const auto original = blobs(3);
  const auto flipped = pairs_of({original, mirrored(original)});
  ASSERT_EQ(flipped.size(), 1);
  EXPECT_TRUE(flipped[0].turn.mirrored);
  EXPECT_EQ(flipped[0].turn.quarters, 0);
  const auto quarter = pairs_of({original, turned(original)});
  ASSERT_EQ(quarter.size(), 1);
  EXPECT_FALSE(quarter[0].turn.mirrored);
  EXPECT_EQ(quarter[0].turn.quarters, 1);
  const auto three = pairs_of({original, turned(turned(turned(original)))});
  ASSERT_EQ(three.size(), 1);
  EXPECT_EQ(three[0].turn.quarters, 3);
  const auto both = pairs_of({original, turned(mirrored(original))});
  ASSERT_EQ(both.size(), 1);
  EXPECT_TRUE(both[0].turn.mirrored);
  EXPECT_EQ(both[0].turn.quarters, 1);
  EXPECT_TRUE(pairs_of({original, mirrored(original)}, {.turned = false}).empty());
}

TEST(Clusters, TieOverSeveralStepsAndAreNamedByTheFirst) {
  const std::vector<NearPair> pairs = {{4, 5, 0, 1, {}}, {1, 3, 0, 1, {}}, {3, 4, 0, 1, {}}};
  EXPECT_THAT(clusters(7, pairs), ElementsAre(0, 1, 2, 1, 1, 1, 6));
}

}  // namespace
}  // namespace stepcast::dataset
