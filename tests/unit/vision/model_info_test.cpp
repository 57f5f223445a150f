#include "stepcast/vision/model_info.hpp"

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "networks.hpp"

namespace stepcast::vision {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::json;

std::vector<std::byte> onnx_bytes(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::vector<char> text((std::istreambuf_iterator<char>(stream)), {});
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::string counted(char field, const std::string& content) {
  std::string bytes(1, static_cast<char>(field << 3 | 2));
  std::size_t size = content.size();
  for (; size >= 0x80; size >>= 7U) {
    bytes += static_cast<char>(size | 0x80);
  }
  return bytes + static_cast<char>(size) + content;
}

/// The smallest file: a graph with one output, and metadata.
std::string file_saying(const std::string& metadata, const std::string& key = "stepcast") {
  return counted(7, counted(12, counted(1, "p8"))) +
         counted(14, counted(1, key) + counted(2, metadata));
}

Json detector() {
  return {{"format", 1},
          {"kind", "detector"},
          {"name", "d"},
          {"classes", {"a", "b"}},
          {"input",
           {{"width", 320},
            {"height", 256},
            {"order", "rgb"},
            {"mean", {1, 2, 3}},
            {"scale", 0.5},
            {"fit", "letterbox"},
            {"fill", 114}}},
          {"strides", {8, 16, 32}},
          {"nms_iou", 0.45},
          {"thresholds", {0.3, 0.4}},
          {"trustworthy", {true, false}},
          {"trained", {{"anything", "goes"}}}};
}

Result<ModelInfo> read(const Json& metadata) {
  const std::string file = file_saying(metadata.dump());
  return read_model_info(std::as_bytes(std::span(file)), "net.onnx");
}

TEST(ModelInfo, IsReadWhole) {
  const auto info = read(detector());
  ASSERT_TRUE(info) << info.error().to_string();
  EXPECT_EQ(info->kind, ModelKind::kDetector);
  EXPECT_THAT(info->classes, ElementsAre("a", "b"));
  EXPECT_EQ(info->input.width, 320);
  EXPECT_EQ(info->input.height, 256);
  EXPECT_TRUE(info->input.rgb);
  EXPECT_THAT(info->input.mean, ElementsAre(1, 2, 3));
  EXPECT_EQ(info->input.scale, 0.5F);
  EXPECT_EQ(info->input.fill, 114);
  EXPECT_THAT(info->strides, ElementsAre(8, 16, 32));
  EXPECT_THAT(info->thresholds, ElementsAre(0.3, 0.4));
  EXPECT_THAT(info->trustworthy, ElementsAre(true, false));
}

TEST(ModelInfo, OfAFileOfOnnxItself) {
  const auto info = read_model_info(onnx_bytes(network_file("colours.onnx")), "colours.onnx");
  ASSERT_TRUE(info) << info.error().to_string();
  EXPECT_EQ(info->kind, ModelKind::kClassifier);
  EXPECT_EQ(info->temperature, 2);
  EXPECT_EQ(info->input.fit, InputFormat::Fit::kStretch);
}

TEST(ModelInfo, ErrorsNameTheKey) {
  const std::vector<std::pair<const char*, Json>> wrong{
      {"/kind", "segmenter"},
      {"/name", 3},
      {"/classes", Json::array()},
      {"/classes", {"a", 1}},
      {"/strides", {8, 12}},
      {"/nms_iou", 1.5},
      {"/thresholds", {0.5}},
      {"/thresholds", {0.5, "x"}},
      {"/trustworthy", {true, 1}},
      {"/input/width", 300},
      {"/input/height", 1e9},
      {"/input/order", "grb"},
      {"/input/mean", {1, 2}},
      {"/input/scale", "much"},
      {"/input/fit", "stretch"},
      {"/input/fill", 256},
      {"/format", 1.5},
      {"/input", nullptr},
  };
  for (const auto& [pointer, value] : wrong) {
    Json metadata = detector();
    metadata[Json::json_pointer(pointer)] = value;
    const auto refused = read(metadata);
    ASSERT_FALSE(refused) << pointer;
    EXPECT_EQ(refused.error().location, "net.onnx");
    const std::string key = std::string(pointer).substr(std::string(pointer).rfind('/') + 1);
    EXPECT_THAT(refused.error().message, HasSubstr(key == "input" ? "input.width" : key));
  }
}

TEST(ModelInfo, ANewerFormatAsksForANewerProgram) {
  Json metadata = detector();
  metadata["format"] = 2;
  const auto refused = read(metadata);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kUnsupported);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("format 2"), HasSubstr("reads 1")));
}

TEST(ModelInfo, OtherFilesAreRefused) {
  for (const std::string& text :
       {std::string(), std::string("hello"), std::string(100, '\xFF'), counted(7, "\x0A\x7F"),
        file_saying("{}", "other"), file_saying("not json"), file_saying("[1]")}) {
    EXPECT_FALSE(read_model_info(std::as_bytes(std::span(text)), "x.onnx"));
  }
}

TEST(ModelInfo, AFileThatBreaksOffAnywhereIsRefused) {
  const std::string whole = file_saying(detector().dump());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read_model_info(std::as_bytes(std::span(whole)).first(size), "x.onnx")) << size;
  }
}

}  // namespace
}  // namespace stepcast::vision
