// Small random jobs through Toolpath, every planner, Sampler, CornerSmoother and StepGenerator.
//
// STEPCAST_PROPERTY_CASES sets the number of cases (default 10^4; 10^7 for a night),
// STEPCAST_PROPERTY_SEED the first seed. A failure prints both the seed and the job.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/planner/planners.hpp"
#include "stepcast/stepgen/step_generator.hpp"

#include "job_run.hpp"
#include "job_texts.hpp"
#include "test_profile.hpp"

namespace stepcast::test {
namespace {

constexpr std::int64_t kDefaultCases = 10'000;
// A job of the generator lasts some seconds; this only stops a plan that never ends.
constexpr std::size_t kMostSamples = 2'000'000;
constexpr int kTicksPerSample = 20;
// Just long enough for the widest kernel.
constexpr planner::Sampler::Options kShortRests{.lead_in = Seconds(0.02),
                                                .lead_out = Seconds(0.02)};

std::int64_t number_from_environment(const char* name, std::int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoll(text, nullptr, 10);
}

/// Writes a job and keeps book, on its own, of where the job ends.
class JobWriter {
 public:
  explicit JobWriter(std::uint64_t seed) : random_(seed) {}

  std::string write() {
    text_ = "M83\n" + line("G1 X%.3f Y%.3f F9000\n", x_ = printed(uniform(20, 40)),
                           y_ = printed(uniform(20, 40)));
    for (int n = below(9); n >= 0; --n) {
      (this->*kCommands[static_cast<std::size_t>(below(kCommands.size()))])();
    }
    return text_;
  }

  [[nodiscard]] PerAxis<double> end() const { return {{x_, y_, z_, e_}}; }

 private:
  double uniform(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random_);
  }
  int below(std::size_t limit) {
    return static_cast<int>(std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_));
  }
  // Three decimals, as jobs have them.
  static double printed(double value) { return std::round(value * 1000) / 1000; }

  void number(char letter, double machine, double& at, double origin) {
    const double to = printed(machine - origin) + origin;
    text_ += line(" %c%.3f", letter, relative_ ? to - at : to - origin);
    // What a relative word adds is rounded, too.
    at = relative_ ? at + printed(to - at) : to;
  }
  void filament(double advance) {
    const double e = printed(advance);
    logical_e_ += e;
    text_ += line(" E%.3f", relative_e_ ? e : logical_e_);
    e_ += e;
  }
  void feed(double low, double high) { text_ += line(" F%.0f", uniform(low, high)); }

  void move() {
    const double reach = std::pow(10, uniform(-3.3, 1.0));
    text_ += below(2) == 0 ? "G1" : "G0";
    number('X', std::clamp(x_ + uniform(-reach, reach), 2.0, 80.0), x_, offset_x_);
    if (below(4) != 0) {
      number('Y', std::clamp(y_ + uniform(-reach, reach), 2.0, 80.0), y_, 0);
    }
    if (below(6) == 0) {
      number('Z', std::clamp(z_ + uniform(-0.2, 0.3), 0.0, 20.0), z_, 0);
    }
    if (below(3) != 0) {
      filament(uniform(0, 0.05 * reach));
    }
    feed(600, 11000);
    text_ += "\n";
  }
  void tiny_moves() {
    for (int n = below(12); n >= 0; --n) {
      text_ += "G1";
      number('X', std::clamp(x_ + uniform(-0.2, 0.3), 2.0, 80.0), x_, offset_x_);
      number('Y', std::clamp(y_ + uniform(-0.2, 0.3), 2.0, 80.0), y_, 0);
      filament(uniform(0, 0.02));
      text_ += "\n";
    }
  }
  void lift() {
    text_ += "G1";
    number('Z', std::clamp(z_ + uniform(-0.4, 0.5), 0.0, 20.0), z_, 0);
    feed(100, 400);
    text_ += "\n";
  }
  void retract() {
    text_ += "G1";
    filament(uniform(-0.8, 0.8));
    feed(300, 2400);
    text_ += "\n";
  }
  void firmware_retraction() { text_ += "G10\nG11\n"; }
  void arc() {
    if (relative_ || x_ < 12 || x_ > 70 || y_ < 12 || y_ > 70) {
      return;
    }
    const double r = std::pow(10, uniform(-1.3, 0.9));
    const double angle = uniform(0, 6.28);
    const double sweep = uniform(0.1, 6.2);
    const bool left = below(2) == 0;
    // The centre is printed with three decimals, and so is the end.
    const double i = printed(-r * std::cos(angle));
    const double j = printed(-r * std::sin(angle));
    const double to = angle + (left ? sweep : -sweep);
    const double from_x = x_;
    const double from_y = y_;
    text_ += left ? "G3" : "G2";
    number('X', from_x + i + r * std::cos(to), x_, offset_x_);
    number('Y', from_y + j + r * std::sin(to), y_, 0);
    text_ += line(" I%.3f J%.3f", i, j);
    if (below(2) == 0) {
      filament(uniform(0, 0.03 * r * sweep));
    }
    if (below(5) == 0) {
      number('Z', std::clamp(z_ + 0.2, 0.0, 20.0), z_, 0);
    }
    feed(600, 9000);
    text_ += "\n";
  }
  void dwell() { text_ += line("G4 P%d\n", below(60)); }
  void reset_filament() {
    text_ += "G92 E0\n";
    logical_e_ = 0;
  }
  void shift_origin() {
    const double shift = printed(uniform(-5, 5));
    // The job calls its present place x - shift from now on.
    text_ += line("G92 X%.3f\n", printed(x_ - shift));
    offset_x_ = x_ - printed(x_ - shift);
  }
  void toggle_relative() {
    relative_ = !relative_;
    relative_e_ = relative_;
    text_ += relative_ ? "G91\n" : "G90\n";
    if (!relative_) {
      text_ += "M83\n";
      relative_e_ = true;
    }
  }
  void absolute_filament() {
    relative_e_ = !relative_e_;
    text_ += relative_e_ ? "M83\n" : "M82\n";
  }
  void limits() {
    switch (below(4)) {
      case 0:
        text_ += line("M204 P%.0f T%.0f\n", uniform(100, 15000), uniform(100, 15000));
        break;
      case 1:
        text_ += line("M203 X%.0f Y%.0f\n", uniform(20, 300), uniform(20, 300));
        break;
      case 2:
        text_ += line("M220 S%d\n", 20 + below(80));
        break;
      default:
        text_ += line("M205 X%d\nM201 X%d\n", below(20), 100 + below(5000));
    }
  }
  void marks() {
    text_ += line("M106 S%d\n;LAYER:%d\nM104 S%d\n", below(256), below(9), below(250));
  }
  void home() {
    text_ += "G28\n";
    x_ = y_ = z_ = offset_x_ = 0;
  }

