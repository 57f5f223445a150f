#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "stepcast/vision/detection.hpp"

namespace stepcast::evaluation {

/// A box that is there, whatever a detector says.
struct Truth {
  std::size_t class_index = 0;
  vision::Box box;
};

/// One picture: what is there, and what a detector said. Give all it said, down to a confidence of
/// 0.01 or less: a curve needs the weak ones too.
struct JudgedPicture {
  std::vector<Truth> truths;
  std::vector<vision::Detection> detections;
};

/// Intersection over union, 0 to 1; 0 for two empty boxes.
[[nodiscard]] double overlap(const vision::Box& a, const vision::Box& b);

/// 0.50, 0.55 ... 0.95: how well boxes must overlap, as COCO defines.
inline constexpr std::size_t kOverlapSteps = 10;
[[nodiscard]] constexpr double overlap_step(std::size_t index) {
  return 0.5 + 0.05 * static_cast<double>(index);
}

/// What became of one detection.
struct MatchedDetection {
  double confidence = 0;
  std::size_t picture = 0;
  std::array<bool, kOverlapSteps> right{};  ///< Found a box of its class, for each overlap step.
};

/// One class over all pictures.
struct ClassMatches {
  std::vector<MatchedDetection> detections;  ///< Most confident first; stable by picture.
  std::vector<std::uint32_t> truths;         ///< Boxes of the class in each picture.
  std::size_t truth_count = 0;
};

/// By COCO's rule: in each picture the most confident detection takes the free box of its class
/// that it overlaps best; at most 100 detections of a class count in a picture.
/// @pre every class index is below class_count
[[nodiscard]] std::vector<ClassMatches> match(std::span<const JudgedPicture> pictures,
                                              std::size_t class_count);

}  // namespace stepcast::evaluation
