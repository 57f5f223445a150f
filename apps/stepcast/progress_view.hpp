#pragma once

#include <chrono>
#include <string>

#include "stepcast/control/job_plan.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/stream/heating.hpp"
#include "stepcast/stream/paper_sender.hpp"

#include "terminal.hpp"

namespace stepcast::cli {

/// Shows how far a print is: one line that is redrawn on a terminal, a line now and then elsewhere.
class ProgressView {
 public:
  /// `plan` and `profile` must outlive the view. `speed`: times real time, 0 for as fast as it
  /// goes.
  ProgressView(const control::JobPlan& plan, const machine::Profile& profile, std::uint32_t speed);

  void show(const stream::SenderStatistics& statistics);
  /// Temperatures, from the next line on.
  void show_heat(const stream::HeatReport& report);
  /// Leaves the line.
  void finish();

 private:
  [[nodiscard]] std::string line(const stream::SenderStatistics& statistics);
  [[nodiscard]] double seconds_left(double executed_s);

  const control::JobPlan& plan_;
  std::string heat_;
  double tick_rate_hz_;
  std::uint32_t speed_;
  Terminal terminal_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point next_line_;
};

}  // namespace stepcast::cli
