#include "machine_simulation.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>

#include <fmt/format.h>

#include "stepcast/plot/error_map.hpp"
#include "stepcast/shaping/compensators.hpp"
#include "stepcast/stepgen/motor_map.hpp"
#include "stepcast/stepgen/step_generator.hpp"

namespace stepcast::cli {
namespace {

constexpr std::array kPlane{Axis::kX, Axis::kY};

plot::TimeChart make_chart(const std::string& title) {
  using plot::Tone;
  plot::TimeChart::Options options;
  options.title = title;
  options.subtitle = "planned path and simulated tool";
  for (const char* axis : {"X", "Y"}) {
    for (const auto& [quantity, unit] :
         {std::pair{"Speed", "mm/s"}, std::pair{"Acceleration", "m/s2"}}) {
      options.panels.push_back({.title = fmt::format("{} of {}", quantity, axis),
                                .unit = unit,
                                .series = {{"planned", Tone::kGrey}, {"tool", Tone::kBlue}}});
    }
  }
  return plot::TimeChart(std::move(options));
}

plot::ErrorMap make_map(const std::string& title, const machine::Bed& bed, const char* what) {
  return plot::ErrorMap(
      {.title = title, .subtitle = what, .bed = {bed.x_min, bed.x_max, bed.y_min, bed.y_max}});
}

}  // namespace

// The meter answers for a sample some time after it was given, so what it needs to know waits here.
struct MachineSimulation::Map {
  plot::ErrorMap part;      // where filament comes out: what the user will see
  plot::ErrorMap anywhere;  // for jobs that print nothing
  std::deque<bool> extrudes;
  bool any_part = false;

