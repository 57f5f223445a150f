#include "stepcast/plot/time_chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "stepcast/base/contracts.hpp"

#include "envelope.hpp"
#include "svg.hpp"
#include "ticks.hpp"

namespace stepcast::plot {
namespace {

// Layout, in CSS pixels. The plot is as wide as a text column of documentation.
constexpr double kRight = 24;
constexpr double kHeader = 64;     // Title and subtitle.
constexpr double kPanelHead = 28;  // Title of a panel and its legend.
constexpr double kPanelHeight = 132;
constexpr double kPanelGap = 14;
constexpr double kChartFooter = 44;  // Labels and name of the time axis.
constexpr double kPlotWidth = svg::kFigureWidth - svg::kFigureLeft - kRight;
constexpr int kMostTimeTicks = 11;
constexpr int kMostValueTicks = 6;
// Widest letters of the 11 px legend; only an estimate, so names are set apart generously.
constexpr double kLetterWidth = 6.9;
constexpr double kLegendSwatch = 18;
constexpr double kLegendGap = 16;
// Air above and below a line, as a share of its range.
constexpr double kHeadroom = 0.06;

constexpr std::string_view kLineStyle = R"(
.s{fill:none;stroke-width:1.4;stroke-linejoin:round;stroke-linecap:round}
.grey{stroke:#7b8794;stroke-dasharray:5 3;stroke-width:1.2}.blue{stroke:#1f6fd6}.orange{stroke:#d1640a}
.green{stroke:#17864a}.purple{stroke:#8b45c9}.red{stroke:#d02f44}
@media(prefers-color-scheme:dark){
.grey{stroke:#8d99a6}.blue{stroke:#5ea4ff}.orange{stroke:#ff9a4a}.green{stroke:#4cc985}.purple{stroke:#bd8cf2}.red{stroke:#ff7080}
}
)";

std::string_view css_class(Tone tone) {
  constexpr std::array<std::string_view, 6> kNames{"grey",  "blue",   "orange",
                                                   "green", "purple", "red"};
  return kNames[static_cast<std::size_t>(tone)];
}

struct Span {
  double low;
  double high;
};

Span value_span(std::span<const Envelope> lines, bool include_zero) {
  Span span{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  for (const Envelope& line : lines) {
    for (const Bin& bin : line.bins()) {
      if (bin.used) {
        span.low = std::min(span.low, bin.low.value);
        span.high = std::max(span.high, bin.high.value);
      }
    }
  }
  if (span.low > span.high) {
    return {0, 1};
  }
  if (include_zero) {
    span.low = std::min(span.low, 0.0);
    span.high = std::max(span.high, 0.0);
  }
  if (span.low == span.high) {
    // A constant gets room in proportion to itself, so that its axis still has different marks.
    const double room = span.low == 0 ? 1 : std::abs(span.low) * kHeadroom;
    return {span.low - room, span.high + room};
  }
  const double air = (span.high - span.low) * kHeadroom;
  const bool stands_on_zero = include_zero && span.low == 0;
  const bool hangs_from_zero = include_zero && span.high == 0;
  return {stands_on_zero ? 0 : span.low - air, hangs_from_zero ? 0 : span.high + air};
}

/// Maps values to a panel's pixels.
struct Frame {
  double top;
  Span values;
  double end_time;

  [[nodiscard]] double x(double t) const { return svg::kFigureLeft + t / end_time * kPlotWidth; }
  [[nodiscard]] double y(double value) const {
    return top + (values.high - value) / (values.high - values.low) * kPanelHeight;
  }
};

/// The path through the kept samples in order of time, without points that do not show.
std::string path_data(const Envelope& line, const Frame& frame) {
  std::string data;
  std::string previous;
  for (const Bin& bin : line.bins()) {
    if (!bin.used) {
      continue;
    }
    std::array<Sample, 4> samples{bin.first, bin.low, bin.high, bin.last};
    std::stable_sort(samples.begin(), samples.end(),
                     [](const Sample& a, const Sample& b) { return a.t < b.t; });
    for (const Sample& sample : samples) {
      std::string point = fmt::format("{} {}", svg::coordinate(frame.x(sample.t)),
                                      svg::coordinate(frame.y(sample.value)));
      if (point != previous) {
        data += (data.empty() ? "M" : "L") + point;
        previous = std::move(point);
      }
    }
  }
  return data;
}

double legend_width(const TimeChart::Series& series) {
  return kLegendSwatch + 6 + kLetterWidth * static_cast<double>(series.name.size());
}

void draw_legend(svg::Document& document, const TimeChart::Panel& panel, double top) {
  double x = svg::kFigureWidth - kRight;
  for (const TimeChart::Series& series : panel.series) {
    x -= legend_width(series);
  }
  x -= kLegendGap * static_cast<double>(panel.series.size() - 1);
  for (const TimeChart::Series& series : panel.series) {
    document.line(x, top - 13, x + kLegendSwatch, top - 13,
                  fmt::format("s {}", css_class(series.tone)));
    document.text(x + kLegendSwatch + 6, top - 9, "value", series.name);
    x += legend_width(series) + kLegendGap;
  }
}

void draw_axes(svg::Document& document, const Frame& frame, const Ticks& times) {
  document.rect(svg::kFigureLeft, frame.top, kPlotWidth, kPanelHeight, "field");
  for (const double t : times.values) {
    document.line(frame.x(t), frame.top, frame.x(t), frame.top + kPanelHeight, "grid");
  }
  const Ticks ticks = decimal_ticks(frame.values.low, frame.values.high, kMostValueTicks);
  for (const double value : ticks.values) {
    const bool zero = std::abs(value) < ticks.step / 2;
    document.line(svg::kFigureLeft, frame.y(value), svg::kFigureLeft + kPlotWidth, frame.y(value),
                  zero ? "zero" : "grid");
    document.text(svg::kFigureLeft - 8, frame.y(value) + 4, "tick", tick_label(value, ticks.step),
                  svg::Anchor::kEnd);
  }
}

}  // namespace

class TimeChart::Impl {
 public:
  explicit Impl(Options options) : options_(std::move(options)) {
    STEPCAST_CHECK(!options_.panels.empty());
    std::size_t count = 0;
    for (const Panel& panel : options_.panels) {
      STEPCAST_CHECK(!panel.series.empty());
      count += panel.series.size();
    }
    lines_.resize(count);
  }

  void add(double t, std::span<const double> values) {
    STEPCAST_CHECK(values.size() == lines_.size());
    STEPCAST_CHECK(std::isfinite(t) && t >= last_time_);
    last_time_ = t;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::isfinite(values[i])) {
        lines_[i].add({.t = t, .value = values[i]});
      }
    }
  }

  [[nodiscard]] std::string render() const {
    const double end_time = last_time_ > 0 ? last_time_ : 1;
    const Ticks times = time_ticks(end_time, kMostTimeTicks);
    const auto panels = static_cast<double>(options_.panels.size());
    const double height =
        kHeader + panels * (kPanelHead + kPanelHeight) + (panels - 1) * kPanelGap + kChartFooter;
    svg::Document document(svg::kFigureWidth, height, options_.title, description(), kLineStyle);
    document.text(svg::kFigureLeft, 30, "title", options_.title);
    document.text(svg::kFigureLeft, 50, "subtitle", options_.subtitle);

    double top = kHeader;
    std::span<const Envelope> rest = lines_;
    for (const Panel& panel : options_.panels) {
      top += kPanelHead;
      const auto lines = rest.first(panel.series.size());
      rest = rest.subspan(panel.series.size());
      const Frame frame{top, value_span(lines, panel.include_zero), end_time};
      document.text(svg::kFigureLeft, top - 9, "head",
                    fmt::format("{}, {}", panel.title, panel.unit));
      draw_legend(document, panel, top);
      draw_axes(document, frame, times);
      for (std::size_t i = 0; i < lines.size(); ++i) {
        document.raw(fmt::format("<path class=\"s {}\" d=\"{}\"><title>{}: {}</title></path>\n",
                                 css_class(panel.series[i].tone), path_data(lines[i], frame),
                                 svg::escape(panel.title), svg::escape(panel.series[i].name)));
      }
      top += kPanelHeight + kPanelGap;
    }
    draw_time_labels(document, times, end_time, top - kPanelGap);
    return std::move(document).finish();
  }

 private:
  [[nodiscard]] std::string description() const {
    std::string text = fmt::format("{} Over {:.6g} s:", options_.subtitle, last_time_);
    std::span<const Envelope> rest = lines_;
    for (const Panel& panel : options_.panels) {
      const Span span = value_span(rest.first(panel.series.size()), panel.include_zero);
      rest = rest.subspan(panel.series.size());
      text += fmt::format(" {}, axis from {:.4g} to {:.4g} {};", panel.title, span.low, span.high,
                          panel.unit);
    }
    text.back() = '.';
    return text;
  }

  static void draw_time_labels(svg::Document& document, const Ticks& times, double end_time,
                               double bottom) {
    const TimeLabels label(end_time);
    const Frame frame{0, {0, 1}, end_time};
    for (const double t : times.values) {
      document.text(frame.x(t), bottom + 17, "tick", label(t, times.step), svg::Anchor::kMiddle);
    }
    document.text(svg::kFigureLeft + kPlotWidth / 2, bottom + 35, "axis",
                  fmt::format("Time, {}", label.unit), svg::Anchor::kMiddle);
  }

  Options options_;
  std::vector<Envelope> lines_;
  double last_time_ = 0;
};

TimeChart::TimeChart(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
TimeChart::TimeChart(TimeChart&&) noexcept = default;
TimeChart& TimeChart::operator=(TimeChart&&) noexcept = default;
TimeChart::~TimeChart() = default;

void TimeChart::add(Seconds t, std::span<const double> values) {
  impl_->add(t.v, values);
}

std::string TimeChart::render() const {
  return impl_->render();
}

}  // namespace stepcast::plot
