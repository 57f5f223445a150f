#include "stepcast/sim/axis_plant.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "stepcast/base/contracts.hpp"
#include "stepcast/math/transfer_function.hpp"
#include "stepcast/shaping/axis_response.hpp"

namespace stepcast::sim {

namespace {

Result<math::RationalFunction> with_error(const machine::TransferFunction& response, Seconds period,
                                          const ModelError& error) {
  for (const double factor : {error.frequency, error.damping}) {
    if (!(factor > 0.0) || !std::isfinite(factor)) {
      return fail(Errc::kInvalidArgument,
                  fmt::format("a model error has the factor {}; it must be positive", factor));
    }
  }
  const math::RationalFunction model{response.num, response.den};
  return math::check_axis_response(model)
      .and_then([&] { return math::drop_fast_poles(model, period); })
      .and_then([&](const math::RationalFunction& reduced) {
        return math::scale_damping(math::scale_frequency(reduced, error.frequency), error.damping);
      });
}

}  // namespace

Result<AxisPlant> AxisPlant::create(const machine::TransferFunction& response, Seconds period,
                                    const ModelError& error) {
  if (response.num.empty() && response.den.empty()) {
    return AxisPlant(math::StateSpace{0, math::Matrix(0, 0), {}, {}, 1.0});
  }
  const bool exact = error.frequency == 1.0 && error.damping == 1.0;
  auto sampled =
      exact ? shaping::sampled_response(response, period)
            : with_error(response, period, error).and_then([&](const math::RationalFunction& g) {
                return math::discretise(math::with_unit_gain(g), period, math::Hold::kFirstOrder);
              });
  if (!sampled) {
    return tl::unexpected(std::move(sampled.error()));
  }
  return AxisPlant(*sampled);
}

AxisPlant::AxisPlant(const math::StateSpace& axis)
    : states_(axis.n),
      rows_((axis.n + 2) / 2 * 2),
      columns_((axis.n + 1) * rows_, 0.0),
      state_(axis.n, 0.0),
      next_(rows_, 0.0) {
  for (std::size_t j = 0; j < states_; ++j) {
    for (std::size_t i = 0; i < states_; ++i) {
      columns_[j * rows_ + i] = axis.a(i, j);
    }
    columns_[j * rows_ + states_] = axis.c[j];
    columns_[states_ * rows_ + j] = axis.b[j];
  }
  columns_[states_ * rows_ + states_] = axis.d;
}

void AxisPlant::start(double position_mm) noexcept {
  anchor_mm_ = position_mm;
  std::fill(state_.begin(), state_.end(), 0.0);
}

void AxisPlant::advance(std::span<const double> motor_mm, std::span<double> tool_mm) noexcept {
  STEPCAST_DCHECK(motor_mm.size() == tool_mm.size());
  double* const next = next_.data();
  for (std::size_t k = 0; k < motor_mm.size(); ++k) {
    const double u = motor_mm[k] - anchor_mm_;
    const double* column = columns_.data() + states_ * rows_;
    for (std::size_t i = 0; i < rows_; ++i) {
      next[i] = column[i] * u;
    }
    column = columns_.data();
    for (std::size_t j = 0; j < states_; ++j, column += rows_) {
      const double x = state_[j];
      for (std::size_t i = 0; i < rows_; ++i) {
        next[i] += column[i] * x;
      }
    }
    std::copy_n(next, states_, state_.data());
    tool_mm[k] = anchor_mm_ + next[states_];
  }
}

}  // namespace stepcast::sim
