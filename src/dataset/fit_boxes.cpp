#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "labels.hpp"

namespace stepcast::dataset {

Result<FittedBoxes> fit_boxes(const std::vector<RawBox>& raw, vision::PictureSize size,
                              std::string_view file_name, bool cut) {
  constexpr double kRounding = 1.0;  // pixels: VOC counts from 1, others round shares
  const auto width = static_cast<double>(size.width);
  const auto height = static_cast<double>(size.height);
  FittedBoxes fitted;
  for (const RawBox& marked : raw) {
    const vision::Box& box = marked.box;
    const auto where =
        marked.line == 0 ? std::string(file_name) : fmt::format("{}:{}", file_name, marked.line);
    if (!std::isfinite(box.x + box.y + box.width + box.height)) {
      return fail(Errc::kMalformed, "a side of the box is no number", where);
    }
    const double left = std::clamp(box.x, 0.0, width);
    const double top = std::clamp(box.y, 0.0, height);
    const double right = std::clamp(box.x + box.width, 0.0, width);
    const double bottom = std::clamp(box.y + box.height, 0.0, height);
    const double missing = std::max(
        {left - box.x, top - box.y, box.x + box.width - right, box.y + box.height - bottom});
    constexpr double kSmallest = 0.01;  // pixels, what a data set's file can keep
    const bool empty = right - left < kSmallest || bottom - top < kSmallest;
    if (!cut && (missing > kRounding || empty)) {
      return fail(Errc::kOutOfRange,
                  fmt::format("the box from {:g}, {:g} to {:g}, {:g} {} the {} x {} pixels", box.x,
                              box.y, box.x + box.width, box.y + box.height,
                              empty ? "is empty in" : "sticks out of", size.width, size.height),
                  where, "mend the label, or import with --cut-boxes");
    }
    fitted.cut = fitted.cut || missing > kRounding || empty;
    if (!empty) {
      fitted.boxes.push_back({marked.class_index, {left, top, right - left, bottom - top}});
    }
  }
  return fitted;
}

}  // namespace stepcast::dataset
