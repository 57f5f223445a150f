#include "stepcast/plot/error_map.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "stepcast/base/contracts.hpp"

#include "color_scale.hpp"
#include "error_grid.hpp"
#include "svg.hpp"
#include "ticks.hpp"

namespace stepcast::plot {
namespace {

// Layout, in CSS pixels: the map on the left, the column with scale, bed and figures on the right.
constexpr double kTop = 72;
constexpr double kMapWidth = 640;
constexpr double kMapHeight = 560;
constexpr double kMapFooter = 52;
constexpr double kHeight = kTop + kMapHeight + kMapFooter;
constexpr double kColumn = svg::kFigureLeft + kMapWidth + 44;
constexpr double kColumnWidth = svg::kFigureWidth - kColumn - 28;
constexpr double kBarTop = kTop + 24;
constexpr double kBarWidth = 16;
constexpr double kBarHeight = 200;
constexpr double kInsetTop = kBarTop + kBarHeight + 52;
constexpr double kFiguresHeight = 112;
constexpr double kInsetHeight = kTop + kMapHeight - kFiguresHeight - kInsetTop;

constexpr int kMostTicks = 9;
constexpr int kMostBarTicks = 6;
// Colours in the map: more do not show, and fewer would make bands.
constexpr int kLevels = 32;
// A handful of cells at one bad corner must not bleach all others; the figures name the maximum.
constexpr double kScaleQuantile = 0.995;
constexpr double kUmPerMm = 1000;
// Air around the part, as a share of its size, and the least part that is worth a map, in mm.
constexpr double kMargin = 0.06;
constexpr double kLeastView = 1;
// Positions are counted in cells as 64-bit integers; see the precondition of add_point().
constexpr double kFarthest = 1e5;

constexpr std::string_view kMapStyle = R"(
.band{shape-rendering:crispEdges}.cells path{fill:none;stroke-width:1.06;shape-rendering:crispEdges}
.bed{fill:none;stroke:#5b6675;stroke-width:1.5;stroke-dasharray:7 4}.plate{fill:#f6f8fa;stroke:#5b6675;stroke-width:1.2}
.view{fill:#1f6fd633;stroke:#1f6fd6;stroke-width:1.5}.worst{fill:none;stroke:#d02f44;stroke-width:2}
@media(prefers-color-scheme:dark){
.bed{stroke:#9aa6b4}.plate{fill:#181d24;stroke:#9aa6b4}.view{fill:#5ea4ff33;stroke:#5ea4ff}.worst{stroke:#ff7080}
}
)";

/// A rectangle of the bed, in mm.
struct Rect {
  double x_min, x_max, y_min, y_max;
  [[nodiscard]] double width() const { return x_max - x_min; }
  [[nodiscard]] double height() const { return y_max - y_min; }
};

/// Equal scale in both directions, y upwards.
struct Projection {
  double left, bottom, x0, y0, pixels_per_mm;

  [[nodiscard]] double x(double x_mm) const { return left + (x_mm - x0) * pixels_per_mm; }
  [[nodiscard]] double y(double y_mm) const { return bottom - (y_mm - y0) * pixels_per_mm; }
};

/// The part with its margin, widened to the shape of the map.
Rect view_around(const Rect& part) {
  const double width = std::max(part.width() * (1 + 2 * kMargin), kLeastView);
  const double height = std::max(part.height() * (1 + 2 * kMargin), kLeastView);
  const double mm_per_pixel = std::max(width / kMapWidth, height / kMapHeight);
  const double half_x = kMapWidth * mm_per_pixel / 2;
  const double half_y = kMapHeight * mm_per_pixel / 2;
  const double x = std::midpoint(part.x_min, part.x_max);
  const double y = std::midpoint(part.y_min, part.y_max);
  return {x - half_x, x + half_x, y - half_y, y + half_y};
}

void draw_rect(svg::Document& document, const Projection& projection, const Rect& rect,
               std::string_view css_class) {
  document.rect(projection.x(rect.x_min), projection.y(rect.y_max),
                rect.width() * projection.pixels_per_mm, rect.height() * projection.pixels_per_mm,
                css_class);
}

/// End of the colour scale in um: a round number that at most a few cells exceed.
struct Scale {
  double end_um;
  double step_um;
  bool exceeded;
};

Scale scale_of(const ErrorGrid& grid, double worst_um) {
  std::vector<float> values;
  if (!grid.empty()) {
    for (std::int64_t row = grid.extent().y_min; row <= grid.extent().y_max; ++row) {
      for (std::int64_t column = grid.extent().x_min; column <= grid.extent().x_max; ++column) {
        if (const float value = grid.at(column, row); value >= 0) {
          values.push_back(value);
        }
      }
    }
  }
  double typical_um = 0;
  if (!values.empty()) {
    const auto rank =
        static_cast<std::ptrdiff_t>(kScaleQuantile * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + rank, values.end());
    typical_um = kUmPerMm * static_cast<double>(values[static_cast<std::size_t>(rank)]);
  }
  if (!(typical_um > 0)) {
    typical_um = worst_um > 0 ? worst_um : 1;
  }
  const double step = decimal_ticks(0, typical_um, kMostBarTicks).step;
  // The cells hold floats, so the largest may come back a hair above the exact worst.
  constexpr double kFloatSlack = 1e-6;
  const double end = step * std::ceil(typical_um / step * (1 - kFloatSlack));
  return {.end_um = end, .step_um = step, .exceeded = worst_um > end * (1 + kFloatSlack)};
}

std::string level_color(int level) {
  return heat_color((level + 0.5) / kLevels);
}

/// One path a colour, made of horizontal runs of cells.
void draw_cells(svg::Document& document, const ErrorGrid& grid, const Projection& projection,
                const Scale& scale) {
  const ErrorGrid::Extent& extent = grid.extent();
  std::array<std::string, kLevels> runs;
  const auto level_at = [&](std::int64_t column, std::int64_t row) {
    const auto value = static_cast<double>(grid.at(column, row));
    if (value < 0) {
      return -1;
    }
    return std::min(kLevels - 1,
                    static_cast<int>(std::min(1.0, value * kUmPerMm / scale.end_um) * kLevels));
  };
  for (std::int64_t row = extent.y_min; row <= extent.y_max; ++row) {
    for (std::int64_t column = extent.x_min; column <= extent.x_max;) {
      const int level = level_at(column, row);
      const std::int64_t begin = column;
      while (column <= extent.x_max && level_at(column, row) == level) {
        ++column;
      }
      if (level >= 0) {
        runs[static_cast<std::size_t>(level)] +=
            fmt::format("M{} {}h{}", begin - extent.x_min, row - extent.y_min, column - begin);
      }
    }
  }
  const double size = grid.cell() * projection.pixels_per_mm;
  document.raw(
      fmt::format("<g class=\"cells\" transform=\"matrix({0:.5g} 0 0 -{0:.5g} {1:.3f} "
                  "{2:.3f})\">\n",
                  size, projection.x(static_cast<double>(extent.x_min) * grid.cell()),
                  projection.y((static_cast<double>(extent.y_min) + 0.5) * grid.cell())));
  for (int level = 0; level < kLevels; ++level) {
    if (const std::string& data = runs[static_cast<std::size_t>(level)]; !data.empty()) {
      document.raw(fmt::format("<path stroke=\"{}\" d=\"{}\"/>\n", level_color(level), data));
    }
  }
  document.raw("</g>\n");
}

void draw_color_bar(svg::Document& document, const Scale& scale) {
  document.text(kColumn, kBarTop - 12, "head", "Largest error, \u00b5m");
  const double band = kBarHeight / kLevels;
  for (int level = 0; level < kLevels; ++level) {
    document.raw(fmt::format(
        "<rect class=\"band\" x=\"{}\" y=\"{:.2f}\" width=\"{}\" height=\"{:.2f}\" fill=\"{}\"/>\n",
        svg::coordinate(kColumn), kBarTop + kBarHeight - (level + 1) * band,
        svg::coordinate(kBarWidth), band + 0.3, level_color(level)));
  }
  document.rect(kColumn, kBarTop, kBarWidth, kBarHeight, "frame");
  for (const double value : decimal_ticks(0, scale.end_um, kMostBarTicks).values) {
    const double y = kBarTop + kBarHeight * (1 - value / scale.end_um);
    const bool open_end = scale.exceeded && value > scale.end_um - scale.step_um / 2;
    document.line(kColumn + kBarWidth, y, kColumn + kBarWidth + 4, y, "zero");
    document.text(kColumn + kBarWidth + 9, y + 4, "tick",
                  (open_end ? "\u2265 " : "") + tick_label(value, scale.step_um));
  }
}

void draw_map_axes(svg::Document& document, const Rect& view, const Projection& projection) {
  document.rect(svg::kFigureLeft, kTop, kMapWidth, kMapHeight, "field");
  const Ticks across = decimal_ticks(view.x_min, view.x_max, kMostTicks);
  for (const double x : across.values) {
    document.line(projection.x(x), kTop, projection.x(x), kTop + kMapHeight, "grid");
    document.text(projection.x(x), kTop + kMapHeight + 17, "tick", tick_label(x, across.step),
                  svg::Anchor::kMiddle);
  }
  const Ticks up = decimal_ticks(view.y_min, view.y_max, kMostTicks);
  for (const double y : up.values) {
    document.line(svg::kFigureLeft, projection.y(y), svg::kFigureLeft + kMapWidth, projection.y(y),
                  "grid");
    document.text(svg::kFigureLeft - 8, projection.y(y) + 4, "tick", tick_label(y, up.step),
                  svg::Anchor::kEnd);
  }
  document.text(svg::kFigureLeft + kMapWidth / 2, kTop + kMapHeight + 38, "axis", "X, mm",
                svg::Anchor::kMiddle);
  document.raw(
      fmt::format("<text transform=\"translate(18 {}) rotate(-90)\" class=\"axis\" "
                  "text-anchor=\"middle\">Y, mm</text>\n",
                  svg::coordinate(kTop + kMapHeight / 2)));
}

void draw_inset(svg::Document& document, const Rect& bed, const Rect& view) {
  document.text(kColumn, kInsetTop - 12, "head", "Place on the bed");
  const double scale = std::min(kColumnWidth / bed.width(), kInsetHeight / bed.height());
  const Projection projection{.left = kColumn,
                              .bottom = kInsetTop + bed.height() * scale,
                              .x0 = bed.x_min,
                              .y0 = bed.y_min,
                              .pixels_per_mm = scale};
  draw_rect(document, projection, bed, "plate");
  // A part beyond the bed is shown by the map itself; the inset ends with the bed.
  const Rect shown{
      std::clamp(view.x_min, bed.x_min, bed.x_max), std::clamp(view.x_max, bed.x_min, bed.x_max),
      std::clamp(view.y_min, bed.y_min, bed.y_max), std::clamp(view.y_max, bed.y_min, bed.y_max)};
  draw_rect(document, projection, shown, "view");
}

/// 1234567 as "1 234 567", with thin spaces.
std::string grouped(std::int64_t count) {
  std::string digits = fmt::format("{}", count);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), "\u2009");
  }
  return digits;
}

}  // namespace

