#include "stepcast/vision/classifier.hpp"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "networks.hpp"

namespace stepcast::vision {
namespace {

TEST(Classifier, SaysTheSameWithEveryRuntime) {
  for (const Runtime runtime : runtimes_here()) {
    auto classifier = Classifier::load(network_file("colours.onnx"), runtime);
    ASSERT_TRUE(classifier) << classifier.error().to_string();
    SCOPED_TRACE(classifier->runtime());
    const auto green = classifier->judge(plain(50, 300, 0, 255, 0));
    ASSERT_TRUE(green) << green.error().to_string();
    EXPECT_EQ(classifier->info().classes[green->best], "blobs");
    // Logits 0, 8, 0, -4, -4, -4 at temperature 2, SiLU(-8) being nearly 0.
    const double rest = 2 * std::exp(-8 / 2.0 * (1 + std::exp(-8.0))) + 3 * std::exp(-12 / 2.0);
    EXPECT_NEAR(green->confidence, 1 / (1 + rest), 1e-3);
    EXPECT_NEAR(std::accumulate(green->probabilities.begin(), green->probabilities.end(), 0.0), 1,
                1e-9);
    EXPECT_FALSE(green->unsure);
  }
}

TEST(Classifier, IsUnsureBetweenClasses) {
  auto classifier = Classifier::load(network_file("colours.onnx"), Runtime::kOpenCv);
  ASSERT_TRUE(classifier);
  const auto yellow = classifier->judge(plain(64, 64, 0, 255, 255));
  ASSERT_TRUE(yellow);
  EXPECT_TRUE(yellow->unsure);
  EXPECT_NEAR(yellow->probabilities[0], yellow->probabilities[1], 1e-4);
}

TEST(Classifier, LooksAtFilesAsAtPictures) {
  auto classifier = Classifier::load(network_file("colours.onnx"), Runtime::kOpenCv);
  ASSERT_TRUE(classifier);
  Picture large = plain(1200, 900, 10, 200, 60);
  const auto from_picture = classifier->judge(large);
  const auto from_jpeg = classifier->judge(encode_jpeg(large, 95));
  ASSERT_TRUE(from_picture && from_jpeg);
  EXPECT_EQ(from_picture->best, from_jpeg->best);
  EXPECT_NEAR(from_picture->confidence, from_jpeg->confidence, 0.01);
}

TEST(Classifier, ABrokenPictureIsRefusedWithItsName) {
  auto classifier = Classifier::load(network_file("colours.onnx"), Runtime::kOpenCv);
  ASSERT_TRUE(classifier);
  auto jpeg = encode_jpeg(plain(64, 64, 1, 2, 3), 90);
  jpeg.resize(jpeg.size() / 2);
  const auto refused = classifier->judge(jpeg, "half.jpg");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kMalformed);
  EXPECT_EQ(refused.error().location, "half.jpg");
}

}  // namespace
}  // namespace stepcast::vision
