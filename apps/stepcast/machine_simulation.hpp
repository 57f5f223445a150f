#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/control/motion_pipeline.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/plot/time_chart.hpp"
#include "stepcast/sim/axis_plant.hpp"
#include "stepcast/sim/contour_meter.hpp"

namespace stepcast::cli {

struct SimulationOptions {
  sim::ModelError error;    ///< How the machine differs from the profile.
  bool from_steps = false;  ///< Drive the axes by the steps instead of by the command.
  std::string title;        ///< Of the plots.
};

/// Follows the blocks of a pipeline with the dynamic responses of X and Y, and measures how well
/// the tool keeps to the path of the job.
///
/// Threads: one owner.
class MachineSimulation {
 public:
  [[nodiscard]] static Result<MachineSimulation> create(const machine::Profile& profile,
                                                        const SimulationOptions& options);

  void see(const control::MotionBlock& block);

  struct Outcome {
    sim::ContourReport report;
    std::string speed_svg;
    std::string error_svg;
  };
  /// Ends the simulation.
  [[nodiscard]] Outcome finish();

 private:
  MachineSimulation(const machine::Profile& profile, const SimulationOptions& options,
                    std::vector<sim::AxisPlant> plants);

  void drive_by_steps(const control::MotionBlock& block);
  void chart(const control::MotionBlock& block);

  const machine::Profile* profile_;
  SimulationOptions options_;
  std::vector<sim::AxisPlant> plants_;  // X, Y
  int ticks_per_sample_;
  // On the heap, because the meter's observer points to it.
  struct Map;
  std::unique_ptr<Map, void (*)(Map*)> map_;
  plot::TimeChart chart_;
  sim::ContourMeter meter_;
  std::array<std::vector<double>, 2> tool_mm_;
  std::array<std::vector<double>, 2> ticks_mm_;
  std::array<Steps, 2> motor_steps_{};
  std::array<std::array<double, 2>, 4> last_{};  // position and speed of planned and tool X, Y
  double last_x_ = 0.0;                          // of the path
  double last_y_ = 0.0;
  double last_e_ = 0.0;
  std::int64_t samples_ = 0;
};

}  // namespace stepcast::cli