class ErrorMap::Impl {
 public:
  explicit Impl(Options options)
      : options_(std::move(options)),
        bed_{options_.bed.x_min.v, options_.bed.x_max.v, options_.bed.y_min.v,
             options_.bed.y_max.v},
        grid_(options_.finest_cell.v) {
    STEPCAST_CHECK(bed_.width() > 0 && bed_.height() > 0 && options_.finest_cell.v > 0);
  }

  void add(double x, double y, double error) {
    STEPCAST_CHECK(std::abs(x) <= kFarthest && std::abs(y) <= kFarthest);
    STEPCAST_CHECK(error >= 0 && std::isfinite(error));
    part_ = count_ == 0 ? Rect{x, x, y, y}
                        : Rect{std::min(part_.x_min, x), std::max(part_.x_max, x),
                               std::min(part_.y_min, y), std::max(part_.y_max, y)};
    if (count_ == 0 || error > worst_.error) {
      worst_ = {x, y, error};
    }
    ++count_;
    sum_of_squares_ += error * error;
    grid_.add(x, y, error);
  }

  [[nodiscard]] std::string render() const {
    const Rect view = view_around(count_ == 0 ? bed_ : part_);
    const Projection projection{.left = svg::kFigureLeft,
                                .bottom = kTop + kMapHeight,
                                .x0 = view.x_min,
                                .y0 = view.y_min,
                                .pixels_per_mm = kMapWidth / view.width()};
    const Scale scale = scale_of(grid_, worst_.error * kUmPerMm);
    svg::Document document(svg::kFigureWidth, kHeight, options_.title, description(), kMapStyle);
    document.text(svg::kFigureLeft, 34, "title", options_.title);
    document.text(svg::kFigureLeft, 54, "subtitle", options_.subtitle);
    draw_map_axes(document, view, projection);
    document.raw(fmt::format(
        "<clipPath id=\"map\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\n",
        svg::kFigureLeft, kTop, kMapWidth, kMapHeight));
    document.raw("<g clip-path=\"url(#map)\">\n");
    draw_rect(document, projection, bed_, "bed");
    if (!grid_.empty()) {
      draw_cells(document, grid_, projection, scale);
    }
    document.raw("</g>\n");
    if (!grid_.empty()) {
      document.raw(fmt::format("<circle class=\"worst\" cx=\"{}\" cy=\"{}\" r=\"8\"/>\n",
                               svg::coordinate(projection.x(worst_.x)),
                               svg::coordinate(projection.y(worst_.y))));
    }
    document.rect(svg::kFigureLeft, kTop, kMapWidth, kMapHeight, "frame");
    draw_color_bar(document, scale);
    draw_inset(document, bed_, view);
    draw_figures(document);
    return std::move(document).finish();
  }

