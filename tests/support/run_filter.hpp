#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "stepcast/math/state_space.hpp"
#include "stepcast/shaping/axis_filter.hpp"

namespace stepcast::test {

/// The command for a whole plan that starts at rest and stays at its last value.
inline std::vector<double> run_filter(shaping::AxisFilter& filter, std::span<const double> plan) {
  const std::size_t block = filter.block();
  const std::size_t window = block + filter.look_ahead();
  std::vector<double> padded(plan.begin(), plan.end());
  padded.resize(plan.size() + block + window, plan.back());
  std::vector<double> command((plan.size() + block - 1) / block * block);
  filter.start(plan.front());
  for (std::size_t k = 0; k < command.size(); k += block) {
    filter.advance(std::span(padded).subspan(k, window), std::span(command).subspan(k, block));
  }
  command.resize(plan.size());
  return command;
}

/// Where the axis goes that rests at the first command and is driven by all of them.
inline std::vector<double> respond(const math::StateSpace& axis, std::span<const double> command) {
  std::vector<double> x(axis.n, 0.0);
  std::vector<double> out;
  out.reserve(command.size());
  for (const double position : command) {
    const double u = position - command.front();
    double y = axis.d * u;
    std::vector<double> next = multiply(axis.a, x);
    for (std::size_t i = 0; i < axis.n; ++i) {
      y += axis.c[i] * x[i];
      next[i] += axis.b[i] * u;
    }
    x = next;
    out.push_back(y + command.front());
  }
  return out;
}

}  // namespace stepcast::test
