#include "stepcast/sim/contour_meter.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "stepcast/base/contracts.hpp"

namespace stepcast::sim {

namespace {

/// Samples kept beyond two half windows, so that old ones are moved out of the way in batches.
constexpr std::size_t kSlack = 4096;

double length(double x, double y) noexcept {
  // Not std::hypot: machine coordinates neither overflow nor underflow, and this is the inner loop.
  return std::sqrt(x * x + y * y);
}

/// Distance from (x, y) to the straight from a to b, which may be a point.
template <class Vertex>
double distance_to_segment(double x, double y, const Vertex& a, const Vertex& b) noexcept {
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  const double square = dx * dx + dy * dy;
  const double along = (x - a.x) * dx + (y - a.y) * dy;
  const double q = along <= 0.0 ? 0.0 : (along >= square ? 1.0 : along / square);
  return length(x - a.x - q * dx, y - a.y - q * dy);
}

}  // namespace

ContourMeter::ContourMeter(const ContourOptions& options, Observer observer)
    : observer_(std::move(observer)),
      period_s_(1.0 / options.rate.v),
      half_window_(static_cast<std::size_t>(std::ceil(options.half_window.v * options.rate.v))) {
  plan_.reserve(2 * half_window_ + kSlack);
  tool_.reserve(2 * half_window_ + kSlack);
}

void ContourMeter::add(std::span<const double> plan_x_mm, std::span<const double> plan_y_mm,
                       std::span<const double> tool_x_mm,
                       std::span<const double> tool_y_mm) noexcept {
  STEPCAST_CHECK(plan_x_mm.size() == plan_y_mm.size() && plan_x_mm.size() == tool_x_mm.size() &&
                 plan_x_mm.size() == tool_y_mm.size());
  for (std::size_t k = 0; k < plan_x_mm.size(); ++k) {
    append(plan_x_mm[k], plan_y_mm[k], tool_x_mm[k], tool_y_mm[k]);
    if (plan_.size() > measured_ + half_window_) {
      measure(measured_++);
    }
  }
}

void ContourMeter::finish() noexcept {
  while (measured_ < plan_.size()) {
    measure(measured_++);
  }
}

void ContourMeter::append(double plan_x, double plan_y, double tool_x, double tool_y) noexcept {
  if (plan_.size() == plan_.capacity()) {
    compact();
  }
  const double arc =
      plan_.empty() ? 0.0
                    : plan_.back().arc + length(plan_x - plan_.back().x, plan_y - plan_.back().y);
  plan_.push_back({plan_x, plan_y, arc});
  tool_.push_back({tool_x, tool_y});
  ++appended_total_;
  tracking_square_sum_x_ += (tool_x - plan_x) * (tool_x - plan_x);
  tracking_square_sum_y_ += (tool_y - plan_y) * (tool_y - plan_y);
}

/// Keeps what the next measurement can still look back at.
void ContourMeter::compact() noexcept {
  const std::size_t drop = measured_ - std::min(measured_, half_window_);
  plan_.erase(plan_.begin(), plan_.begin() + static_cast<std::ptrdiff_t>(drop));
  tool_.erase(tool_.begin(), tool_.begin() + static_cast<std::ptrdiff_t>(drop));
  measured_ -= drop;
}

void ContourMeter::measure(std::size_t at) noexcept {
  const double d = distance(at);
  contour_square_sum_ += d * d;
  if (d > max_mm_ || measured_total_ == 0) {
    max_mm_ = d;
    max_sample_ = measured_total_;
    max_place_ = tool_[at];
  }
  ++measured_total_;
  if (observer_) {
    observer_(Mm(tool_[at].x), Mm(tool_[at].y), Mm(d));
  }
}

/// The last vertex of [from, last] with an arc length of at most `bound`; steps double until one is
/// past, so that short and long stretches are both cheap. @pre plan_[from].arc <= bound
std::size_t ContourMeter::last_within(std::size_t from, std::size_t last,
                                      double bound) const noexcept {
  std::size_t step = 1;
  while (from + step <= last && plan_[from + step].arc <= bound) {
    from += step;
    step *= 2;
  }
  std::size_t beyond = std::min(from + step, last + 1);
  while (beyond - from > 1) {
    const std::size_t middle = from + (beyond - from) / 2;
    (plan_[middle].arc <= bound ? from : beyond) = middle;
  }
  return from;
}

/// The first vertex of [first, from] with an arc length of at least `bound`.
/// @pre plan_[from].arc >= bound
std::size_t ContourMeter::first_within(std::size_t first, std::size_t from,
                                       double bound) const noexcept {
  std::size_t step = 1;
  while (from >= first + step && plan_[from - step].arc >= bound) {
    from -= step;
    step *= 2;
  }
  // Signed, because the vertex before `first` may be number -1.
  auto within = static_cast<std::ptrdiff_t>(from);
  auto beyond = within - static_cast<std::ptrdiff_t>(std::min(step, from - first + 1));
  while (within - beyond > 1) {
    const std::ptrdiff_t middle = beyond + (within - beyond) / 2;
    (plan_[static_cast<std::size_t>(middle)].arc >= bound ? within : beyond) = middle;
  }
  return static_cast<std::size_t>(within);
}

double ContourMeter::distance(std::size_t at) const noexcept {
  const double x = tool_[at].x;
  const double y = tool_[at].y;
  const std::size_t first = at - std::min(at, half_window_);
  const std::size_t last = std::min(at + half_window_, plan_.size() - 1);
  double best = length(x - plan_[at].x, y - plan_[at].y);

  // All of the path whose arc length differs from that of vertex v by at most `far`, the excess of
  // v's distance over `best`, is no closer than `best`: the search goes on where that stretch ends.
  for (std::size_t v = at; v < last;) {
    best = std::min(best, distance_to_segment(x, y, plan_[v], plan_[v + 1]));
    ++v;
    const double far = std::max(0.0, length(x - plan_[v].x, y - plan_[v].y) - best);
    v = last_within(v, last, plan_[v].arc + far);
  }
  for (std::size_t v = at; v > first;) {
    best = std::min(best, distance_to_segment(x, y, plan_[v], plan_[v - 1]));
    --v;
    const double far = std::max(0.0, length(x - plan_[v].x, y - plan_[v].y) - best);
    v = first_within(first, v, plan_[v].arc - far);
  }
  return best;
}

ContourReport ContourMeter::report() const noexcept {
  const auto rms = [](double square_sum, std::int64_t count) {
    return Mm(count == 0 ? 0.0 : std::sqrt(square_sum / static_cast<double>(count)));
  };
  return {.samples = measured_total_,
          .contour_rms = rms(contour_square_sum_, measured_total_),
          .contour_max = Mm(max_mm_),
          .max_time = Seconds(static_cast<double>(max_sample_) * period_s_),
          .max_x = Mm(max_place_.x),
          .max_y = Mm(max_place_.y),
          .tracking_rms_x = rms(tracking_square_sum_x_, appended_total_),
          .tracking_rms_y = rms(tracking_square_sum_y_, appended_total_)};
}

}  // namespace stepcast::sim
