#include "stepcast/vision/network.hpp"

#include <cmath>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "networks.hpp"
#include "onnx_file.hpp"
#include "opencv_layers.hpp"
#include "opencv_rewriting.hpp"

// ONNX Runtime keeps a few bytes until the process ends; the address sanitizer asks by this name.
extern "C" const char* __lsan_default_suppressions();   // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "leak:libonnxruntime";
}

namespace stepcast::vision {
namespace {

using ::testing::HasSubstr;

std::vector<std::byte> file_bytes(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::vector<char> text((std::istreambuf_iterator<char>(stream)), {});
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::vector<float> noise(std::size_t count) {
  std::vector<float> numbers(count);
  std::uint32_t state = 1;
  for (float& number : numbers) {
    state = state * 1664525U + 1013904223U;
    number = static_cast<float>(state >> 8U) / static_cast<float>(1U << 24U);
  }
  return numbers;
}

/// Both runtimes on the same numbers, in shapes that come, go and come again.
void expect_same_answers(const std::string& path, std::initializer_list<InputShape> shapes,
                         float scale) {
  const auto onnx = file_bytes(path);
  if (onnx.empty()) {
    GTEST_SKIP() << path << " is not there";
  }
  if (runtimes_here().size() < 2) {
    GTEST_SKIP() << why_no_onnx_runtime();
  }
  auto first = load_network(onnx, path, Runtime::kOpenCv);
  auto second = load_network(onnx, path, Runtime::kOnnxRuntime);
  ASSERT_TRUE(first) << first.error().to_string();
  ASSERT_TRUE(second) << second.error().to_string();
  for (const InputShape& shape : shapes) {
    auto images = noise(std::size_t{3} * static_cast<std::size_t>(shape.batch * shape.height) *
                        static_cast<std::size_t>(shape.width));
    for (float& number : images) {
      number *= scale;
    }
    const auto one = (*first)->run(images, shape);
    const auto other = (*second)->run(images, shape);
    ASSERT_TRUE(one) << one.error().to_string();
    ASSERT_TRUE(other) << other.error().to_string();
    ASSERT_EQ(one->size(), other->size());
    for (std::size_t o = 0; o < one->size(); ++o) {
      EXPECT_EQ((*one)[o].name, (*other)[o].name);
      EXPECT_EQ((*one)[o].shape, (*other)[o].shape);
      ASSERT_EQ((*one)[o].values.size(), (*other)[o].values.size());
      for (std::size_t i = 0; i < (*one)[o].values.size(); ++i) {
        ASSERT_NEAR((*one)[o].values[i], (*other)[o].values[i], 1e-3) << (*one)[o].name << ' ' << i;
      }
    }
  }
}

TEST(Network, RuntimesAgreeOnADetector) {
  expect_same_answers(network_file("spots.onnx"),
                      {{1, 96, 128},
                       {2, 64, 32},
                       {1, 32, 32},
                       {3, 64, 64},
                       {1, 128, 128},
                       {1, 32, 64},
                       {1, 96, 128}},
                      1);
}

TEST(Network, RuntimesAgreeOnAClassifier) {
  expect_same_answers(network_file("colours.onnx"), {{1, 224, 224}, {1, 32, 64}}, 1);
}

TEST(Network, RuntimesAgreeOnMobileNet) {
  expect_same_answers(STEPCAST_SHARED_DIR "/weights/mobilenet_v2_imagenet.onnx", {{1, 224, 224}},
                      1);
}

TEST(Network, RuntimesAgreeOnYolox) {
  constexpr float kPixels = 255;
  expect_same_answers(STEPCAST_SHARED_DIR "/weights/yolox_nano_coco.onnx", {{1, 416, 416}},
                      kPixels);
}

TEST(Network, SiluIsFusedWherePairsAre) {
  const auto onnx = file_bytes(network_file("spots.onnx"));
  const auto before = read_onnx(onnx, "spots.onnx");
  ASSERT_TRUE(before);
  const auto fused = rewrite_for_opencv(onnx, *before);
  const auto after = read_onnx(fused, "fused");
  ASSERT_TRUE(after);
  std::vector<std::string> operations;
  for (const OnnxNode& node : after->nodes) {
    operations.emplace_back(node.operation);
  }
  EXPECT_THAT(operations, testing::Contains(std::string(kSiluOperation)));
  EXPECT_THAT(operations, testing::Not(testing::Contains("Sigmoid")));
  EXPECT_EQ(after->nodes.size() + 1, before->nodes.size());
  EXPECT_EQ(after->outputs, before->outputs);
}

TEST(Network, ALibraryThatIsNoneIsRefusedOnlyWhereItIsAskedFor) {
  EXPECT_TRUE(runtime_of("auto"));
  EXPECT_FALSE(runtime_of("tensorflow"));
  const auto broken = load_network({}, "empty.onnx", Runtime::kOpenCv);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, Errc::kMalformed);
  EXPECT_EQ(broken.error().location, "empty.onnx");
}

}  // namespace
}  // namespace stepcast::vision