  void add(Mm x, Mm y, Mm error) {
    if (extrudes.front()) {
      part.add_point(x, y, error);
      any_part = true;
    }
    anywhere.add_point(x, y, error);
    extrudes.pop_front();
  }
};

Result<MachineSimulation> MachineSimulation::create(const machine::Profile& profile,
                                                    const SimulationOptions& options) {
  const double rate = options.from_steps ? profile.tick_rate.v : shaping::kCommandRate.v;
  std::vector<sim::AxisPlant> plants;
  for (Axis axis : kPlane) {
    auto plant =
        sim::AxisPlant::create(profile.axes[axis].response, Seconds(1.0 / rate), options.error);
    if (!plant) {
      return tl::unexpected(plant.error());
    }
    plant->start(profile.axes[axis].home.v);
    plants.push_back(std::move(*plant));
  }
  return MachineSimulation(profile, options, std::move(plants));
}

MachineSimulation::MachineSimulation(const machine::Profile& profile,
                                     const SimulationOptions& options,
                                     std::vector<sim::AxisPlant> plants)
    : profile_(&profile),
      options_(options),
      plants_(std::move(plants)),
      ticks_per_sample_(static_cast<int>(profile.tick_rate.v / shaping::kCommandRate.v)),
      // The deleter travels along, since Map is complete only here.
      map_(new Map{make_map(options.title, profile.bed,
                            "distance of the simulated tool from the path, while extruding"),
                   make_map(options.title, profile.bed,
                            "distance of the simulated tool from the path of the job"),
                   {}},
           [](Map* map) { delete map; }),
      chart_(make_chart(options.title)),
      meter_({}, [map = map_.get()](Mm x, Mm y, Mm error) { map->add(x, y, error); }) {
  PerAxis<double> home;
  for (Axis axis : kPlane) {
    home[axis] = profile.axes[axis].home.v;
  }
  for (std::size_t i = 0; i < kPlane.size(); ++i) {
    last_[i][0] = last_[i + 2][0] = home[kPlane[i]];
    motor_steps_[i] = stepgen::StepGenerator::to_steps(
        stepgen::motor_position(profile.kinematics, home, kPlane[i]),
        profile.axes[kPlane[i]].steps_per_mm);
  }
}

void MachineSimulation::see(const control::MotionBlock& block) {
  if (block.draining) {
    return;  // what is measured ends with the plan
  }
  for (std::size_t i = 0; i < kPlane.size(); ++i) {
    tool_mm_[i].resize(block.samples);
  }
  if (options_.from_steps) {
    drive_by_steps(block);
  } else {
    for (std::size_t i = 0; i < kPlane.size(); ++i) {
      plants_[i].advance(block.command_mm[kPlane[i]], tool_mm_[i]);
    }
  }
  const auto& path = block.path_mm;
  for (std::size_t k = 0; k < block.samples; ++k) {
    // Priming on the spot is no part: a map that shows it would be mostly empty.
    const bool moves = path[Axis::kX][k] != last_x_ || path[Axis::kY][k] != last_y_;
    map_->extrudes.push_back(moves && path[Axis::kE][k] > last_e_);
    last_x_ = path[Axis::kX][k];
    last_y_ = path[Axis::kY][k];
    last_e_ = path[Axis::kE][k];
  }
  meter_.add(block.path_mm[Axis::kX], block.path_mm[Axis::kY], tool_mm_[0], tool_mm_[1]);
  chart(block);
}

void MachineSimulation::drive_by_steps(const control::MotionBlock& block) {
  std::array<std::vector<double>, 2> motor;
  for (std::size_t i = 0; i < kPlane.size(); ++i) {
    motor[i].resize(block.ticks);
    std::size_t at = 0;
    const double scale = 1.0 / profile_->axes[kPlane[i]].steps_per_mm;
    for (const stepgen::StepEvent& event : (*block.steps)[kPlane[i]]) {
      for (; at < event.tick; ++at) {
        motor[i][at] = static_cast<double>(motor_steps_[i]) * scale;
      }
      motor_steps_[i] += event.forward ? 1 : -1;
    }
    for (; at < block.ticks; ++at) {
      motor[i][at] = static_cast<double>(motor_steps_[i]) * scale;
    }
  }
  if (profile_->kinematics == machine::Kinematics::kCoreXy) {
    for (std::size_t k = 0; k < block.ticks; ++k) {
      const double a = motor[0][k];
      const double b = motor[1][k];
      motor[0][k] = 0.5 * (a + b);
      motor[1][k] = 0.5 * (a - b);
    }
  }
  const auto stride = static_cast<std::size_t>(ticks_per_sample_);
  for (std::size_t i = 0; i < kPlane.size(); ++i) {
    ticks_mm_[i].resize(block.ticks);
    plants_[i].advance(motor[i], ticks_mm_[i]);
    for (std::size_t k = 0; k < block.samples; ++k) {
      tool_mm_[i][k] = ticks_mm_[i][(k + 1) * stride - 1];
    }
  }
}

void MachineSimulation::chart(const control::MotionBlock& block) {
  constexpr double kMmPerM = 1000.0;
  const double rate = shaping::kCommandRate.v;
  for (std::size_t k = 0; k < block.samples; ++k) {
    std::array<double, 8> values{};
    for (std::size_t i = 0; i < kPlane.size(); ++i) {
      const std::array<double, 2> now{block.path_mm[kPlane[i]][k], tool_mm_[i][k]};
      for (std::size_t track = 0; track < now.size(); ++track) {
        auto& [position, speed] = last_[i + 2 * track];
        const double next_speed = (now[track] - position) * rate;
        values[4 * i + track] = next_speed;
        values[4 * i + 2 + track] = (next_speed - speed) * rate / kMmPerM;
        position = now[track];
        speed = next_speed;
      }
    }
    chart_.add(Seconds(static_cast<double>(samples_++) / rate), values);
  }
}

MachineSimulation::Outcome MachineSimulation::finish() {
  meter_.finish();
  return {.report = meter_.report(),
          .speed_svg = chart_.render(),
          .error_svg = (map_->any_part ? map_->part : map_->anywhere).render()};
}

}  // namespace stepcast::cli
