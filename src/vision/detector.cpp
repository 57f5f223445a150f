#include "stepcast/vision/detector.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "stepcast/base/contracts.hpp"

#include "decode.hpp"
#include "decode_cells.hpp"
#include "file_bytes.hpp"
#include "model_file.hpp"
#include "placing.hpp"

namespace stepcast::vision {
namespace {

/// A view; OpenCV has none of constant pixels, and nothing here writes.
cv::Mat pixels_of(const Picture& picture) {
  STEPCAST_CHECK(picture.width > 0 && picture.height > 0);
  return {picture.height, picture.width, CV_8UC3, const_cast<std::uint8_t*>(picture.bgr.data())};
}

/// From the canvas to the picture, cut at its edges; false where nothing is left.
bool move_to_picture(Box& box, const Placing& placing, PictureSize size) {
  constexpr double kLeast = 1;  // pixels
  const double left = std::clamp(box.x / placing.scale_x, 0.0, double(size.width));
  const double top = std::clamp(box.y / placing.scale_y, 0.0, double(size.height));
  const double right = std::clamp((box.x + box.width) / placing.scale_x, 0.0, double(size.width));
  const double bottom =
      std::clamp((box.y + box.height) / placing.scale_y, 0.0, double(size.height));
  box = {.x = left, .y = top, .width = right - left, .height = bottom - top};
  return box.width >= kLeast && box.height >= kLeast;
}

}  // namespace

struct Detector::Parts {
  Model model;
  std::vector<double> thresholds;
  cv::Mat decoded;
  cv::Mat scratch;
  std::vector<float> planes;

  /// Runs the network on `planes`. @returns an output for each stride
  Result<std::vector<const Output*>> run(int batch, PictureSize canvas) {
    const auto ran = model.network->run(
        planes, {.batch = batch, .height = canvas.height, .width = canvas.width});
    if (!ran) {
      return tl::unexpected(ran.error());
    }
    std::vector<const Output*> found;
    for (const int stride : model.info.strides) {
      const std::string wanted = fmt::format("p{}", stride);
      const auto output = std::find_if(ran->begin(), ran->end(),
                                       [&](const Output& one) { return one.name == wanted; });
      const std::array<int, 4> shape{batch, static_cast<int>(5 + model.info.classes.size()),
                                     canvas.height / stride, canvas.width / stride};
      if (output == ran->end() || output->shape != shape) {
        return fail(Errc::kUnsupported,
                    fmt::format("the detector has no output `{}` of {} x {} x {} x {} numbers",
                                wanted, shape[0], shape[1], shape[2], shape[3]),
                    model.info.name, "export the network again");
      }
      found.push_back(&*output);
    }
    return found;
  }

  [[nodiscard]] Found collect(const std::vector<const Output*>& levels, int picture,
                              const Placing& placing, PictureSize size) const {
    Found found{.width = size.width, .height = size.height, .detections = {}};
    for (std::size_t i = 0; i < levels.size(); ++i) {
      decode_cells(*levels[i], picture, model.info.strides[i], model.info.classes.size(),
                   thresholds, found.detections);
    }
    suppress_overlaps(found.detections, model.info.nms_iou);
    std::erase_if(found.detections, [&](Detection& detection) {
      return !move_to_picture(detection.box, placing, size);
    });
    return found;
  }

  Result<Found> judge(const cv::Mat& pixels, PictureSize size) {
    const Placing placing = place(model.info.input, size);
    planes.resize(std::size_t{3} * static_cast<std::size_t>(placing.canvas.width) *
                  static_cast<std::size_t>(placing.canvas.height));
    fill_planes(pixels, model.info.input, placing, scratch, planes.data());
    const auto levels = run(1, placing.canvas);
    if (!levels) {
      return tl::unexpected(levels.error());
    }
    return collect(*levels, 0, placing, size);
  }
};

Detector::Detector(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Detector::Detector(Detector&&) noexcept = default;
Detector& Detector::operator=(Detector&&) noexcept = default;
Detector::~Detector() = default;

Result<Detector> Detector::load(const std::string& path, Runtime runtime) {
  auto model = load_model(path, ModelKind::kDetector, runtime);
  if (!model) {
    return tl::unexpected(model.error());
  }
  auto parts = std::make_unique<Parts>();
  parts->thresholds = model->info.thresholds;
  parts->model = std::move(*model);
  // The smallest canvas shows whether the outputs are what the file promises.
  constexpr int kCell = 32;
  parts->planes.assign(std::size_t{3} * kCell * kCell, 0);
  if (auto tried = parts->run(1, {kCell, kCell}); !tried) {
    return fail(tried.error().code, tried.error().message, path, tried.error().remedy);
  }
  return Detector(std::move(parts));
}

const ModelInfo& Detector::info() const {
  return parts_->model.info;
}

std::string Detector::runtime() const {
  return parts_->model.network->runtime();
}

void Detector::set_threshold(double threshold) {
  STEPCAST_CHECK(threshold >= 0 && threshold <= 1);
  parts_->thresholds.assign(parts_->model.info.classes.size(), threshold);
}

Result<Found> Detector::detect(std::span<const std::byte> file, std::string_view name) {
  const auto size = decode(file, name, &parts_->model.info.input, parts_->decoded);
  if (!size) {
    return tl::unexpected(size.error());
  }
  return parts_->judge(parts_->decoded, *size);
}

Result<Found> Detector::detect_file(const std::string& path) {
  const auto bytes = read_bytes(path);
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }
  return detect(*bytes, path);
}

Result<Found> Detector::detect(const Picture& picture) {
  return parts_->judge(pixels_of(picture), {picture.width, picture.height});
}

Result<std::vector<Found>> Detector::detect(std::span<const Picture> pictures) {
  std::vector<Placing> placings;
  PictureSize canvas;
  for (const Picture& picture : pictures) {
    const cv::Mat pixels = pixels_of(picture);
    placings.push_back(place(parts_->model.info.input, {pixels.cols, pixels.rows}));
    canvas.width = std::max(canvas.width, placings.back().canvas.width);
    canvas.height = std::max(canvas.height, placings.back().canvas.height);
  }
  std::vector<Found> found;
  if (pictures.empty()) {
    return found;
  }
  const std::size_t each = std::size_t{3} * static_cast<std::size_t>(canvas.width) *
                           static_cast<std::size_t>(canvas.height);
  parts_->planes.resize(each * pictures.size());
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    placings[i].canvas = canvas;
    fill_planes(pixels_of(pictures[i]), parts_->model.info.input, placings[i], parts_->scratch,
                parts_->planes.data() + i * each);
  }
  const auto levels = parts_->run(static_cast<int>(pictures.size()), canvas);
  if (!levels) {
    return tl::unexpected(levels.error());
  }
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    found.push_back(parts_->collect(*levels, static_cast<int>(i), placings[i],
                                    {pictures[i].width, pictures[i].height}));
  }
  return found;
}

}  // namespace stepcast::vision
