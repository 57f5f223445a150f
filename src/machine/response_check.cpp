#include "response_check.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

namespace stepcast::machine {
namespace {

/// Substitutes s = w0 s', with w0 the geometric mean of the poles, so that fits in rad/s, whose
/// coefficients span twenty decades, neither overflow nor cancel in the Routh array.
std::vector<double> scale_time(const std::vector<double>& den) {
  const auto order = static_cast<double>(den.size() - 1);
  const double log_w0 = std::log(std::abs(den.back() / den.front())) / order;
  std::vector<double> scaled(den.size());
  for (std::size_t i = 0; i < den.size(); ++i) {
    scaled[i] = den[i] / den.front() * std::exp(-static_cast<double>(i) * log_w0);
  }
  return scaled;
}

std::optional<ResponseProblem> find_bad_coefficient(const std::vector<double>& coefficients,
                                                    bool in_numerator) {
  const auto bad = std::find_if(coefficients.begin(), coefficients.end(),
                                [](double c) { return !std::isfinite(c); });
  if (bad != coefficients.end()) {
    return ResponseProblem{in_numerator, fmt::format("coefficient {} is not finite", *bad),
                           "give every coefficient as a finite number"};
  }
  if (coefficients.empty() || coefficients.front() == 0.0) {
    return ResponseProblem{in_numerator,
                           "the first coefficient, of the highest power, is missing or 0",
                           "start with the highest power whose coefficient is not 0"};
  }
  return std::nullopt;
}

}  // namespace

bool is_stable(const std::vector<double>& den) {
  if (den.size() < 2) {
    return true;
  }
  // Necessary, and it keeps the logarithm of scale_time() defined: all coefficients of one sign.
  if (std::any_of(den.begin(), den.end(), [&](double c) { return !(c / den.front() > 0.0); })) {
    return false;
  }
  const std::vector<double> scaled = scale_time(den);
  // Two rows of the Routh array at a time; stable when every first element is positive.
  std::vector<double> upper;
  std::vector<double> lower;
  for (std::size_t i = 0; i < scaled.size(); ++i) {
    (i % 2 == 0 ? upper : lower).push_back(scaled[i]);
  }
  lower.resize(upper.size(), 0.0);
  for (std::size_t row = 1; row < scaled.size(); ++row) {
    if (!(lower[0] > 0.0)) {
      return false;
    }
    std::vector<double> next(upper.size(), 0.0);
    for (std::size_t i = 0; i + 1 < upper.size(); ++i) {
      next[i] = upper[i + 1] - upper[0] / lower[0] * lower[i + 1];
    }
    upper = std::exchange(lower, std::move(next));
  }
  return true;
}

std::optional<ResponseProblem> find_problem(const TransferFunction& response) {
  if (auto problem = find_bad_coefficient(response.num, true)) {
    return problem;
  }
  if (auto problem = find_bad_coefficient(response.den, false)) {
    return problem;
  }
  const std::size_t order = response.den.size() - 1;
  if (order > kMaxResponseOrder) {
    return ResponseProblem{false,
                           fmt::format("order {} is above the limit {}", order, kMaxResponseOrder),
                           "leave out poles far above 500 Hz, which a 1 kHz command cannot excite"};
  }
  if (response.num.size() > response.den.size()) {
    return ResponseProblem{
        true,
        fmt::format("{} coefficients are more than the {} of den: the response is not proper",
                    response.num.size(), response.den.size()),
        "the power of num must not exceed that of den"};
  }
  if (!is_stable(response.den)) {
    return ResponseProblem{false,
                           "a pole is not in the left half plane: the response is not stable",
                           "check the signs and powers; every coefficient of a stable den has the "
                           "same sign"};
  }
  const double gain = response.num.back() / response.den.back();
  if (!(std::abs(gain - 1.0) <= kDcGainTolerance)) {
    return ResponseProblem{
        true,
        fmt::format("the DC gain {:.6g} (last of num / last of den) is not 1 within {}", gain,
                    kDcGainTolerance),
        "scale num by the inverse of the gain"};
  }
  return std::nullopt;
}

}  // namespace stepcast::machine
