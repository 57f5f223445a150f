#pragma once

#include <optional>
#include <string>

#include "stepcast/machine/profile.hpp"

namespace stepcast::machine {

/// What is wrong with an axis response, and in which of its two polynomials.
struct ResponseProblem {
  bool in_numerator{};
  std::string message;
  std::string remedy;
};

/// Requires finite coefficients, a proper fraction (a command cannot be answered before it is
/// given), all poles in the left half plane, and a DC gain of 1 within kDcGainTolerance.
[[nodiscard]] std::optional<ResponseProblem> find_problem(const TransferFunction& response);

/// Poles all strictly in the left half plane, by the Routh-Hurwitz criterion.
/// @pre den has a non-zero first coefficient.
[[nodiscard]] bool is_stable(const std::vector<double>& den);

/// The tool must end where the motor was sent. Published fits carry three or four digits, so their
/// gain is off by parts in a thousand; more than this is a unit error or a typing error.
inline constexpr double kDcGainTolerance = 0.01;

/// Highest order accepted: the sixth-order fit of the paper, twice over.
inline constexpr std::size_t kMaxResponseOrder = 12;

}  // namespace stepcast::machine
