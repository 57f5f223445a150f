#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "stepcast/base/result.hpp"
#include "stepcast/control/motion_pipeline.hpp"
#include "stepcast/machine/profile.hpp"

namespace stepcast::cli {

/// The options that plan, simulate and print share: which job, which machine, which controller.
struct ControllerOptions {
  std::filesystem::path file;
  std::string printer = "taz6";
  control::ControllerChoice choice;
  std::optional<double> acceleration_mm_s2;
  std::optional<double> jerk_mm_s3;
  std::optional<double> max_speed_mm_s;
  std::optional<double> tick_rate_hz;
  bool slow_down = false;

  void add_to(CLI::App& command, bool with_file = true);

  /// The profile with the overrides applied, and the controller to run; both checked.
  struct Resolved {
    machine::Profile profile;
    control::ControllerChoice choice;
  };
  [[nodiscard]] Result<Resolved> resolve() const;
};

}  // namespace stepcast::cli
