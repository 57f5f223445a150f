#include "detector_loss.hpp"

#include <cmath>

#include "label_assignment.hpp"

namespace stepcast::training {
namespace {

constexpr double kOverlapLossWeight = 5;

/// The maps of all strides side by side: N x places x (5 + classes), and where each place is.
struct Places {
  torch::Tensor raw;
  torch::Tensor cells;    ///< places x 2
  torch::Tensor strides;  ///< places x 1
};

Places places_of(const std::array<torch::Tensor, 3>& maps) {
  std::vector<torch::Tensor> raw;
  std::vector<torch::Tensor> cells;
  std::vector<torch::Tensor> strides;
  for (std::size_t level = 0; level < maps.size(); ++level) {
    const auto rows = maps[level].size(2);
    const auto columns = maps[level].size(3);
    raw.push_back(maps[level].flatten(2).transpose(1, 2));
    const auto y = torch::arange(rows).view({rows, 1}).expand({rows, columns});
    const auto x = torch::arange(columns).view({1, columns}).expand({rows, columns});
    cells.push_back(torch::stack({x, y}, 2).reshape({-1, 2}).to(torch::kFloat32));
    strides.push_back(
        torch::full({rows * columns, 1}, static_cast<float>(kDetectorStrides[level])));
  }
  const auto device = maps[0].device();
  return {torch::cat(raw, 1), torch::cat(cells).to(device), torch::cat(strides).to(device)};
}

/// What the places of a batch shall say.
struct Targets {
  std::vector<std::int64_t> image;
  std::vector<std::int64_t> place;
  std::vector<std::int64_t> class_index;
  std::vector<float> overlap;
  std::vector<float> box;  ///< Middle and size, four each.
};

Targets targets_of(const Places& places, const std::vector<std::vector<Mark>>& marks, int classes) {
  const auto raw = places.raw.detach().to(torch::kCPU).contiguous();
  const auto cells = places.cells.to(torch::kCPU).contiguous();
  const auto strides = places.strides.to(torch::kCPU).contiguous();
  const auto count = static_cast<std::size_t>(raw.size(1));
  const auto width = static_cast<std::size_t>(raw.size(2));
  Targets targets;
  std::vector<Prediction> predictions(count);
  for (std::size_t image = 0; image < marks.size(); ++image) {
    if (marks[image].empty()) {
      continue;
    }
    for (std::size_t p = 0; p < count; ++p) {
      const float* says = raw.data_ptr<float>() + (image * count + p) * width;
      const double stride = strides.data_ptr<float>()[p];
      const double cell_x = cells.data_ptr<float>()[2 * p];
      const double cell_y = cells.data_ptr<float>()[2 * p + 1];
      const double box_width = std::exp(says[2]) * stride;
      const double box_height = std::exp(says[3]) * stride;
      predictions[p] = {
          .stride = stride,
          .cell_x = cell_x,
          .cell_y = cell_y,
          .box = {(says[0] + cell_x) * stride - box_width / 2,
                  (says[1] + cell_y) * stride - box_height / 2, box_width, box_height},
          .object_logit = says[4],
          .class_logits = says + 5};
    }
    for (const auto& assignment : assign_labels(predictions, marks[image], classes)) {
      const auto& mark = marks[image][assignment.mark];
      targets.image.push_back(static_cast<std::int64_t>(image));
      targets.place.push_back(static_cast<std::int64_t>(assignment.prediction));
      targets.class_index.push_back(mark.class_index);
      targets.overlap.push_back(static_cast<float>(assignment.overlap));
      for (const double value : {mark.box.x + mark.box.width / 2, mark.box.y + mark.box.height / 2,
                                 mark.box.width, mark.box.height}) {
        targets.box.push_back(static_cast<float>(value));
      }
    }
  }
  return targets;
}

torch::Tensor overlap_of(const torch::Tensor& a, const torch::Tensor& b) {
  const auto least =
      torch::max(a.slice(1, 0, 2) - a.slice(1, 2, 4) / 2, b.slice(1, 0, 2) - b.slice(1, 2, 4) / 2);
  const auto most =
      torch::min(a.slice(1, 0, 2) + a.slice(1, 2, 4) / 2, b.slice(1, 0, 2) + b.slice(1, 2, 4) / 2);
  const auto common = (most - least).clamp_min(0).prod(1);
  constexpr double kTiny = 1e-9;
  return common / (a.slice(1, 2, 4).prod(1) + b.slice(1, 2, 4).prod(1) - common + kTiny);
}

}  // namespace

Loss detector_loss(const std::array<torch::Tensor, 3>& maps,
                   const std::vector<std::vector<Mark>>& marks, int classes, bool closing) {
  namespace F = torch::nn::functional;
  const auto places = places_of(maps);
  const auto targets = targets_of(places, marks, classes);
  const auto device = places.raw.device();
  const auto sum = F::BinaryCrossEntropyWithLogitsFuncOptions().reduction(torch::kSum);
  const auto found = static_cast<std::int64_t>(targets.image.size());
  auto objects = torch::zeros({places.raw.size(0), places.raw.size(1)}, device);
  if (found == 0) {
    return {F::binary_cross_entropy_with_logits(places.raw.select(2, 4), objects, sum), 0};
  }
  const auto image = torch::tensor(targets.image).to(device);
  const auto place = torch::tensor(targets.place).to(device);
  const auto wanted = torch::tensor(targets.box).view({found, 4}).to(device);
  const auto overlaps = torch::tensor(targets.overlap).to(device);
  const auto says = places.raw.index({image, place});
  const auto cells = places.cells.index({place});
  const auto strides = places.strides.index({place});
  const auto boxes =
      torch::cat({(says.slice(1, 0, 2) + cells) * strides, says.slice(1, 2, 4).exp() * strides}, 1);
  auto loss = kOverlapLossWeight * (1 - overlap_of(boxes, wanted).square()).sum();
  objects.index_put_({image, place}, torch::ones({found}, device));
  loss = loss + F::binary_cross_entropy_with_logits(places.raw.select(2, 4), objects, sum);
  const auto which =
      torch::one_hot(torch::tensor(targets.class_index), classes).to(torch::kFloat32).to(device);
  loss = loss +
         F::binary_cross_entropy_with_logits(says.slice(1, 5), which * overlaps.unsqueeze(1), sum);
  if (closing) {
    constexpr double kTiny = 1e-8;
    const auto numbers = torch::cat({wanted.slice(1, 0, 2) / strides - cells,
                                     torch::log(wanted.slice(1, 2, 4) / strides + kTiny)},
                                    1);
    loss = loss + (says.slice(1, 0, 4) - numbers).abs().sum();
  }
  return {loss, found};
}

}  // namespace stepcast::training
