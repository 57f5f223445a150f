// What every entry of the compensator registry promises, on the axes that have a response.
#include <algorithm>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/shaping/compensators.hpp"

#include "motion_paths.hpp"
#include "run_filter.hpp"
#include "scoped_no_alloc.hpp"
#include "taz6_axes.hpp"

namespace stepcast::test {
namespace {

using shaping::AxisFilter;

/// Rounding of a fit with condition 5e4 over some 100 mm stays below 1e-9 mm.
constexpr double kRounding_mm = 1e-9;

std::vector<std::string> registered() {
  std::vector<std::string> out;
  for (const shaping::CompensatorInfo& info : shaping::compensators()) {
    out.emplace_back(info.name);
  }
  return out;
}

class AxisFilterContract : public testing::TestWithParam<std::tuple<std::string, Axis>> {
 protected:
  [[nodiscard]] static std::unique_ptr<AxisFilter> make() {
    auto filter =
        shaping::make_axis_filter(std::get<0>(GetParam()), taz6_profile(), std::get<1>(GetParam()));
    EXPECT_TRUE(filter.has_value()) << filter.error().to_string();
    return std::move(*filter);
  }

  /// Speeds up to 60 mm/s that change all the time, from rest.
  [[nodiscard]] static std::vector<double> wandering_plan(std::size_t samples) {
    std::mt19937 random(20260101);
    std::uniform_real_distribution<double> push(-2e-3, 2e-3);
    std::vector<double> plan{37.0};
    double step = 0.0;
    while (plan.size() < samples) {
      step = std::clamp(step + push(random), -0.06, 0.06);
      plan.push_back(plan.back() + step);
    }
    return plan;
  }
};

TEST_P(AxisFilterContract, AConstantPlanGivesAConstantCommand) {
  const auto filter = make();
  const std::vector<double> plan(5000, 123.456);
  for (const double command : run_filter(*filter, plan)) {
    ASSERT_NEAR(command, 123.456, kRounding_mm);
  }
}

TEST_P(AxisFilterContract, WritesItsBlockAndReadsItsWindowOnly) {
  constexpr double kUntouched = -1.0;
  const auto filter = make();
  const std::size_t block = filter->block();
  const std::size_t window = block + filter->look_ahead();
  ASSERT_GT(block, 0U);
  const std::vector<double> plan = wandering_plan(window);
  std::vector<double> exact(plan);  // its end is the end of the heap block, for the sanitizer
  std::vector<double> framed(block + 2, kUntouched);
  filter->start(plan.front());
  filter->advance(exact, std::span(framed).subspan(1, block));
  EXPECT_EQ(framed.front(), kUntouched);
  EXPECT_EQ(framed.back(), kUntouched);
  EXPECT_EQ(std::count(framed.begin(), framed.end(), kUntouched), 2);
  EXPECT_EQ(exact, plan);
}

TEST_P(AxisFilterContract, AdvanceDoesNotAllocate) {
  const auto filter = make();
  const std::size_t block = filter->block();
  const std::vector<double> plan = wandering_plan(10 * block + filter->look_ahead());
  std::vector<double> command(block);
  const ScopedNoAlloc guard;
  filter->start(plan.front());
  for (std::size_t k = 0; k < 10 * block; k += block) {
    filter->advance(std::span(plan).subspan(k, block + filter->look_ahead()), command);
  }
  EXPECT_EQ(guard.count(), 0);
}

TEST_P(AxisFilterContract, StartForgetsThePast) {
  const auto filter = make();
  const std::vector<double> plan = wandering_plan(3000);
  const std::vector<double> first = run_filter(*filter, plan);
  EXPECT_EQ(run_filter(*filter, plan), first);
  EXPECT_EQ(run_filter(*make(), plan), first);
}

TEST_P(AxisFilterContract, AShiftedPlanGivesAShiftedCommand) {
  constexpr double kShift_mm = 211.7;
  const auto filter = make();
  std::vector<double> plan = wandering_plan(3000);
  const std::vector<double> here = run_filter(*filter, plan);
  for (double& position : plan) {
    position += kShift_mm;
  }
  const std::vector<double> there = run_filter(*filter, plan);
  for (std::size_t k = 0; k < here.size(); ++k) {
    ASSERT_NEAR(there[k], here[k] + kShift_mm, kRounding_mm) << k;
  }
}

TEST_P(AxisFilterContract, ADelayOfOneBlockDelaysTheCommand) {
  const auto filter = make();
  const std::size_t block = filter->block();
  // A filter with look-ahead moves before the plan does, so the plan must begin with its window
  // at rest: without that the first motion is planned for a start that came as a surprise.
  std::vector<double> plan(block + filter->look_ahead(), 37.0);
  const std::vector<double> motion = wandering_plan(3000);
  plan.insert(plan.end(), motion.begin(), motion.end());
  std::vector<double> delayed(block, 37.0);
  delayed.insert(delayed.end(), plan.begin(), plan.end());
  const std::vector<double> now = run_filter(*filter, plan);
  const std::vector<double> later = run_filter(*filter, delayed);
  for (std::size_t k = 0; k < now.size(); ++k) {
    ASSERT_NEAR(later[k + block], now[k], kRounding_mm) << k;
  }
}

TEST_P(AxisFilterContract, TheResultDoesNotDependOnHowTheSamplesAreHandedOver) {
  const auto filter = make();
  const std::size_t block = filter->block();
  const std::size_t window = block + filter->look_ahead();
  const std::vector<double> plan = wandering_plan(20 * block + filter->look_ahead());
  // In one go, as views of the whole plan, against block after block through small buffers.
  std::vector<double> whole(20 * block);
  filter->start(plan.front());
  for (std::size_t k = 0; k < whole.size(); k += block) {
    filter->advance(std::span(plan).subspan(k, window), std::span(whole).subspan(k, block));
  }
  std::vector<double> pieces;
  std::vector<double> queue;
  auto next = plan.begin();
  filter->start(plan.front());
  while (pieces.size() < whole.size()) {
    while (queue.size() < window) {
      queue.push_back(*next++);
    }
    std::vector<double> out(block);
    filter->advance(queue, out);
    pieces.insert(pieces.end(), out.begin(), out.end());
    queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(block));
  }
  EXPECT_EQ(pieces, whole);
}

TEST_P(AxisFilterContract, TheCommandComesToRestOnTheTarget) {
  const auto filter = make();
  PathSettings settings;
  settings.dwell_after_s = 6.0;
  const SampledPath path = polyline({{0, 0}, {180.0, 120.0}}, settings);
  const std::vector<double> command = run_filter(*filter, path.x);
  const std::size_t last_second = command.size() - 1000;
  for (std::size_t k = last_second; k < command.size(); ++k) {
    ASSERT_NEAR(command[k], 180.0, kRounding_mm) << k;
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, AxisFilterContract,
                         testing::Combine(testing::ValuesIn(registered()),
                                          testing::Values(Axis::kX, Axis::kY)),
                         [](const auto& parameters) {
                           std::string name = std::get<0>(parameters.param);
                           name += '_';
                           name += axis_name(std::get<1>(parameters.param));
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace stepcast::test
