#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/vision/picture.hpp"

namespace stepcast::vision {

/// Why nothing can be said about a print from a camera's picture. A detector finds nothing in such
/// a picture, which must not be taken for a good print.
enum class FrameFault : std::uint8_t {
  kDark,     ///< The light is off.
  kBright,   ///< Overexposed.
  kCovered,  ///< One even surface: something is before the lens.
  kBlurred,  ///< Far less detail than this camera usually shows.
  kFrozen,   ///< The same picture again and again: live ones differ by their noise.
};

/// "dark", "bright", "covered", "blurred", "frozen".
[[nodiscard]] std::string_view frame_fault_name(FrameFault fault);

/// What is measured of a picture, on a grey one of about 320 pixels' width.
struct FrameMeasures {
  double dark_end = 0;    ///< Brightness, 0 to 255, that a twentieth of the pixels is below.
  double bright_end = 0;  ///< That a twentieth is above.
  double spread = 0;      ///< Standard deviation of brightness over large patches.
  double detail = 0;      ///< Root mean square of the second derivative (Laplacian).
  std::uint64_t fingerprint = 0;  ///< Of the pixels: the same for the same picture.
};

/// @pre the picture is not empty
[[nodiscard]] FrameMeasures measure_frame(const Picture& picture);
/// Of a JPEG, PNG or WebP file. @returns what decode_picture() refuses
[[nodiscard]] Result<FrameMeasures> measure_frame(std::span<const std::byte> file,
                                                  std::string_view name = "picture");

/// Watches one camera. How much detail is usual depends on lens, place and part, so it is learned
/// from the camera's own pictures. One instance a camera; one thread at a time.
class FrameWatch {
 public:
  struct Limits {
    double dark_below = 40;          ///< Of bright_end.
    double bright_above = 200;       ///< Of dark_end.
    double even_below = 6;           ///< Of spread, together with detail below faint_detail.
    double faint_detail = 4;         ///< So little shows no print, whatever the camera.
    double blurred_below = 0.45;     ///< Times the usual detail.
    std::size_t learned_after = 10;  ///< Good pictures until the usual detail is known.
    std::size_t remembered = 120;    ///< Good pictures that it is the median of.
    std::size_t frozen_after = 5;    ///< Equal pictures in a row.
  };

  FrameWatch() : FrameWatch(Limits()) {}
  explicit FrameWatch(const Limits& limits);

  /// Takes the next picture of the camera. @returns what is wrong with it; empty: nothing.
  [[nodiscard]] std::vector<FrameFault> look(const FrameMeasures& frame);
  /// The camera has been moved or focused anew.
  void forget();

  /// The median detail of good pictures; 0 until it is known.
  [[nodiscard]] double usual_detail() const;

 private:
  Limits limits_;
  std::vector<double> details_;  // of good pictures, a ring
  std::size_t next_ = 0;
  std::uint64_t fingerprint_ = 0;
  std::size_t equal_ = 0;
};

}  // namespace stepcast::vision
