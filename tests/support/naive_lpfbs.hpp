#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "stepcast/math/matrix.hpp"
#include "stepcast/shaping/lpfbs.hpp"

namespace stepcast::test {

/// The window formulas of docs/theory/filtered-bspline.md as they are printed, one accumulator a
/// sum: the oracle of the unit test and the baseline of the bench. Positions are deviations from
/// rest.
class NaiveLpfbs {
 public:
  explicit NaiveLpfbs(const shaping::LpfbsDesign& design)
      : d_(design), z_(d_.states + m() + kept(), 0.0) {}

  void advance(std::span<const double> plan, std::span<double> command) {
    const std::size_t known = d_.states + m();
    for (std::size_t i = 0; i < kept(); ++i) {
      double sum = 0.0;
      for (std::size_t k = 0; k < plan.size(); ++k) {
        sum += d_.gain(i, k) * plan[k];
      }
      for (std::size_t j = 0; j < known; ++j) {
        sum -= d_.feedback(i, j) * z_[j];
      }
      z_[known + i] = sum;
    }
    const auto knot = static_cast<std::size_t>(d_.config.knot_spacing_samples);
    for (std::size_t k = 0; k < command.size(); ++k) {
      double sum = 0.0;
      for (std::size_t q = 0; q <= m(); ++q) {
        sum += z_[d_.states + k / knot + q] * d_.basis(q, k % knot);
      }
      command[k] = sum;
    }
    const std::vector<double> next = multiply(d_.state_update, z_);
    for (std::size_t i = 0; i < d_.states; ++i) {
      z_[i] = next[i];
    }
    for (std::size_t i = 0; i < m(); ++i) {
      z_[d_.states + i] = z_[d_.states + kept() + i];
    }
  }

 private:
  [[nodiscard]] std::size_t m() const { return static_cast<std::size_t>(d_.config.degree); }
  [[nodiscard]] std::size_t kept() const { return static_cast<std::size_t>(d_.config.n_up); }

  shaping::LpfbsDesign d_;
  std::vector<double> z_;
};

}  // namespace stepcast::test
