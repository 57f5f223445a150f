#include "stepcast/shaping/lpfbs.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "stepcast/base/contracts.hpp"

namespace stepcast::shaping {

namespace {

/// Independent partial sums of a dot product. Without -ffast-math the compiler may not reorder one
/// sum, but it may compute several side by side: eight doubles fill four SSE2 or two AVX registers
/// and hide the latency of the additions.
constexpr std::size_t kLanes = 8;

double dot(const double* a, const double* b, std::size_t count) noexcept {
  std::array<double, kLanes> sum{};
  const std::size_t whole = count - count % kLanes;
  for (std::size_t k = 0; k < whole; k += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      sum[lane] += a[k + lane] * b[k + lane];
    }
  }
  double total = ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
  for (std::size_t k = whole; k < count; ++k) {
    total += a[k] * b[k];
  }
  return total;
}

std::string describe(const LpfbsConfig& c) {
  return fmt::format("L = {}, n_c = {}, n_up = {}, degree {}, ridge {:g}", c.knot_spacing_samples,
                     c.n_c, c.n_up, c.degree, c.ridge);
}

}  // namespace

Result<Lpfbs> Lpfbs::create(const LpfbsConfig& config, const math::StateSpace& response) {
  const auto design = design_lpfbs(config, response);
  if (!design) {
    return tl::unexpected(design.error());
  }
  // The last m + 1 coefficients of a window are seen through the rising edge of their splines only.
  if (config.n_c - config.n_up < config.degree + 1) {
    return fail(Errc::kInvalidArgument,
                fmt::format("the configuration ({}) keeps coefficients that its preview does not "
                            "determine: n_c - n_up is {}, and it must be at least degree + 1 = {}",
                            describe(config), config.n_c - config.n_up, config.degree + 1),
                {},
                fmt::format("lower n_up to {} or less, or raise n_c",
                            std::max(1, config.n_c - config.degree - 1)));
  }
  if (!(design->rho < kSpectralRadiusLimit)) {
    return fail(
        Errc::kInvalidArgument,
        fmt::format("the configuration ({}) is not stable: spectral radius rho = {:.4g}, and it "
                    "must be below {:g}",
                    describe(config), design->rho, kSpectralRadiusLimit),
        {},
        "preview more coefficients (n_c), keep fewer of them (n_up), widen the knot spacing, or "
        "set "
        "a ridge of 1e-4 or more");
  }
  return Lpfbs(*design);
}

Lpfbs::Lpfbs(const LpfbsDesign& design)
    : config_(design.config),
      rho_(design.rho),
      condition_(design.condition),
      states_(design.states),
      degree_(static_cast<std::size_t>(design.config.degree)),
      knot_(static_cast<std::size_t>(design.config.knot_spacing_samples)),
      kept_(static_cast<std::size_t>(design.config.n_up)),
      block_(kept_ * knot_),
      preview_(static_cast<std::size_t>(design.config.n_c) * knot_),
      gain_(design.gain.data),
      feedback_(design.feedback.data),
      state_update_(design.state_update.data),
      basis_(design.basis.data),
      z_(states_ + degree_ + kept_, 0.0),
      next_state_(states_, 0.0),
      deviation_(preview_, 0.0) {}

void Lpfbs::start(double position_mm) noexcept {
  anchor_mm_ = position_mm;
  std::fill(z_.begin(), z_.end(), 0.0);
}

void Lpfbs::advance(std::span<const double> plan_mm, std::span<double> command_mm) noexcept {
  STEPCAST_DCHECK(plan_mm.size() == preview_ && command_mm.size() == block_);
  fit(plan_mm);
  emit(command_mm);
  shift();
}

/// p_new = G (plan - anchor) - [Kx Kp] [x; p]
void Lpfbs::fit(std::span<const double> plan_mm) noexcept {
  for (std::size_t k = 0; k < preview_; ++k) {
    deviation_[k] = plan_mm[k] - anchor_mm_;
  }
  const std::size_t known = states_ + degree_;
  for (std::size_t i = 0; i < kept_; ++i) {
    z_[known + i] = dot(&gain_[i * preview_], deviation_.data(), preview_) -
                    dot(&feedback_[i * known], z_.data(), known);
  }
}

/// Each knot interval is a fixed combination of m + 1 neighbouring coefficients.
void Lpfbs::emit(std::span<double> command_mm) const noexcept {
  const double* coefficient = &z_[states_];
  for (std::size_t i = 0; i < kept_; ++i) {
    double* const out = command_mm.data() + i * knot_;
    for (std::size_t j = 0; j < knot_; ++j) {
      out[j] = anchor_mm_;
    }
    for (std::size_t q = 0; q <= degree_; ++q) {
      const double p = coefficient[i + q];
      const double* const b = &basis_[q * knot_];
      for (std::size_t j = 0; j < knot_; ++j) {
        out[j] += p * b[j];
      }
    }
  }
}

/// x <- [Ax Bp Bc] [x; p; p_new],  p <- last m of [p; p_new]
void Lpfbs::shift() noexcept {
  for (std::size_t i = 0; i < states_; ++i) {
    next_state_[i] = dot(&state_update_[i * z_.size()], z_.data(), z_.size());
  }
  std::copy(next_state_.begin(), next_state_.end(), z_.begin());
  const auto past = z_.begin() + static_cast<std::ptrdiff_t>(states_);
  std::copy_n(past + static_cast<std::ptrdiff_t>(kept_), degree_, past);
}

}  // namespace stepcast::shaping
