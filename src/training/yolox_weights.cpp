#include "yolox_weights.hpp"

#include <array>
#include <cstddef>

namespace stepcast::training {
namespace {

constexpr const char* kStem = "backbone.stem.weight";
constexpr std::size_t kColours = 3;
constexpr std::size_t kCells = 4;  ///< Of a 2x2 square, in the order of the stem's channels.
constexpr std::size_t kKernel = 3;
constexpr std::size_t kWide = 2 * kKernel;

/// A 3x3 convolution over the four pixels of each 2x2 square is a 6x6 convolution of stride 2 over
/// pixels: tap (i, j) of the square's pixel (dy, dx) is tap (2 i + dy, 2 j + dx).
Array fold_focus(const Array& stem) {
  constexpr std::array<std::array<std::size_t, 2>, kCells> kOffsets = {
      {{0, 0}, {1, 0}, {0, 1}, {1, 1}}};
  const auto out = static_cast<std::size_t>(stem.shape[0]);
  Array folded{.shape = {stem.shape[0], kColours, kWide, kWide},
               .values = std::vector<float>(out * kColours * kWide * kWide)};
  for (std::size_t o = 0; o < out; ++o) {
    for (std::size_t cell = 0; cell < kCells; ++cell) {
      for (std::size_t colour = 0; colour < kColours; ++colour) {
        for (std::size_t i = 0; i < kKernel; ++i) {
          for (std::size_t j = 0; j < kKernel; ++j) {
            const auto row = 2 * i + kOffsets[cell][0];
            const auto column = 2 * j + kOffsets[cell][1];
            folded.values[((o * kColours + colour) * kWide + row) * kWide + column] =
                stem.values[(((o * kCells + cell) * kColours + colour) * kKernel + i) * kKernel +
                            j];
          }
        }
      }
    }
  }
  return folded;
}

}  // namespace

Result<NamedArrays> adapt_yolox(NamedArrays weights, int classes) {
  const auto stem = weights.find(kStem);
  if (stem == weights.end() ||
      stem->second.shape != std::vector<std::int64_t>{16, kColours * kCells, kKernel, kKernel}) {
    return fail(Errc::kMalformed,
                "these are no weights of YOLOX-nano: no backbone.stem of 16 x 12 x 3 x 3");
  }
  stem->second = fold_focus(stem->second);
  for (const auto* level : {"0", "1", "2"}) {
    const std::string name = std::string("head.cls_preds.") + level;
    const auto found = weights.find(name + ".bias");
    if (found != weights.end() && found->second.shape != std::vector<std::int64_t>{classes}) {
      weights.erase(found);
      weights.erase(name + ".weight");
    }
  }
  return weights;
}

}  // namespace stepcast::training
