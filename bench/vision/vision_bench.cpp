// Pictures a second on one core, from the bytes of a JPEG to the answer, with the networks that are
// shipped (or those in $STEPCAST_MODELS) and each runtime that is found:
//
//   build/release/bench/vision/vision_bench --benchmark_min_time=3 [--benchmark_repetitions=5]
//
// $STEPCAST_BENCH_PICTURE names another picture than a generated one of 640 x 480.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "stepcast/vision/classifier.hpp"
#include "stepcast/vision/detector.hpp"
#include "stepcast/vision/picture.hpp"

#include "model_folder.hpp"

namespace {

using namespace stepcast;

std::vector<std::byte> file_bytes(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::vector<char> text((std::istreambuf_iterator<char>(stream)), {});
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

/// A camera's picture; without one, a gradient of its size.
std::vector<std::byte> jpeg() {
  const char* const own = std::getenv("STEPCAST_BENCH_PICTURE");
  auto bytes = own == nullptr ? std::vector<std::byte>() : file_bytes(own);
  if (bytes.empty()) {
    vision::Picture picture{.width = 640, .height = 480, .bgr = {}};
    for (int i = 0; i < picture.width * picture.height; ++i) {
      const auto value = static_cast<std::uint8_t>((i * 2654435761U) >> 29U);
      picture.bgr.insert(picture.bgr.end(),
                         {static_cast<std::uint8_t>(i % 640 / 3 + value),
                          static_cast<std::uint8_t>(i / 640 / 2 + value), value});
    }
    constexpr int kQuality = 85;
    bytes = vision::encode_jpeg(picture, kQuality);
  }
  return bytes;
}

void decode_alone(benchmark::State& state) {
  const auto file = jpeg();
  for (auto _ : state) {
    benchmark::DoNotOptimize(vision::decode_picture(file));
  }
  state.SetItemsProcessed(state.iterations());
}

void detect(benchmark::State& state, vision::Runtime runtime) {
  auto detector = vision::Detector::load(cli::model_path("detector.onnx"), runtime);
  if (!detector) {
    state.SkipWithError(detector.error().to_string().c_str());
    return;
  }
  state.SetLabel(detector->runtime());
  const auto file = jpeg();
  for (auto _ : state) {
    benchmark::DoNotOptimize(detector->detect(file));
  }
  state.SetItemsProcessed(state.iterations());
}

void classify(benchmark::State& state, vision::Runtime runtime) {
  auto classifier = vision::Classifier::load(cli::model_path("classifier.onnx"), runtime);
  if (!classifier) {
    state.SkipWithError(classifier.error().to_string().c_str());
    return;
  }
  state.SetLabel(classifier->runtime());
  const auto file = jpeg();
  for (auto _ : state) {
    benchmark::DoNotOptimize(classifier->judge(file));
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

BENCHMARK(decode_alone)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(detect, opencv, vision::Runtime::kOpenCv)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(detect, onnxruntime, vision::Runtime::kOnnxRuntime)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(classify, opencv, vision::Runtime::kOpenCv)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(classify, onnxruntime, vision::Runtime::kOnnxRuntime)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_MAIN();
