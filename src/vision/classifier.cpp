#include "stepcast/vision/classifier.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "stepcast/base/contracts.hpp"

#include "decode.hpp"
#include "file_bytes.hpp"
#include "model_file.hpp"
#include "placing.hpp"

namespace stepcast::vision {

struct Classifier::Parts {
  Model model;
  cv::Mat decoded;
  cv::Mat scratch;
  std::vector<float> planes;

  Result<Judgement> judge(const cv::Mat& pixels, PictureSize size) {
    const Placing placing = place(model.info.input, size);
    planes.resize(std::size_t{3} * static_cast<std::size_t>(placing.canvas.width) *
                  static_cast<std::size_t>(placing.canvas.height));
    fill_planes(pixels, model.info.input, placing, scratch, planes.data());
    const auto ran = model.network->run(
        planes, {.batch = 1, .height = placing.canvas.height, .width = placing.canvas.width});
    if (!ran) {
      return tl::unexpected(ran.error());
    }
    const auto output = std::find_if(ran->begin(), ran->end(),
                                     [](const Output& one) { return one.name == "logits"; });
    if (output == ran->end() || output->values.size() != model.info.classes.size()) {
      return fail(Errc::kUnsupported,
                  fmt::format("the classifier has no output `logits` of {} numbers",
                              model.info.classes.size()),
                  model.info.name, "export the network again");
    }
    auto judgement = softmax(output->values);
    if (judgement) {
      judgement->width = size.width;
      judgement->height = size.height;
    }
    return judgement;
  }

  [[nodiscard]] Result<Judgement> softmax(std::span<const float> logits) const {
    const float most = *std::max_element(logits.begin(), logits.end());
    Judgement judgement;
    double sum = 0;
    for (const float logit : logits) {
      judgement.probabilities.push_back(
          std::exp((double{logit} - double{most}) / model.info.temperature));
      sum += judgement.probabilities.back();
    }
    if (!std::isfinite(sum)) {
      return fail(Errc::kUnsupported, "the network answered with numbers that are none",
                  model.info.name);
    }
    for (double& probability : judgement.probabilities) {
      probability /= sum;
    }
    const auto best =
        std::max_element(judgement.probabilities.begin(), judgement.probabilities.end());
    judgement.best = static_cast<std::size_t>(best - judgement.probabilities.begin());
    judgement.confidence = *best;
    judgement.unsure = *best < model.info.unsure_below;
    return judgement;
  }
};

Classifier::Classifier(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier& Classifier::operator=(Classifier&&) noexcept = default;
Classifier::~Classifier() = default;

Result<Classifier> Classifier::load(const std::string& path, Runtime runtime) {
  auto model = load_model(path, ModelKind::kClassifier, runtime);
  if (!model) {
    return tl::unexpected(model.error());
  }
  auto parts = std::make_unique<Parts>();
  parts->model = std::move(*model);
  const cv::Mat grey(parts->model.info.input.height, parts->model.info.input.width, CV_8UC3,
                     cv::Scalar::all(127));
  if (auto tried = parts->judge(grey, {grey.cols, grey.rows}); !tried) {
    return fail(tried.error().code, tried.error().message, path, tried.error().remedy);
  }
  return Classifier(std::move(parts));
}

const ModelInfo& Classifier::info() const {
  return parts_->model.info;
}

std::string Classifier::runtime() const {
  return parts_->model.network->runtime();
}

Result<Judgement> Classifier::judge(std::span<const std::byte> file, std::string_view name) {
  const auto size = decode(file, name, &parts_->model.info.input, parts_->decoded);
  if (!size) {
    return tl::unexpected(size.error());
  }
  return parts_->judge(parts_->decoded, *size);
}

Result<Judgement> Classifier::judge_file(const std::string& path) {
  const auto bytes = read_bytes(path);
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }
  return judge(*bytes, path);
}

Result<Judgement> Classifier::judge(const Picture& picture) {
  STEPCAST_CHECK(picture.width > 0 && picture.height > 0);
  // OpenCV has no view of constant pixels; nothing here writes.
  const cv::Mat pixels(picture.height, picture.width, CV_8UC3,
                       const_cast<std::uint8_t*>(picture.bgr.data()));
  return parts_->judge(pixels, {picture.width, picture.height});
}

}  // namespace stepcast::vision