  using Command = void (JobWriter::*)();
  static const std::vector<Command> kCommands;

  std::mt19937_64 random_;
  std::string text_;
  double x_{};
  double y_{};
  double z_{};
  double e_{};  // filament pushed, machine frame
  double logical_e_{};
  double offset_x_{};
  bool relative_ = false;
  bool relative_e_ = true;
};

const std::vector<JobWriter::Command> JobWriter::kCommands{&JobWriter::move,
                                                           &JobWriter::move,
                                                           &JobWriter::move,
                                                           &JobWriter::move,
                                                           &JobWriter::tiny_moves,
                                                           &JobWriter::tiny_moves,
                                                           &JobWriter::arc,
                                                           &JobWriter::arc,
                                                           &JobWriter::lift,
                                                           &JobWriter::retract,
                                                           &JobWriter::dwell,
                                                           &JobWriter::firmware_retraction,
                                                           &JobWriter::limits,
                                                           &JobWriter::marks,
                                                           &JobWriter::shift_origin,
                                                           &JobWriter::reset_filament,
                                                           &JobWriter::toggle_relative,
                                                           &JobWriter::absolute_filament,
                                                           &JobWriter::home};

void check_finite(const JobRun& run) {
  for (Axis axis : kAllAxes) {
    for (const auto* track : {&run.path_mm[axis], &run.plan_mm[axis]}) {
      ASSERT_TRUE(std::all_of(track->begin(), track->end(), [](double at) {
        return std::isfinite(at);
      })) << axis_name(axis);
    }
  }
}

void check_speeds(const JobRun& run, const machine::Profile& profile) {
  constexpr double kSlack = 1 + 1e-6;  // differences of positions with 14 digits
  for (Axis axis : kAllAxes) {
    const double limit = profile.axes[axis].max_speed.v * kSlack;
    ASSERT_LE(largest_derivative(run.path_mm[axis], 1), limit) << axis_name(axis);
    ASSERT_LE(largest_derivative(run.plan_mm[axis], 1), limit) << axis_name(axis);
  }
}

void check_moves(const JobRun& run) {
  for (const planner::PlannedMove& move : moves_of(run)) {
    const Mm ramps = speed_change(move.entry, move.cruise, move.limits).distance +
                     speed_change(move.cruise, move.exit, move.limits).distance;
    ASSERT_TRUE(std::isfinite(move.profile().duration().v));
    ASSERT_LE(ramps.v, move.move.length.v + 1e-6) << "line " << move.move.line;
    ASSERT_LE(move.cruise.v, move.move.speed.v * (1 + 1e-12)) << "line " << move.move.line;
  }
}

// Rests, ramps and corners turn into steps that add up to the end of the job.
void check_steps(const JobRun& run, const machine::Profile& profile) {
  for (Axis axis : kAllAxes) {
    const double scale = profile.axes[axis].steps_per_mm;
    stepgen::StepGenerator generator(scale, kTicksPerSample);
    generator.start(home_of(profile)[axis].v);
    std::vector<stepgen::StepEvent> events;
    ASSERT_EQ(generator.push(run.plan_mm[axis], events), stepgen::StepStatus::kOk)
        << axis_name(axis);
    ASSERT_EQ(generator.finish(events), stepgen::StepStatus::kOk);
    Steps sum = stepgen::StepGenerator::to_steps(home_of(profile)[axis].v, scale);
    for (const stepgen::StepEvent& event : events) {
      sum += event.forward ? 1 : -1;
    }
    ASSERT_EQ(sum, stepgen::StepGenerator::to_steps(run.end[axis].v, scale)) << axis_name(axis);
  }
}

