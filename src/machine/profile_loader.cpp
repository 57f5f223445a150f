#include "stepcast/machine/profile_loader.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "response_check.hpp"
#include "spelling.hpp"
#include "toml_section.hpp"

namespace stepcast::machine {
namespace {

// A profile is a few kilobytes; more is the wrong file, and would only cost memory.
constexpr std::uintmax_t kMaxFileBytes = std::uintmax_t{256} * 1024;
constexpr std::size_t kMaxNozzles = 16;

// The bounds are no machine's limits: they catch unit mix-ups (mm/min for mm/s, m for mm) and
// keep later arithmetic far from overflow.
constexpr Range kStepsPerMm{1, 100'000};
constexpr Range kPosition{-10'000, 10'000};
constexpr Range kSpeed{0.01, 5'000};
constexpr Range kSpeedStep{0, 1'000};
constexpr Range kAcceleration{1, 1e6};
constexpr Range kAccelerationOrNone{1, 1e6, true};
constexpr Range kJerk{1, 1e12};
constexpr Range kJerkOrNone{1, 1e12, true};
constexpr Range kJunctionDeviation{0.001, 1};
constexpr Range kOvertravel{0, 20};
constexpr Range kAccelerationRatio{1, 10};
// Whole ticks a planned sample, from 4 to 255: stepgen::StepGenerator.
constexpr Range kTickRate{4'000, 255'000};
constexpr Range kNozzleDiameter{0.05, 5};
constexpr Range kFilamentDiameter{0.5, 10};
// Thermistors and hot ends of consumer printers end here; a larger number is Fahrenheit or a typo.
constexpr Range kHotendTemperature{-50, 500};
constexpr Range kBedTemperature{-50, 150};
// Below it no plastic flows; 0 allows every extrusion.
constexpr Range kExtrusionTemperature{0, 400};
constexpr Range kPidGain{0, 100};
constexpr Range kRise{0.5, 20};
constexpr Range kRiseTime{1, 600};
constexpr Range kOvershoot{2, 50};
constexpr Range kLongestWait{10, 14'400};
// Positions are planned at 1 kHz; every sample must fall on a tick.
constexpr double kSamplesPerSecond = 1'000;

TransferFunction read_response(const Section& section) {
  section.allow_only({"num", "den"});
  TransferFunction response;
  response.num = section.numbers("num", kMaxResponseOrder + 1);
  response.den = section.numbers("den", kMaxResponseOrder + 1);
  if (auto problem = find_problem(response)) {
    section.fail(Errc::kOutOfRange, problem->in_numerator ? "num" : "den", problem->message,
                 problem->remedy);
  }
  return response;
}

void read_travel(const Section& section, AxisSpec& spec) {
  spec.travel_min = Mm{section.number("travel_min_mm", kPosition)};
  spec.travel_max = Mm{section.number("travel_max_mm", kPosition)};
  spec.home = Mm{section.number("home_mm", kPosition)};
  if (spec.travel_min >= spec.travel_max) {
    section.fail(Errc::kOutOfRange, "travel_min_mm",
                 fmt::format("travel_min_mm {} is not below travel_max_mm {}", spec.travel_min.v,
                             spec.travel_max.v),
                 "exchange them, or give the real travel");
  }
  if (spec.home < spec.travel_min || spec.home > spec.travel_max) {
    section.fail(Errc::kOutOfRange, "home_mm",
                 fmt::format("home_mm {} lies outside the travel of {} to {} mm", spec.home.v,
                             spec.travel_min.v, spec.travel_max.v),
                 "every move after G28 would start outside; widen the travel to the end stop");
  }
}

AxisSpec read_axis(const Section& section, Axis axis) {
  const bool extruder = axis == Axis::kE;
  const bool unlimited = extruder || axis == Axis::kZ;
  if (extruder) {
    section.allow_only({"steps_per_mm", "max_speed_mm_s", "max_acceleration_mm_s2",
                        "max_jerk_mm_s3", "instant_speed_change_mm_s"});
  } else {
    section.allow_only({"steps_per_mm", "travel_min_mm", "travel_max_mm", "home_mm",
                        "max_speed_mm_s", "max_acceleration_mm_s2", "max_jerk_mm_s3",
                        "instant_speed_change_mm_s", "response"});
  }
  AxisSpec spec;
  spec.steps_per_mm = section.number("steps_per_mm", kStepsPerMm);
  if (extruder) {
    spec.travel_min = Mm{-kInfinity};
    spec.travel_max = Mm{kInfinity};
  } else {
    read_travel(section, spec);
  }
  spec.max_speed = MmPerS{section.number("max_speed_mm_s", kSpeed)};
  spec.max_acceleration = MmPerS2{
      section.number("max_acceleration_mm_s2", unlimited ? kAccelerationOrNone : kAcceleration)};
  spec.max_jerk = MmPerS3{section.number("max_jerk_mm_s3", unlimited ? kJerkOrNone : kJerk)};
  spec.instant_speed_change = MmPerS{section.number("instant_speed_change_mm_s", kSpeedStep)};
  if (spec.instant_speed_change > spec.max_speed) {
    section.fail(Errc::kOutOfRange, "instant_speed_change_mm_s",
                 fmt::format("instant_speed_change_mm_s {} exceeds max_speed_mm_s {}",
                             spec.instant_speed_change.v, spec.max_speed.v),
                 "a step in speed cannot be larger than the top speed");
  }
  if (std::isinf(spec.max_acceleration.v) && !std::isinf(spec.max_jerk.v)) {
    section.fail(
        Errc::kOutOfRange, "max_jerk_mm_s3",
        fmt::format("max_jerk_mm_s3 {} cannot hold where the acceleration is inf", spec.max_jerk.v),
        "give a finite acceleration, or inf for both");
  }
  if (section.has("response")) {
    spec.response = read_response(section.section("response"));
  }
  return spec;
}

void read_tuning(const Section& section, Heater& heater) {
  if (section.has("kp")) {
    heater.pid = Heater::Pid{.kp = section.number("kp", kPidGain),
                             .ki = section.number("ki", kPidGain),
                             .kd = section.number("kd", kPidGain)};
  }
  if (section.has("rise_c") || section.has("rise_s")) {
    heater.rise = Heater::Rise{.degrees = {section.number("rise_c", kRise)},
                               .time = Seconds(section.number("rise_s", kRiseTime))};
  }
  if (section.has("overshoot_c")) {
    heater.overshoot = Celsius{section.number("overshoot_c", kOvershoot)};
  }
  if (section.has("longest_wait_s")) {
    heater.longest_wait = Seconds(section.number("longest_wait_s", kLongestWait));
  }
}

/// Of [hotend], which alone knows a temperature for extruding.
enum class HeaterKind : std::uint8_t { kHotend, kOther };

Heater read_heater(const Section& section, const Range& range, HeaterKind kind) {
  if (kind == HeaterKind::kHotend) {
    section.allow_only({"min_temperature_c", "max_temperature_c", "min_extrusion_temperature_c",
                        "kp", "ki", "kd", "rise_c", "rise_s", "overshoot_c", "longest_wait_s"});
  } else {
    section.allow_only({"min_temperature_c", "max_temperature_c", "kp", "ki", "kd", "rise_c",
                        "rise_s", "overshoot_c", "longest_wait_s"});
  }
  Heater heater{.min_temperature = {section.number("min_temperature_c", range)},
                .max_temperature = {section.number("max_temperature_c", range)}};
  read_tuning(section, heater);
  if (heater.min_temperature >= heater.max_temperature) {
    section.fail(Errc::kOutOfRange, "min_temperature_c",
                 fmt::format("min_temperature_c {} is not below max_temperature_c {}",
                             heater.min_temperature.v, heater.max_temperature.v),
                 "exchange them");
  }
  return heater;
}

Nozzle read_nozzle(const Section& section) {
  section.allow_only({"diameter_mm", "filament_diameter_mm"});
  return {.diameter = Mm{section.number("diameter_mm", kNozzleDiameter)},
          .filament_diameter = Mm{section.number("filament_diameter_mm", kFilamentDiameter)}};
}

Bed read_bed(const Section& section, const PerAxis<AxisSpec>& axes) {
  section.allow_only({"x_min_mm", "x_max_mm", "y_min_mm", "y_max_mm"});
  const Bed bed{.x_min = Mm{section.number("x_min_mm", kPosition)},
                .x_max = Mm{section.number("x_max_mm", kPosition)},
                .y_min = Mm{section.number("y_min_mm", kPosition)},
                .y_max = Mm{section.number("y_max_mm", kPosition)}};
  const auto check = [&](Axis axis, Mm low, Mm high) {
    const AxisSpec& spec = axes[axis];
    const std::string low_key = fmt::format("{}_min_mm", axis_name(axis));
    const std::string high_key = fmt::format("{}_max_mm", axis_name(axis));
    if (low >= high) {
      section.fail(Errc::kOutOfRange, low_key,
                   fmt::format("{} {} is not below {} {}", low_key, low.v, high_key, high.v),
                   "exchange them");
    }
    const bool low_outside = low < spec.travel_min;
    if (low_outside || high > spec.travel_max) {
      section.fail(
          Errc::kOutOfRange, low_outside ? low_key : high_key,
          fmt::format("the bed from {} to {} mm leaves the travel of {} from {} to {} mm", low.v,
                      high.v, axis_name(axis), spec.travel_min.v, spec.travel_max.v),
          "the nozzle could not reach all of it; shrink the bed or widen the travel");
    }
  };
  check(Axis::kX, bed.x_min, bed.x_max);
  check(Axis::kY, bed.y_min, bed.y_max);
  return bed;
}

Kinematics read_kinematics(const Section& root) {
  constexpr std::array<std::string_view, 2> kNames{"cartesian", "corexy"};
  const std::string name = root.text("kinematics");
  const auto* const found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) {
    const std::string_view meant = nearest_spelling(name, kNames);
    root.fail(Errc::kInvalidArgument, "kinematics",
              fmt::format("{} is no kinematics that is known", quote(name)),
              meant.empty() ? fmt::format("one of: {}", fmt::join(kNames, ", "))
                            : fmt::format("did you mean {}?", quote(meant)));
  }
  return name == "corexy" ? Kinematics::kCoreXy : Kinematics::kCartesian;
}

/// The device makes at most one step per tick and motor, so speed x resolution must stay below.
void check_tick_caps(const Section& axes, const Profile& profile) {
  for (const Axis axis : kAllAxes) {
    const bool belt =
        profile.kinematics == Kinematics::kCoreXy && (axis == Axis::kX || axis == Axis::kY);
    // A diagonal move drives one belt at the sum of both speeds: that case is inevitable.
    const double speed =
        belt ? profile.axes[Axis::kX].max_speed.v + profile.axes[Axis::kY].max_speed.v
             : profile.axes[axis].max_speed.v;
    const double steps_per_mm = profile.axes[axis].steps_per_mm;
    const double cap = profile.tick_rate.v / steps_per_mm;
    if (speed > cap) {
      axes.section(axis_name(axis))
          .fail(Errc::kOutOfRange, "max_speed_mm_s",
                fmt::format("{} {} exceeds {:.6g} mm/s (tick_rate_hz {} / steps_per_mm {}: one "
                            "step per tick)",
                            belt ? "a belt speed, x plus y, of" : "max_speed_mm_s", speed, cap,
                            profile.tick_rate.v, steps_per_mm),
                fmt::format("lower {} to {:.6g} mm/s, or raise the tick rate",
                            belt ? "the sum of both" : "it", std::floor(cap * 1000) / 1000));
    }
  }
}

Profile read_profile(const Section& root, std::string name) {
  root.allow_only({"title", "kinematics", "tick_rate_hz", "path", "compensation", "axes", "bed",
                   "nozzles", "hotend", "heated_bed", "chamber"});
  Profile profile;
  profile.name = std::move(name);
  profile.title = root.text("title");
  profile.kinematics = read_kinematics(root);
  profile.tick_rate = Hertz{root.number("tick_rate_hz", kTickRate)};
  if (std::fmod(profile.tick_rate.v, kSamplesPerSecond) != 0.0) {
    root.fail(Errc::kOutOfRange, "tick_rate_hz",
              fmt::format("tick_rate_hz {} is no multiple of {} Hz, the rate of planned positions",
                          profile.tick_rate.v, kSamplesPerSecond),
              "take the nearest multiple that the device offers");
  }

  const Section path = root.section("path");
  path.allow_only({"acceleration_mm_s2", "jerk_mm_s3", "junction_deviation_mm"});
  profile.path = {
      .acceleration = MmPerS2{path.number("acceleration_mm_s2", kAcceleration)},
      .jerk = MmPerS3{path.number("jerk_mm_s3", kJerk)},
      .junction_deviation = Mm{path.number("junction_deviation_mm", kJunctionDeviation)}};

  const Section compensation = root.section("compensation");
  compensation.allow_only({"overtravel_mm", "acceleration_ratio"});
  profile.overtravel = Mm{compensation.number("overtravel_mm", kOvertravel)};
  profile.compensated_acceleration_ratio =
      compensation.number("acceleration_ratio", kAccelerationRatio);

  const Section axes = root.section("axes");
  axes.allow_only({"x", "y", "z", "e"});
  for (const Axis axis : kAllAxes) {
    profile.axes[axis] = read_axis(axes.section(axis_name(axis)), axis);
  }
  check_tick_caps(axes, profile);

  profile.bed = read_bed(root.section("bed"), profile.axes);
  for (const Section& nozzle : root.sections("nozzles", kMaxNozzles)) {
    profile.nozzles.push_back(read_nozzle(nozzle));
  }
  const Section hotend = root.section("hotend");
  profile.hotend = read_heater(hotend, kHotendTemperature, HeaterKind::kHotend);
  if (hotend.has("min_extrusion_temperature_c")) {
    profile.min_extrusion_temperature = {
        hotend.number("min_extrusion_temperature_c", kExtrusionTemperature)};
  }
  if (root.has("heated_bed")) {
    profile.heated_bed =
        read_heater(root.section("heated_bed"), kBedTemperature, HeaterKind::kOther);
  }
  if (root.has("chamber")) {
    profile.chamber = read_heater(root.section("chamber"), kBedTemperature, HeaterKind::kOther);
  }
  return profile;
}

Result<std::string> read_file(const std::filesystem::path& file) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error) {
    return fail(error == std::errc::no_such_file_or_directory ? Errc::kNotFound : Errc::kIo,
                fmt::format("cannot read the printer profile: {}", error.message()), file.string(),
                "give the path of a .toml file, or the name of a known printer");
  }
  if (size > kMaxFileBytes) {
    return fail(
        Errc::kOutOfRange,
        fmt::format("{} bytes are more than the limit of {} for a profile", size, kMaxFileBytes),
        file.string(), "this is not a printer profile");
  }
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream.is_open() || stream.bad()) {
    return fail(Errc::kIo, "cannot read the printer profile", file.string(),
                "check the permissions of the file");
  }
  return text;
}

}  // namespace

Result<Profile> parse_profile(std::string_view toml_text, std::string_view file_name) {
  if (toml_text.size() > kMaxFileBytes) {
    return stepcast::fail(Errc::kOutOfRange,
                          fmt::format("{} bytes are more than the limit of {} for a profile",
                                      toml_text.size(), kMaxFileBytes),
                          std::string(file_name), "this is not a printer profile");
  }
  toml::table table;
  try {
    table = toml::parse(toml_text, file_name);
  } catch (const toml::parse_error& error) {
    const toml::source_position where = error.source().begin;
    return stepcast::fail(Errc::kMalformed, std::string(error.description()),
                          fmt::format("{}:{}:{}", file_name, where.line, where.column),
                          "the file must be valid TOML");
  }
  Findings findings(file_name);
  Profile profile =
      read_profile(Section(findings, &table, ""), std::filesystem::path(file_name).stem().string());
  if (findings.any()) {
    return tl::unexpected<Error>(*findings.first());
  }
  return profile;
}

namespace {

Result<std::filesystem::path> find_profile(std::string_view name_or_path,
                                           const std::vector<std::filesystem::path>& folders) {
  constexpr std::string_view kExtension = ".toml";
  if (name_or_path.ends_with(kExtension)) {
    return std::filesystem::path(name_or_path);
  }
  const std::vector<std::string> known = list_profiles(folders);
  if (std::find(known.begin(), known.end(), name_or_path) == known.end()) {
    const std::vector<std::string_view> candidates(known.begin(), known.end());
    const std::string_view meant = nearest_spelling(name_or_path, candidates);
    std::string remedy = known.empty() ? "there is no profile in the folders that were searched"
                                       : fmt::format("known: {}; or give the path of a .toml file",
                                                     fmt::join(known, ", "));
    if (!meant.empty()) {
      remedy = fmt::format("did you mean {}? {}", quote(meant), remedy);
    }
    return stepcast::fail(Errc::kNotFound,
                          fmt::format("there is no printer {}", quote(name_or_path)), {},
                          std::move(remedy));
  }
  std::error_code ignored;
  for (const std::filesystem::path& folder : folders) {
    const std::filesystem::path file = folder / fmt::format("{}{}", name_or_path, kExtension);
    if (std::filesystem::is_regular_file(file, ignored)) {
      return file;
    }
  }
  return stepcast::fail(Errc::kNotFound, "the profile vanished while it was being read",
                        std::string(name_or_path), "try again");
}

}  // namespace

Result<Profile> load_profile(std::string_view name_or_path,
                             const std::vector<std::filesystem::path>& folders) {
  return find_profile(name_or_path, folders).and_then([](const std::filesystem::path& file) {
    return read_file(file).and_then(
        [&](const std::string& text) { return parse_profile(text, file.string()); });
  });
}

Result<std::string> load_profile_text(std::string_view name_or_path,
                                      const std::vector<std::filesystem::path>& folders) {
  return find_profile(name_or_path, folders).and_then(read_file);
}

std::vector<std::string> list_profiles(const std::vector<std::filesystem::path>& folders) {
  std::vector<std::string> names;
  for (const std::filesystem::path& folder : folders) {
    std::error_code error;
    for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
         it.increment(error)) {
      std::error_code unreadable;
      if (it->path().extension() == ".toml" && it->is_regular_file(unreadable)) {
        names.push_back(it->path().stem().string());
      }
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace stepcast::machine
