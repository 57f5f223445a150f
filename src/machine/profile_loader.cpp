#include "stepcast/machine/profile_loader.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include "response_check.hpp"
#include "spelling.hpp"

namespace stepcast::machine {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A profile is a few kilobytes; more is the wrong file, and would only cost memory.
constexpr std::uintmax_t kMaxFileBytes = std::uintmax_t{256} * 1024;
constexpr std::size_t kMaxNozzles = 16;

/// Closed range of a number. The bounds are no machine's limits: they catch unit mix-ups (mm/min
/// for mm/s, m for mm) and keep later arithmetic far from overflow.
struct Range {
  double min;
  double max;
  bool infinity_allowed = false;
};
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
constexpr Range kTickRate{1'000, 1e6};
constexpr Range kNozzleDiameter{0.05, 5};
constexpr Range kFilamentDiameter{0.5, 10};
// Thermistors and hot ends of consumer printers end here; a larger number is Fahrenheit or a typo.
constexpr Range kHotendTemperature{-50, 500};
constexpr Range kBedTemperature{-50, 150};
constexpr Range kAnyNumber{-std::numeric_limits<double>::max(), std::numeric_limits<double>::max()};

// Positions are planned at 1 kHz; every sample must fall on a tick.
constexpr double kSamplesPerSecond = 1'000;

std::string quote(std::string_view word) {
  return fmt::format("\"{}\"", word);
}

/// Where the first problem of one file is kept. Later ones are often only its consequences.
class Findings {
 public:
  explicit Findings(std::string_view file) : file_(file) {}

  void report(Errc code, const toml::source_region& where, std::string_view key,
              std::string message, std::string remedy) {
    if (!first_) {
      first_ = Error{code, std::move(message),
                     fmt::format("{}:{}: {}", file_, where.begin.line, key), std::move(remedy)};
    }
  }

  [[nodiscard]] const std::optional<Error>& first() const { return first_; }
  [[nodiscard]] bool any() const { return first_.has_value(); }

 private:
  std::string file_;
  std::optional<Error> first_;
};

/// One table of the file. Reads report to the findings and then return a harmless value, so that
/// the code below reads like the file; after the first problem nothing more is looked at.
class Section {
 public:
  Section(Findings& findings, const toml::table* table, std::string path)
      : findings_(&findings), table_(table), path_(std::move(path)) {}

  [[nodiscard]] std::string full_key(std::string_view key) const {
    return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
  }
  [[nodiscard]] bool has(std::string_view key) const {
    return table_ != nullptr && table_->contains(key);
  }

  /// Reports the topmost key that is not in `known`.
  void allow_only(std::initializer_list<std::string_view> known) const {
    if (findings_->any()) {
      return;
    }
    const toml::node* first = nullptr;
    std::string_view first_key;
    for (const auto& [key, node] : *table_) {
      const bool is_known = std::find(known.begin(), known.end(), key.str()) != known.end();
      // The table is sorted by name; a person reads the file from the top.
      if (!is_known &&
          (first == nullptr || node.source().begin.line < first->source().begin.line)) {
        first = &node;
        first_key = key.str();
      }
    }
    if (first != nullptr) {
      const std::string_view meant = nearest_spelling(first_key, {known.begin(), known.size()});
      findings_->report(Errc::kInvalidArgument, first->source(), full_key(first_key),
                        fmt::format("unknown key {}", quote(first_key)),
                        meant.empty() ? fmt::format("known here: {}", fmt::join(known, ", "))
                                      : fmt::format("did you mean {}?", quote(meant)));
    }
  }

  void fail(Errc code, std::string_view key, std::string message, std::string remedy) const {
    const toml::node* node = table_ == nullptr ? nullptr : table_->get(key);
    if (node != nullptr) {
      findings_->report(code, node->source(), full_key(key), std::move(message), std::move(remedy));
    } else if (table_ != nullptr) {
      findings_->report(code, table_->source(), full_key(key), std::move(message),
                        std::move(remedy));
    }
  }

  [[nodiscard]] double number(std::string_view key, const Range& range) const {
    const toml::node* node = find(key, "a number");
    return node == nullptr ? range.min : checked(*node, key, range);
  }

  [[nodiscard]] std::string text(std::string_view key) const {
    const toml::node* node = find(key, "a text in quotes");
    if (node == nullptr) {
      return {};
    }
    const auto value = node->value_exact<std::string>();
    if (!value || value->empty()) {
      wrong_type(key, *node, "a text in quotes");
      return {};
    }
    return *value;
  }

  [[nodiscard]] std::vector<double> numbers(std::string_view key, std::size_t max_count) const {
    const toml::node* node = find(key, "a list of numbers");
    if (node == nullptr) {
      return {};
    }
    const toml::array* list = node->as_array();
    if (list == nullptr) {
      wrong_type(key, *node, "a list of numbers");
      return {};
    }
    if (list->size() > max_count) {
      fail(Errc::kOutOfRange, key,
           fmt::format("{} numbers are more than the limit of {}", list->size(), max_count),
           "shorten the list");
      return {};
    }
    std::vector<double> values;
    values.reserve(list->size());
    for (const toml::node& element : *list) {
      values.push_back(checked(element, key, kAnyNumber));
    }
    return values;
  }

  [[nodiscard]] Section section(std::string_view key) const {
    const toml::node* node = find(key, fmt::format("a table, [{}]", full_key(key)));
    if (node == nullptr) {
      return {*findings_, nullptr, full_key(key)};
    }
    if (!node->is_table()) {
      wrong_type(key, *node, fmt::format("a table, [{}]", full_key(key)));
    }
    return {*findings_, node->as_table(), full_key(key)};
  }

  [[nodiscard]] std::vector<Section> sections(std::string_view key, std::size_t max_count) const {
    const std::string expected = fmt::format("a list of tables, [[{}]]", full_key(key));
    const toml::node* node = find(key, expected);
    std::vector<Section> result;
    if (node == nullptr) {
      return result;
    }
    const toml::array* list = node->as_array();
    if (list == nullptr || list->empty() || !list->is_homogeneous(toml::node_type::table)) {
      wrong_type(key, *node, expected);
      return result;
    }
    if (list->size() > max_count) {
      fail(Errc::kOutOfRange, key,
           fmt::format("{} tables are more than the limit of {}", list->size(), max_count),
           "remove some");
      return result;
    }
    for (const toml::node& element : *list) {
      result.emplace_back(*findings_, element.as_table(),
                          fmt::format("{}[{}]", full_key(key), result.size()));
    }
    return result;
  }

 private:
  /// The node, or null after a report that it is missing.
  [[nodiscard]] const toml::node* find(std::string_view key, std::string_view expected) const {
    if (findings_->any() || table_ == nullptr) {
      return nullptr;
    }
    const toml::node* node = table_->get(key);
    if (node == nullptr) {
      fail(Errc::kInvalidArgument, key, fmt::format("the key {} is missing", quote(key)),
           fmt::format("add it: {}; printers/README.md describes every key", expected));
    }
    return node;
  }

  void wrong_type(std::string_view key, const toml::node& node, std::string_view expected) const {
    std::ostringstream kind;
    kind << node.type();
    findings_->report(Errc::kInvalidArgument, node.source(), full_key(key),
                      fmt::format("{} is of the type {}, or empty; {} is needed", quote(key),
                                  kind.str(), expected),
                      "printers/README.md describes every key");
  }

  /// The number in `node`, which stands under `key`, inside `range`.
  [[nodiscard]] double checked(const toml::node& node, std::string_view key,
                               const Range& range) const {
    if (findings_->any()) {
      return range.min;
    }
    if (!node.is_number()) {
      wrong_type(key, node, "a number");
      return range.min;
    }
    const double value = node.value_or(0.0);
    if (value == kInfinity && range.infinity_allowed) {
      return value;
    }
    if (!std::isfinite(value)) {
      findings_->report(Errc::kOutOfRange, node.source(), full_key(key),
                        fmt::format("{} is {}, which means nothing here", key, value),
                        "give a finite number; `inf` is only for the acceleration and jerk of z "
                        "and e");
    } else if (value < range.min || value > range.max) {
      findings_->report(
          Errc::kOutOfRange, node.source(), full_key(key),
          fmt::format("{} is {}; it must lie between {} and {}{}", key, value, range.min, range.max,
                      range.infinity_allowed ? ", or be inf" : ""),
          "check the unit, which is the end of the key's name");
    } else {
      return value;
    }
    return range.min;
  }

  Findings* findings_;
  const toml::table* table_;
  std::string path_;
};

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

Heater read_heater(const Section& section, const Range& range) {
  section.allow_only({"min_temperature_c", "max_temperature_c"});
  const Heater heater{.min_temperature = {section.number("min_temperature_c", range)},
                      .max_temperature = {section.number("max_temperature_c", range)}};
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
                   "nozzles", "hotend", "heated_bed"});
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
  profile.hotend = read_heater(root.section("hotend"), kHotendTemperature);
  if (root.has("heated_bed")) {
    profile.heated_bed = read_heater(root.section("heated_bed"), kBedTemperature);
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

Result<Profile> load_profile(std::string_view name_or_path,
                             const std::vector<std::filesystem::path>& folders) {
  constexpr std::string_view kExtension = ".toml";
  const auto load = [](const std::filesystem::path& file) {
    return read_file(file).and_then(
        [&](const std::string& text) { return parse_profile(text, file.string()); });
  };
  if (name_or_path.ends_with(kExtension)) {
    return load(name_or_path);
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
      return load(file);
    }
  }
  return stepcast::fail(Errc::kNotFound, "the profile vanished while it was being read",
                        std::string(name_or_path), "try again");
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
