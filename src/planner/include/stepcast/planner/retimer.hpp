#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/planner/corner_smoother.hpp"
#include "stepcast/planner/sampler.hpp"

namespace stepcast::planner {

/// A part of a plan that runs slower than planned. Counted in samples of the plan, so that slowing
/// one part down moves no other.
struct SlowStretch {
  std::int64_t first{};  ///< From this sample of the plan
  std::int64_t last{};   ///< to this one
  double rate{};         ///< planned time passes at this rate; above 0, at most 1.
};

/// Lets planned time pass slower over stretches of a plan: all axes stay on the path and in step
/// with each other.
///
/// Outside the stretches the samples are those of the plan, bit for bit. The rate goes from 1 to
/// that of a stretch and back over kRamp samples to either side; overlapping stretches run at the
/// smaller rate. Afterwards the retimer keeps slowing by kSlide until it is back on whole samples.
/// With p the path over planned time u, acceleration is p'' u'^2 + p' u'': the first term shrinks,
/// the second is at most kSlide * speed / period (0.75 m/s2 at 150 mm/s) or that of the ramp.
///
/// Can be rewound, so that a place which a later stage cannot follow is done again more slowly.
///
/// Threads: one owner. Cost: O(1) a sample, some 30 ns a sample and axis inside a stretch.
class Retimer {
 public:
  /// Samples over which the rate changes before and after a stretch.
  static constexpr std::int64_t kRamp = 60;
  /// How much slower than planned it runs until it is back on whole samples.
  static constexpr double kSlide = 0.005;

  /// A place to come back to.
  struct Mark {
    std::int64_t whole = 0;  ///< Of the next sample's planned time, in samples.
    double fraction = 0.0;   ///< The rest of it; 0 to 1.
    std::int64_t given = 0;  ///< Samples given out.
    std::size_t knots = 0;
  };

  /// `plan` must outlive the retimer.
  explicit Retimer(CornerSmoother& plan, std::vector<SlowStretch> stretches = {});

  /// Fills both from the front with the next samples of the same instants, as
  /// CornerSmoother::read(). Returns how many; fewer than asked only at the end.
  [[nodiscard]] Result<std::size_t> read(const SampleSpans& path, const SampleSpans& plan);

  [[nodiscard]] const Mark& mark() const { return at_; }
  /// From now on everything since `mark` is kept, and may be rewound to; memory grows with it.
  void keep_from(const Mark& mark) { kept_from_ = mark.whole; }
  /// @pre nothing since `mark` was let go by keep_from()
  void rewind(const Mark& mark);

  /// @pre the ramp of `stretch` begins at or after the planned time of mark()
  void add(const SlowStretch& stretch);
  /// Forgets the stretches whose ramp has not begun at mark(): the plan has changed there.
  void drop_ahead();
  [[nodiscard]] const std::vector<SlowStretch>& stretches() const { return stretches_; }

  /// The rate at a planned time, in samples.
  [[nodiscard]] double rate_at(double planned) const;
  /// The planned time, in samples, of the sample that was given out as number `given`.
  [[nodiscard]] double planned_at(double given) const;
  /// The number under which the sample of this planned time was given out: what planned_at()
  /// undoes.
  [[nodiscard]] double given_at(double planned) const;
  /// How many samples the stretches read so far have added.
  [[nodiscard]] double delay() const;

 private:
  struct Knot {
    double given = 0.0;
    double planned = 0.0;
  };
  struct Piece {
    Knot from;
    double rate;
  };
  static constexpr std::int64_t kNothing = std::numeric_limits<std::int64_t>::max();

  [[nodiscard]] std::int64_t begin_of(const SlowStretch& stretch) const {
    return stretch.first - kRamp;
  }
  [[nodiscard]] Piece piece(double at, double Knot::*along) const;
  [[nodiscard]] std::size_t unaltered(std::size_t wanted) const;
  [[nodiscard]] Result<void> have(std::int64_t end);
  void let_go();
  void interpolate(const SampleSpans& path, const SampleSpans& plan, std::size_t k) const;
  void advance();

  CornerSmoother& plan_;
  std::vector<SlowStretch> stretches_;  // by first sample
  std::size_t next_stretch_ = 0;        // all before it are over
  Mark at_;
  std::vector<Knot> knots_;  // where planned and given time part and meet, and points between

  std::int64_t kept_from_ = kNothing;
  std::int64_t base_ = 0;  // planned sample of the first element of the vectors
  PerAxis<std::vector<double>> path_;
  PerAxis<std::vector<double>> smooth_;
  bool ended_ = false;
};

}  // namespace stepcast::planner