void check_job(const std::string& job, const PerAxis<double>& end, const machine::Profile& profile,
               std::string_view planner) {
  const auto run = run_job(job, profile, planner, kMostSamples, kShortRests);
  ASSERT_TRUE(run.has_value()) << run.error().to_string();
  ASSERT_TRUE(std::isfinite(run->planned_duration.v));
  ASSERT_NO_FATAL_FAILURE(check_finite(*run));
  for (Axis axis : kAllAxes) {
    // The toolpath may carry over moves below a nanometre.
    ASSERT_NEAR(run->plan_mm[axis].back(), end[axis], 2e-6) << axis_name(axis);
    ASSERT_EQ(run->plan_mm[axis].back(), run->end[axis].v) << axis_name(axis);
  }
  ASSERT_NO_FATAL_FAILURE(check_moves(*run));
  ASSERT_NO_FATAL_FAILURE(check_speeds(*run, profile));
  if (planner == "jlmcg") {
    ASSERT_LE(largest_plane_derivative(run->path_mm, 2), profile.path.acceleration.v * (1 + 1e-6));
  }
  ASSERT_NO_FATAL_FAILURE(check_steps(*run, profile));
}

TEST(JobProperty, AnyJobIsPlannedWithinLimitsAndEndsInTheRightPlace) {
  const std::int64_t cases = number_from_environment("STEPCAST_PROPERTY_CASES", kDefaultCases);
  const auto first =
      static_cast<std::uint64_t>(number_from_environment("STEPCAST_PROPERTY_SEED", 1));
  const std::vector<machine::Profile> machines{paper_machine(), limited_machine()};
  const auto planners = planner::planners();
  for (std::uint64_t seed = first; seed < first + static_cast<std::uint64_t>(cases); ++seed) {
    JobWriter writer(seed);
    const std::string job = writer.write();
    const auto planner = planners[seed % planners.size()].name;
    const auto& profile = machines[seed / planners.size() % machines.size()];
    check_job(job, writer.end(), profile, planner);
    if (HasFatalFailure()) {
      FAIL() << "seed " << seed << ", planner " << planner
             << ", limits of Z and E: " << (&profile == &machines[1]) << "\n"
             << job;
    }
  }
}

// Damaged numbers: refused with a line, or planned with a duration that ends.
TEST(JobProperty, AnyNumberIsRefusedOrTakesAFiniteTime) {
  const std::vector<std::string> numbers{"0",       "-1",          "0.000000000000000001",
                                         "0.001",   "1",           "300",
                                         "1000000", "99999999999", "9999999999999999999999999999"};
  const std::vector<std::string> words{"F",      "X",      "E",      "M204 S", "M204 P", "M203 X",
                                       "M220 S", "M221 S", "G4 S",   "G4 P",   "M201 X", "M205 X",
                                       "M200 D", "M206 X", "M207 S", "M290 Z", "G92 X",  "G92 E"};
  int refused = 0;
  int planned = 0;
  for (const std::string& word : words) {
    for (const std::string& number : numbers) {
      const std::string job = (word.size() > 1 ? word + number + "\nG1 X10 Y3 E0.1\nG10\nG11\n"
                                               : "M83\nG1 X5 Y5 " + word + number + "\n") +
                              "G91\nG3 X10 Y10 I5 J5 E0.2\nG90\nG1 X20 F3000\n";
      for (const planner::PlannerInfo& info : planner::planners()) {
        SCOPED_TRACE(std::string(info.name) + "\n" + job);
        const machine::Profile profile = limited_machine();
        planner::Toolpath toolpath(gcode::Reader::from_text(job, "job"), profile, {});
        const auto planner = planner::make_planner(info.name, profile, toolpath).value();
        double seconds = 0;
        planner::PlannedItem item;
        Result<bool> more = true;
        while ((more = planner->next(item)) && *more) {
          if (const auto* move = std::get_if<planner::PlannedMove>(&item)) {
            seconds += move->profile().duration().v;
          }
        }
        if (more) {
          ++planned;
          constexpr double kLongest_s = 7 * 2 * 24 * 3600.0;  // every line may take a day or so
          EXPECT_GT(seconds, 0);
          EXPECT_LT(seconds, kLongest_s);
        } else {
          ++refused;
          EXPECT_EQ(more.error().location.substr(0, 4), "job:") << more.error().to_string();
        }
      }
    }
  }
  EXPECT_GT(refused, 50);
  EXPECT_GT(planned, 50);
}

}  // namespace
}  // namespace stepcast::test
