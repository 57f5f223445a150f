#pragma once

#include <cstddef>

#include <opencv2/core/mat.hpp>

#include "stepcast/vision/model_info.hpp"

#include "decode.hpp"

namespace stepcast::vision {

/// Where a picture lies in the canvas that a network sees, from its top left corner.
struct Placing {
  PictureSize canvas;
  PictureSize picture;  ///< At most the canvas.
  double scale_x = 1;   ///< Pixels of the canvas for one of the picture file.
  double scale_y = 1;
};

/// Letterboxes: scaled to fit width and height of the format, on the smallest canvas of whole
/// coarsest cells that holds it. Stretches: the size of the format.
[[nodiscard]] Placing place(const InputFormat& format, PictureSize whole);

/// Writes `pixels` as the network wants them: three planes of the canvas' size.
/// @param scratch memory that is used again
void fill_planes(const cv::Mat& pixels, const InputFormat& format, const Placing& placing,
                 cv::Mat& scratch, float* planes);

}  // namespace stepcast::vision
