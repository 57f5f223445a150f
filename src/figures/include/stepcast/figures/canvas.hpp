#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "stepcast/vision/picture.hpp"

namespace stepcast::figures {

struct Colour {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
};
inline constexpr Colour kInk{40, 44, 52};
inline constexpr Colour kFaintInk{110, 116, 126};
inline constexpr Colour kGrid{226, 229, 233};
inline constexpr Colour kPaper{255, 255, 255};

/// Colours that differ for colour-blind readers too; begins again after eight.
[[nodiscard]] Colour series_colour(std::size_t index);
/// `share` of the way from a to b, 0 to 1.
[[nodiscard]] Colour mixed(Colour a, Colour b, double share);

struct Point {
  double x = 0;
  double y = 0;
};

enum class Align : std::uint8_t { kLeft, kCentre, kRight };

/// A white page to draw on, in pixels from its top left corner. Drawn three times as large and made
/// smaller at the end, so that lines and letters are smooth. Letters outside ASCII show as '?'.
///
/// Threads: one owner.
class Canvas {
 public:
  /// @pre 1 to 10000 pixels each
  Canvas(int width, int height);
  Canvas(Canvas&&) noexcept;
  Canvas& operator=(Canvas&&) noexcept;
  ~Canvas();

  [[nodiscard]] int width() const;
  [[nodiscard]] int height() const;

  void fill(const vision::Box& box, Colour colour);
  void outline(const vision::Box& box, Colour colour, double thickness);
  /// Through all points; dashes of about six pixels.
  void line(std::span<const Point> points, Colour colour, double thickness, bool dashed = false);
  void dot(Point at, double radius, Colour colour);
  void picture(const vision::Picture& picture, const vision::Box& into);

  /// `at` is on the line that letters stand on; `size` is the height of a capital letter. `upward`
  /// turns the text by a quarter, to be read from the right.
  void text(Point at, std::string_view words, double size, Colour colour,
            Align align = Align::kLeft, bool strong = false, bool upward = false);
  [[nodiscard]] static double text_width(std::string_view words, double size, bool strong = false);
  /// The longest beginning that fits, with ".." where it was cut.
  [[nodiscard]] static std::string fitting(std::string_view words, double size, double width);

  [[nodiscard]] vision::Picture finish() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::figures