 private:
  struct Worst {
    double x, y, error;
  };

  [[nodiscard]] double rms_um() const {
    return count_ == 0 ? 0 : kUmPerMm * std::sqrt(sum_of_squares_ / static_cast<double>(count_));
  }

  [[nodiscard]] std::string description() const {
    if (count_ == 0) {
      return options_.subtitle + " No points.";
    }
    return fmt::format(
        "{} {} points: RMS {:.1f} \u00b5m, largest {:.1f} \u00b5m at X {:.2f}, "
        "Y {:.2f} mm.",
        options_.subtitle, count_, rms_um(), worst_.error * kUmPerMm, worst_.x, worst_.y);
  }

  void draw_figures(svg::Document& document) const {
    double y = kTop + kMapHeight - kFiguresHeight + 32;
    const auto row = [&](std::string_view name, std::string_view value) {
      document.text(kColumn, y, "tick", name);
      document.text(kColumn + kColumnWidth, y, "value", value, svg::Anchor::kEnd);
      y += 19;
    };
    if (count_ == 0) {
      row("Points", "none");
      return;
    }
    row("RMS", fmt::format("{:.1f} \u00b5m", rms_um()));
    row("Largest", fmt::format("{:.1f} \u00b5m", worst_.error * kUmPerMm));
    row("at (circle)", fmt::format("X {:.2f}  Y {:.2f}", worst_.x, worst_.y));
    row("Cell", fmt::format("{:g} mm", grid_.cell()));
    row("Points", grouped(count_));
  }

  Options options_;
  Rect bed_;
  ErrorGrid grid_;
  Rect part_{};
  Worst worst_{};
  double sum_of_squares_ = 0;
  std::int64_t count_ = 0;
};

ErrorMap::ErrorMap(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
ErrorMap::ErrorMap(ErrorMap&&) noexcept = default;
ErrorMap& ErrorMap::operator=(ErrorMap&&) noexcept = default;
ErrorMap::~ErrorMap() = default;

void ErrorMap::add_point(Mm x, Mm y, Mm error) {
  impl_->add(x.v, y.v, error.v);
}

std::string ErrorMap::render() const {
  return impl_->render();
}

}  // namespace stepcast::plot
