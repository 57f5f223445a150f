#include "stepcast/planner/retimer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>
#include <utility>

#include "stepcast/base/contracts.hpp"

namespace stepcast::planner {
namespace {

// Samples before and after a planned time between two samples that its position depends on.
constexpr std::int64_t kBefore = 1;
constexpr std::int64_t kAfter = 2;
constexpr std::size_t kPoints = kBefore + 1 + kAfter;
// Where planned time is out of step, its course is written down every so many samples: linear
// between these, exact to 0.1 samples.
constexpr std::int64_t kKnotSpacing = 8;

bool by_first(const SlowStretch& a, const SlowStretch& b) {
  return a.first < b.first;
}

// The rate that one stretch asks for.
double rate_of(const SlowStretch& stretch, double planned) {
  const double outside = std::max(static_cast<double>(stretch.first) - planned,
                                  planned - static_cast<double>(stretch.last));
  if (outside <= 0.0) {
    return stretch.rate;
  }
  const double way = outside / static_cast<double>(Retimer::kRamp);
  if (way >= 1.0) {
    return 1.0;
  }
  return stretch.rate + (1.0 - stretch.rate) * 0.5 * (1.0 - std::cos(std::numbers::pi * way));
}

// Weights of the cubic through four neighbouring samples, at `t` between the second and the third.
std::array<double, kPoints> cubic(double t) {
  return {-t * (t - 1.0) * (t - 2.0) / 6.0, (t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0,
          -(t + 1.0) * t * (t - 2.0) / 2.0, (t + 1.0) * t * (t - 1.0) / 6.0};
}

}  // namespace

Retimer::Retimer(CornerSmoother& plan, std::vector<SlowStretch> stretches)
    : plan_(plan), stretches_(std::move(stretches)) {
  std::stable_sort(stretches_.begin(), stretches_.end(), by_first);
}

void Retimer::add(const SlowStretch& stretch) {
  STEPCAST_CHECK(stretch.rate > 0.0 && stretch.rate <= 1.0);
  STEPCAST_CHECK(begin_of(stretch) >= at_.whole);
  stretches_.insert(std::upper_bound(stretches_.begin(), stretches_.end(), stretch, by_first),
                    stretch);
}

void Retimer::drop_ahead() {
  std::erase_if(stretches_,
                [this](const SlowStretch& stretch) { return begin_of(stretch) >= at_.whole; });
  next_stretch_ = 0;
}

void Retimer::rewind(const Mark& mark) {
  STEPCAST_CHECK(mark.whole >= kept_from_ && mark.given <= at_.given);
  at_ = mark;
  knots_.resize(mark.knots);
  next_stretch_ = 0;
}

double Retimer::rate_at(double planned) const {
  double rate = 1.0;
  for (std::size_t i = next_stretch_; i < stretches_.size(); ++i) {
    if (static_cast<double>(begin_of(stretches_[i])) > planned) {
      break;
    }
    rate = std::min(rate, rate_of(stretches_[i], planned));
  }
  return rate;
}

// The part of the course that holds `at`, seen along one of its coordinates.
Retimer::Piece Retimer::piece(double at, double Knot::*along) const {
  const auto after =
      std::upper_bound(knots_.begin(), knots_.end(), at,
                       [along](double value, const Knot& knot) { return value < knot.*along; });
  const Knot here{static_cast<double>(at_.given), static_cast<double>(at_.whole) + at_.fraction};
  const Knot from = after == knots_.begin() ? Knot{} : *(after - 1);
  const Knot to = after == knots_.end() ? here : *after;
  const bool straight = at >= to.*along || to.given <= from.given;  // nothing was read there yet
  return straight ? Piece{after == knots_.end() ? here : from, 1.0}
                  : Piece{from, (to.planned - from.planned) / (to.given - from.given)};
}

double Retimer::planned_at(double given) const {
  const Piece part = piece(given, &Knot::given);
  return part.from.planned + part.rate * (given - part.from.given);
}

double Retimer::given_at(double planned) const {
  const Piece part = piece(planned, &Knot::planned);
  return part.from.given + (planned - part.from.planned) / part.rate;
}

double Retimer::delay() const {
  return static_cast<double>(at_.given - at_.whole) - at_.fraction;
}

// How many samples from here on are those of the plan.
std::size_t Retimer::unaltered(std::size_t wanted) const {
  if (at_.fraction != 0.0) {
    return 0;
  }
  for (std::size_t i = next_stretch_; i < stretches_.size(); ++i) {
    if (stretches_[i].last + kRamp < at_.whole) {
      continue;
    }
    const std::int64_t ahead = begin_of(stretches_[i]) - at_.whole;
    return ahead <= 0 ? 0 : std::min(wanted, static_cast<std::size_t>(ahead));
  }
  return wanted;
}

// Reads the plan up to `end`, if it goes that far.
Result<void> Retimer::have(std::int64_t end) {
  const std::size_t before = path_[Axis::kX].size();
  const std::int64_t missing = end - base_ - static_cast<std::int64_t>(before);
  if (missing <= 0 || ended_) {
    return {};
  }
  const auto count = static_cast<std::size_t>(missing);
  SampleSpans path;
  SampleSpans smooth;
  for (Axis axis : kAllAxes) {
    path_[axis].resize(before + count);
    smooth_[axis].resize(before + count);
    path[axis] = std::span(path_[axis]).subspan(before);
    smooth[axis] = std::span(smooth_[axis]).subspan(before);
  }
  auto got = plan_.read(path, smooth);
  if (!got) {
    return tl::unexpected(got.error());
  }
  for (Axis axis : kAllAxes) {
    path_[axis].resize(before + *got);
    smooth_[axis].resize(before + *got);
  }
  ended_ = *got < count;
  return {};
}

// Forgets what cannot be asked for again; rarely, because what stays has to move up.
void Retimer::let_go() {
  const std::int64_t needed = std::min(at_.whole, kept_from_) - kBefore;
  const auto size = static_cast<std::int64_t>(path_[Axis::kX].size());
  const std::int64_t passed = std::min(needed - base_, size);
  if (passed <= 0 || 2 * passed < size) {
    return;
  }
  for (Axis axis : kAllAxes) {
    for (std::vector<double>* samples : {&path_[axis], &smooth_[axis]}) {
      samples->erase(samples->begin(), samples->begin() + passed);
    }
  }
  base_ += passed;
}

void Retimer::interpolate(const SampleSpans& path, const SampleSpans& plan, std::size_t k) const {
  const auto weights = cubic(at_.fraction);
  const auto last = static_cast<std::int64_t>(path_[Axis::kX].size()) - 1;
  for (Axis axis : kAllAxes) {
    double path_mm = 0.0;
    double plan_mm = 0.0;
    for (std::size_t i = 0; i < kPoints; ++i) {
      // The plan rests before its first and after its last sample.
      const std::int64_t sample = at_.whole - base_ - kBefore + static_cast<std::int64_t>(i);
      const auto at = static_cast<std::size_t>(std::clamp<std::int64_t>(sample, 0, last));
      path_mm += weights[i] * path_[axis][at];
      plan_mm += weights[i] * smooth_[axis][at];
    }
    path[axis][k] = path_mm;
    plan[axis][k] = plan_mm;
  }
}

// One sample on, inside a stretch or on the way back to whole samples.
void Retimer::advance() {
  const double planned = static_cast<double>(at_.whole) + at_.fraction;
  while (next_stretch_ < stretches_.size() &&
         static_cast<double>(stretches_[next_stretch_].last + kRamp) < planned) {
    ++next_stretch_;
  }
  const double rate = rate_at(planned);
  const auto note = [this] {
    const Knot knot{static_cast<double>(at_.given), static_cast<double>(at_.whole) + at_.fraction};
    if (knots_.empty() || knots_.back().given < knot.given) {
      knots_.push_back(knot);
      at_.knots = knots_.size();
    }
  };
  if (at_.fraction == 0.0 || at_.given % kKnotSpacing == 0) {
    note();
  }
  const double fraction = at_.fraction + std::min(rate, 1.0 - std::min(kSlide, at_.fraction));
  const double whole = std::floor(fraction);
  at_.whole += static_cast<std::int64_t>(whole);
  at_.fraction = fraction - whole;
  ++at_.given;
  if (at_.fraction == 0.0) {
    note();
  }
}

Result<std::size_t> Retimer::read(const SampleSpans& path, const SampleSpans& plan) {
  const std::size_t wanted = path[Axis::kX].size();
  let_go();
  std::size_t done = 0;
  while (done < wanted) {
    const std::size_t run = unaltered(wanted - done);
    const auto span = static_cast<std::int64_t>(run);
    if (auto read = have(at_.whole + span + kAfter + 1); !read) {
      return tl::unexpected(read.error());
    }
    const std::int64_t left = base_ + static_cast<std::int64_t>(path_[Axis::kX].size()) - at_.whole;
    if (left <= 0) {
      break;
    }
    if (run == 0) {
      interpolate(path, plan, done);
      advance();
      ++done;
      continue;
    }
    const std::int64_t count = std::min(span, left);
    for (Axis axis : kAllAxes) {
      const auto to = static_cast<std::ptrdiff_t>(done);
      std::copy_n(path_[axis].begin() + (at_.whole - base_), count, path[axis].begin() + to);
      std::copy_n(smooth_[axis].begin() + (at_.whole - base_), count, plan[axis].begin() + to);
    }
    at_.whole += count;
    at_.given += count;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

}  // namespace stepcast::planner
