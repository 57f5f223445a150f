#include "compensation_stage.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/gcode/reader.hpp"
#include "stepcast/planner/planners.hpp"
#include "stepcast/planner/toolpath.hpp"

#include "control_run.hpp"
#include "sample_job.hpp"

namespace stepcast::test {
namespace {

using control::CompensationStage;

/// Gives the plan back, in blocks and with a look-ahead of any size; and, once, a step that fades.
class Passage final : public shaping::AxisFilter {
 public:
  struct Shape {
    std::size_t block = 1;
    std::size_t look_ahead = 0;
    double first_mm = 0.0;  ///< Added to the first sample, then less and less of it ...
    double fade = 0.0;      ///< ... by this factor a sample.
  };
  explicit Passage(const Shape& shape) : shape_(shape), added_mm_(shape.first_mm) {}

  [[nodiscard]] std::size_t block() const noexcept override { return shape_.block; }
  [[nodiscard]] std::size_t look_ahead() const noexcept override { return shape_.look_ahead; }
  void start(double) noexcept override {}
  void advance(std::span<const double> plan, std::span<double> command) noexcept override {
    EXPECT_EQ(plan.size(), shape_.block + shape_.look_ahead);
    EXPECT_EQ(command.size(), shape_.block);
    for (std::size_t k = 0; k < command.size(); ++k) {
      command[k] = plan[k] + added_mm_;
      added_mm_ *= shape_.fade;
    }
  }
  [[nodiscard]] std::span<double> state() noexcept override { return {&added_mm_, 1}; }

 private:
  Shape shape_;
  double added_mm_;
};

struct StageRun {
  PerAxis<std::vector<double>> plan_mm;
  PerAxis<std::vector<double>> path_mm;
  PerAxis<std::vector<double>> command_mm;
  std::size_t drained = 0;
};

StageRun run_stage(const PerAxis<Passage::Shape>& shapes) {
  const machine::Profile profile = printer("taz6");
  planner::Toolpath toolpath(gcode::Reader::from_text(kSampleJob, "job"), profile, {});
  const auto planner = planner::make_planner("lookahead", profile, toolpath).value();
  planner::Sampler sampler(*planner, {}, {}, {});
  planner::CornerSmoother smoother(sampler, {},
                                   planner::junction_kernel(profile.path, Seconds(1e-3)));
  planner::Retimer retimer(smoother);
  CompensationStage stage;
  for (Axis axis : kAllAxes) {
    stage.set(axis, std::make_unique<Passage>(shapes[axis]), 0.0);
  }
  StageRun run;
  while (const std::size_t count = stage.advance(retimer).value()) {
    for (Axis axis : kAllAxes) {
      const auto append = [&](std::vector<double>& to, std::span<const double> from) {
        to.insert(to.end(), from.begin(), from.begin() + static_cast<std::ptrdiff_t>(count));
      };
      append(run.plan_mm[axis], stage.plan(axis));
      append(run.path_mm[axis], stage.path(axis));
      append(run.command_mm[axis], stage.command(axis));
    }
    run.drained += stage.draining() ? count : 0;
  }
  return run;
}

PerAxis<Passage::Shape> shapes(Passage::Shape x, Passage::Shape y, Passage::Shape z,
                               Passage::Shape e) {
  return {{x, y, z, e}};
}

TEST(CompensationStage, KeepsTheAxesTogetherWhateverTheirBlocks) {
  const StageRun plain = run_stage({});
  const std::size_t size = plain.plan_mm[Axis::kX].size();
  ASSERT_GT(size, 1000U);
  EXPECT_EQ(plain.drained, 0U);
  for (const auto& mixed : {shapes({64, 0}, {100, 100}, {1, 333}, {7, 13}),
                            shapes({100, 0}, {101, 0}, {99, 1}, {250, 700}),
                            shapes({1, 0}, {3000, 0}, {1, 5000}, {17, 23})}) {
    const StageRun run = run_stage(mixed);
    EXPECT_EQ(run.drained, 0U);
    for (Axis axis : kAllAxes) {
      EXPECT_TRUE(run.plan_mm[axis] == plain.plan_mm[axis]) << axis_name(axis);
      EXPECT_TRUE(run.path_mm[axis] == plain.path_mm[axis]) << axis_name(axis);
      EXPECT_TRUE(run.command_mm[axis] == plain.plan_mm[axis]) << axis_name(axis);
    }
  }
}

TEST(CompensationStage, StaysWhereThePlanEndsWhenABlockEndsThere) {
  const StageRun plain = run_stage({});
  const std::size_t size = plain.plan_mm[Axis::kX].size();
  const StageRun run = run_stage(shapes({size, 0}, {size, 0}, {size, 0}, {size, 0}));
  ASSERT_GE(run.plan_mm[Axis::kX].size(), size);
  for (Axis axis : kAllAxes) {
    for (const auto* positions : {&run.path_mm[axis], &run.plan_mm[axis], &run.command_mm[axis]}) {
      EXPECT_EQ(std::count(positions->begin() + static_cast<std::ptrdiff_t>(size), positions->end(),
                           plain.plan_mm[axis].back()),
                static_cast<std::ptrdiff_t>(positions->size() - size))
          << axis_name(axis);
    }
  }
}

TEST(CompensationStage, DrainsAnAxisThatHasNotSettledAndHoldsTheOthers) {
  const StageRun plain = run_stage({});
  const std::size_t plan_samples = plain.plan_mm[Axis::kX].size();
  // 5 mm fade to the 10 nm that count as settled some half a second after the plan has ended.
  const double lasts = static_cast<double>(plan_samples) + 500.0;
  const double fade = std::exp(std::log(1e-5 / 5.0) / lasts);
  const StageRun run = run_stage(shapes({50, 80, 5.0, fade}, {1, 0}, {1, 0}, {64, 10}));
  EXPECT_GT(run.drained, 400U);
  EXPECT_LT(run.drained, 800U);
  EXPECT_EQ(run.plan_mm[Axis::kX].size(), plan_samples + run.drained);
  EXPECT_NEAR(run.command_mm[Axis::kX].back(), run.plan_mm[Axis::kX].back(), 1e-5);
  for (Axis axis : kAllAxes) {
    const auto& plan = run.plan_mm[axis];
    const auto drain = static_cast<std::ptrdiff_t>(run.drained);
    EXPECT_EQ(std::count(plan.end() - drain, plan.end(), plain.plan_mm[axis].back()), drain);
  }
}

TEST(CompensationStage, GivesUpOnAnAxisThatNeverSettles) {
  const StageRun run = run_stage(shapes({1, 0, 1.0, 1.0}, {}, {}, {}));
  EXPECT_GE(run.drained, 3000U);
  EXPECT_LT(run.drained, 3200U);
}

}  // namespace
}  // namespace stepcast::test
