#include "stepcast/vision/detector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/vision/annotate.hpp"

#include "networks.hpp"

namespace stepcast::vision {
namespace {

using ::testing::HasSubstr;

Detector spots(Runtime runtime = Runtime::kOpenCv) {
  auto detector = Detector::load(network_file("spots.onnx"), runtime);
  EXPECT_TRUE(detector) << detector.error().to_string();
  return std::move(*detector);
}

/// Dark, with a light spot that fills the cell of 8 pixels at column 3 and row 2.
Picture one_spot(int width = 128, int height = 96) {
  Picture picture = plain(width, height, 0, 0, 0);
  paint(picture, 24, 16, 8, 8, 255, 255, 255);
  return picture;
}

void expect_box(const Box& box, double x, double y, double width, double height, double within) {
  EXPECT_NEAR(box.x, x, within);
  EXPECT_NEAR(box.y, y, within);
  EXPECT_NEAR(box.width, width, within);
  EXPECT_NEAR(box.height, height, within);
}

TEST(Detector, SaysTheSameWithEveryRuntime) {
  for (const Runtime runtime : runtimes_here()) {
    auto detector = spots(runtime);
    SCOPED_TRACE(detector.runtime());
    const auto found = detector.detect(one_spot());
    ASSERT_TRUE(found) << found.error().to_string();
    EXPECT_EQ(found->width, 128);
    EXPECT_EQ(found->height, 96);
    ASSERT_EQ(found->detections.size(), 1U);
    EXPECT_EQ(detector.info().classes[found->detections[0].class_index], "light");
    EXPECT_GT(found->detections[0].confidence, 0.99);
    expect_box(found->detections[0].box, 20, 12, 16, 16, 1e-3);
  }
}

TEST(Detector, BoxesComeBackInPixelsOfTheFile) {
  // Four times the network's size: a JPEG is decoded at a quarter, other formats are scaled.
  Picture large = plain(512, 384, 0, 0, 0);
  paint(large, 96, 64, 32, 32, 255, 255, 255);
  auto detector = spots();
  for (const auto& file : {encode_jpeg(large, 95), encode_png(large)}) {
    const auto found = detector.detect(file);
    ASSERT_TRUE(found) << found.error().to_string();
    EXPECT_EQ(found->width, 512);
    EXPECT_EQ(found->height, 384);
    ASSERT_EQ(found->detections.size(), 1U);
    expect_box(found->detections[0].box, 80, 48, 64, 64, 0.1);
  }
}

TEST(Detector, BoxesEndAtTheEdges) {
  Picture picture = plain(128, 96, 0, 0, 0);
  paint(picture, 0, 0, 8, 8, 255, 255, 255);
  const auto found = spots().detect(picture);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->detections.size(), 1U);
  expect_box(found->detections[0].box, 0, 0, 12, 12, 1e-3);
}

TEST(Detector, StandingAndOddPicturesAreJudged) {
  auto detector = spots();
  for (const auto& [width, height] : {std::pair{96, 128}, {128, 30}, {31, 128}, {64, 64}}) {
    SCOPED_TRACE(width);
    Picture picture = plain(width, height, 0, 0, 0);
    const double scale = 128.0 / std::max(width, height);
    paint(picture, static_cast<int>(8 / scale), static_cast<int>(8 / scale),
          static_cast<int>(8 / scale), static_cast<int>(8 / scale), 255, 255, 255);
    const auto found = detector.detect(picture);
    ASSERT_TRUE(found) << found.error().to_string();
    ASSERT_EQ(found->detections.size(), 1U);
    expect_box(found->detections[0].box, 4 / scale, 4 / scale, 16 / scale, 16 / scale, 0.6);
  }
}

TEST(Detector, ABatchSaysWhatEachPictureSays) {
  const std::vector<Picture> pictures{one_spot(), plain(128, 128, 0, 0, 0), one_spot(128, 40),
                                      plain(60, 128, 0, 0, 255)};
  for (const Runtime runtime : runtimes_here()) {
    auto detector = spots(runtime);
    const auto together = detector.detect(pictures);
    ASSERT_TRUE(together) << together.error().to_string();
    ASSERT_EQ(together->size(), pictures.size());
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      const auto alone = detector.detect(pictures[i]);
      ASSERT_TRUE(alone);
      ASSERT_EQ((*together)[i].detections.size(), alone->detections.size()) << i;
      for (std::size_t d = 0; d < alone->detections.size(); ++d) {
        const auto& box = alone->detections[d].box;
        expect_box((*together)[i].detections[d].box, box.x, box.y, box.width, box.height, 1e-3);
      }
    }
  }
  EXPECT_TRUE(spots().detect(std::span<const Picture>())->empty());
}

TEST(Detector, TheThresholdDecides) {
  Picture grey = plain(128, 96, 0, 0, 0);
  paint(grey, 24, 16, 8, 8, 100, 100, 100);  // objectness logit below 0
  auto detector = spots();
  EXPECT_TRUE(detector.detect(grey)->detections.empty());
  detector.set_threshold(0.2);
  EXPECT_EQ(detector.detect(grey)->detections.size(), 1U);
}

TEST(Detector, ClassesOverlapWithoutHidingEachOther) {
  Picture picture = one_spot();
  paint(picture, 24, 16, 8, 8, 0, 0, 255);
  auto detector = spots();
  detector.set_threshold(1e-6);
  const auto found = detector.detect(picture);
  ASSERT_TRUE(found);
  ASSERT_GE(found->detections.size(), 2U);
  EXPECT_EQ(found->detections[0].class_index, 1U);
  EXPECT_GT(found->detections[0].confidence, 0.99);
}

TEST(Detector, WhatIsNotOneIsRefused) {
  const auto missing = Detector::load("/nowhere/detector.onnx");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::kNotFound);
  const auto other = Detector::load(network_file("colours.onnx"), Runtime::kOpenCv);
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message, HasSubstr("a classifier, not a detector"));
}

TEST(Annotate, DrawsOnlyWhereTheBoxIs) {
  Picture picture = plain(200, 100, 0, 0, 0);
  annotate(picture, std::vector<Detection>{{0, 0.9, {50, 40, 100, 50}}}, {"spaghetti"});
  const auto drawn = [&](int x, int y) {
    const auto* pixel = picture.bgr.data() + 3 * (y * 200 + x);
    return pixel[0] + pixel[1] + pixel[2] > 0;
  };
  EXPECT_TRUE(drawn(50, 60));
  EXPECT_TRUE(drawn(100, 40));
  EXPECT_FALSE(drawn(100, 65));
  EXPECT_FALSE(drawn(10, 10));
}

}  // namespace
}  // namespace stepcast::vision
