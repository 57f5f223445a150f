#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include <opencv2/core.hpp>

#include "stepcast/training/labelled_picture.hpp"

namespace stepcast::training {

/// A picture in memory with its marks, in its own pixels.
struct Sample {
  cv::Mat picture;  ///< CV_8UC3, blue, green, red.
  std::vector<Mark> marks;
};

/// How far a picture may be changed while it stays a picture of the same thing.
struct Augmentation {
  double mosaic = 1.0;  ///< Probability of four pictures in one.
  double least_scale = 0.75;
  double most_scale = 1.6;
  double rotation_deg = 3;  ///< More, and the upright box around a turned box is too large.
  double shear_deg = 0;
  double translation = 0.1;   ///< Of the picture's side.
  double hue = 0.015;         ///< Of the circle: light and camera.
  double other_colour = 0.2;  ///< Probability of any hue: filament has every colour.
  double grey = 0.05;         ///< Probability of no colour: cameras at night.
  double saturation = 0.6;    ///< Factor up to 1 +- this.
  double brightness = 0.4;
  double mirror = 0.5;  ///< Probability.
  double blur = 0.05;   ///< Probability of a little blur: cameras of printers are cheap.
  /// Probability that a piece of another picture is put on one without marks: a mark of a class in
  /// `pasted`, or as often a piece without any, so that seams tell nothing (Ghiasi et al.,
  /// arXiv:2012.07177).
  double paste = 0.15;
  std::vector<int> pasted;  ///< Classes of what may lie anywhere.
};

/// The grey that fills what no picture covers.
inline constexpr int kFill = 114;

/// Reads a picture, at most `longest` pixels wide and high.
[[nodiscard]] Result<Sample> load_sample(const LabelledPicture& picture, int longest);

/// Scaled to fit a square of `size` pixels, placed at the top left.
[[nodiscard]] Sample letterboxed(const Sample& sample, int size);

/// One picture for learning, `size` by `size`, from `samples[index]` and, for a mosaic, others.
/// The same generator gives the same picture.
[[nodiscard]] Sample augmented(const std::vector<Sample>& samples, std::size_t index, int size,
                               const Augmentation& how, std::mt19937_64& random);

}  // namespace stepcast::training
