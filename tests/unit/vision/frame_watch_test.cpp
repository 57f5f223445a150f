#include "stepcast/vision/frame_watch.hpp"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "networks.hpp"

namespace stepcast::vision {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Bars of so many pixels, with the noise of a sensor that `seed` decides.
Picture bars(int period, int seed, int dark = 40, int light = 180) {
  Picture picture{.width = 320, .height = 240, .bgr = {}};
  auto state = static_cast<std::uint32_t>(seed);
  for (int i = 0; i < picture.width * picture.height; ++i) {
    state = state * 1664525U + 1013904223U;
    const int noise = static_cast<int>(state >> 30U);
    const int value = ((i % 320) / period % 2 == 0 ? dark : light) + noise;
    picture.bgr.insert(picture.bgr.end(), 3, static_cast<std::uint8_t>(value));
  }
  return picture;
}

/// Each pixel the mean of those around it, in a row.
Picture blurred(Picture picture, int radius) {
  const Picture sharp = picture;
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      int sum = 0;
      for (int d = -radius; d <= radius; ++d) {
        sum += sharp.bgr[static_cast<std::size_t>(
            3 * (y * picture.width + std::clamp(x + d, 0, picture.width - 1)))];
      }
      std::fill_n(picture.bgr.begin() + 3 * (y * picture.width + x), 3,
                  static_cast<std::uint8_t>(sum / (2 * radius + 1)));
    }
  }
  return picture;
}

/// A watch that knows its camera.
FrameWatch learned(int period = 8) {
  FrameWatch watch;
  for (int i = 0; i < 12; ++i) {
    EXPECT_THAT(watch.look(measure_frame(bars(period, i))), IsEmpty());
  }
  EXPECT_GT(watch.usual_detail(), 0);
  return watch;
}

TEST(FrameWatch, SaysNothingOfGoodPictures) {
  learned();
}

TEST(FrameWatch, DarkBrightAndCoveredNeedNoLearning) {
  FrameWatch watch;
  EXPECT_THAT(watch.look(measure_frame(bars(8, 1, 2, 20))), ElementsAre(FrameFault::kDark));
  EXPECT_THAT(watch.look(measure_frame(bars(8, 2, 230, 250))), ElementsAre(FrameFault::kBright));
  EXPECT_THAT(watch.look(measure_frame(plain(320, 240, 90, 120, 100))),
              ElementsAre(FrameFault::kCovered));
}

TEST(FrameWatch, BlurredIsLessDetailThanThisCameraUsuallyShows) {
  auto watch = learned();
  const auto blurred_frame = measure_frame(blurred(bars(8, 99), 4));
  EXPECT_THAT(watch.look(blurred_frame), ElementsAre(FrameFault::kBlurred));
  // As much detail as another camera shows every day.
  FrameWatch soft;
  for (int i = 0; i < 12; ++i) {
    EXPECT_THAT(soft.look(measure_frame(blurred(bars(8, i), 4))), IsEmpty());
  }
  // What was blurred has not become the usual.
  for (int i = 0; i < 300; ++i) {
    EXPECT_THAT(watch.look(measure_frame(blurred(bars(8, i), 4))),
                ElementsAre(FrameFault::kBlurred));
    i += 50;
  }
  watch.forget();
  EXPECT_THAT(watch.look(blurred_frame), IsEmpty());
}

TEST(FrameWatch, FrozenIsTheSamePictureInARow) {
  auto watch = learned();
  const auto frame = measure_frame(bars(8, 1000));
  for (int i = 0; i < 4; ++i) {
    EXPECT_THAT(watch.look(frame), IsEmpty());
  }
  EXPECT_THAT(watch.look(frame), ElementsAre(FrameFault::kFrozen));
  EXPECT_THAT(watch.look(measure_frame(bars(8, 1001))), IsEmpty());
}

TEST(FrameWatch, FilesAreMeasuredAsPictures) {
  const auto picture = bars(16, 5);
  const auto from_file = measure_frame(encode_png(picture));
  ASSERT_TRUE(from_file);
  EXPECT_EQ(from_file->fingerprint, measure_frame(picture).fingerprint);
  EXPECT_EQ(from_file->detail, measure_frame(picture).detail);
  EXPECT_FALSE(measure_frame(std::span<const std::byte>()));
}

}  // namespace
}  // namespace stepcast::vision
