#pragma once

#include <string>
#include <string_view>

namespace stepcast::plot::svg {

/// Layout that all figures share, in CSS pixels.
inline constexpr double kFigureWidth = 960;
inline constexpr double kFigureLeft = 64;

/// Escapes text for element content and attribute values; what XML cannot hold becomes U+FFFD.
[[nodiscard]] std::string escape(std::string_view text);

/// A coordinate with a tenth of a pixel and no trailing ".0".
[[nodiscard]] std::string coordinate(double value);

enum class Anchor { kStart, kMiddle, kEnd };

/// A document being written: size, accessible title and description, style.
class Document {
 public:
  /// `style` is added to the common style of text, frame and grid.
  Document(double width, double height, std::string_view title, std::string_view description,
           std::string_view style);

  void raw(std::string_view xml) { body_ += xml; }
  void text(double x, double y, std::string_view css_class, std::string_view content,
            Anchor anchor = Anchor::kStart);
  void line(double x1, double y1, double x2, double y2, std::string_view css_class);
  void rect(double x, double y, double width, double height, std::string_view css_class);

  [[nodiscard]] std::string finish() &&;

 private:
  std::string body_;
};

}  // namespace stepcast::plot::svg
