#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/math/matrix.hpp"
#include "stepcast/math/state_space.hpp"
#include "stepcast/shaping/axis_filter.hpp"

namespace stepcast::shaping {

/// Numbers of one limited-preview filter. Symbols: docs/theory/filtered-bspline.md.
struct LpfbsConfig {
  int degree = 5;                 ///< m, 2 to 7.
  int knot_spacing_samples = 10;  ///< L: wider is smoother, but weaker at high frequency.
  int n_c = 20;                   ///< Coefficients fitted in a window; preview n_c * L samples.
  int n_up = 10;                  ///< Of these, coefficients kept; a block is n_up * L samples.
  double ridge = 0.0;             ///< Weight on squared second differences of the coefficients.
};

/// An error of one window reaches the next one times the spectral radius. Below this limit what a
/// window got wrong is down to a tenth after 22 windows, and a plant that differs somewhat from
/// its model still leaves a contraction.
inline constexpr double kSpectralRadiusLimit = 0.9;

/// Everything that is computed once; constant matrices of one window.
struct LpfbsDesign {
  LpfbsConfig config;
  std::size_t states{};       ///< n of the axis response.
  math::Matrix gain;          ///< G, n_up x (n_c L): plan to new coefficients.
  math::Matrix feedback;      ///< [Kx Kp], n_up x (n + m): state and past coefficients to new ones.
  math::Matrix state_update;  ///< [Ax Bp Bc], n x (n + m + n_up).
  math::Matrix basis;         ///< (m + 1) x L: row q holds b_m at the knot interval m - q.
  double rho{};               ///< Spectral radius from window to window with a plan at rest.
  double condition{};         ///< Of the fit, without the ridge.
};

/// Computes the matrices, stable or not.
/// @returns kInvalidArgument for numbers out of range, or when the fit has no unique solution.
[[nodiscard]] Result<LpfbsDesign> design_lpfbs(const LpfbsConfig& config,
                                               const math::StateSpace& response);

/// Bends the command so that the flexible axis, not its motor, follows the plan (limited-preview
/// filtered B-splines, exact-state form).
///
/// The command is a B-spline. Its basis functions are passed through the axis response once; each
/// window of coefficients is then the least-squares fit of the filtered curve to the plan, starting
/// from the state in which the previous window left the axis. Derivation:
/// docs/theory/filtered-bspline.md. Positions are handled as deviations from start().
///
/// Threads: one owner.
class Lpfbs final : public AxisFilter {
 public:
  /// Costs a singular value decomposition of n_c * L by n_c: milliseconds.
  /// @returns kInvalidArgument for numbers out of range, fewer than degree + 1 fitted but
  /// discarded coefficients, or a spectral radius of kSpectralRadiusLimit or more.
  [[nodiscard]] static Result<Lpfbs> create(const LpfbsConfig& config,
                                            const math::StateSpace& response);

  [[nodiscard]] std::size_t block() const noexcept override { return block_; }
  [[nodiscard]] std::size_t look_ahead() const noexcept override { return preview_ - block_; }
  void start(double position_mm) noexcept override;
  void advance(std::span<const double> plan_mm, std::span<double> command_mm) noexcept override;
  [[nodiscard]] std::span<double> state() noexcept override { return z_; }

  [[nodiscard]] const LpfbsConfig& config() const noexcept { return config_; }
  [[nodiscard]] double rho() const noexcept { return rho_; }
  [[nodiscard]] double condition() const noexcept { return condition_; }

 private:
  explicit Lpfbs(const LpfbsDesign& design);

  void fit(std::span<const double> plan_mm) noexcept;
  void emit(std::span<double> command_mm) const noexcept;
  void shift() noexcept;

  LpfbsConfig config_;
  double rho_{};
  double condition_{};
  std::size_t states_{};   // n
  std::size_t degree_{};   // m
  std::size_t knot_{};     // L
  std::size_t kept_{};     // n_up
  std::size_t block_{};    // n_up L
  std::size_t preview_{};  // n_c L

  std::vector<double> gain_;          // n_up x preview
  std::vector<double> feedback_;      // n_up x (n + m)
  std::vector<double> state_update_;  // n x (n + m + n_up)
  std::vector<double> basis_;         // (m + 1) x L

  double anchor_mm_{};
  std::vector<double> z_;           // [x; p; p_new], mm
  std::vector<double> next_state_;  // x of the next window
  std::vector<double> deviation_;   // plan - anchor, mm
};

}  // namespace stepcast::shaping
