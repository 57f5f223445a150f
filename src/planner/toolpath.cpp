#include "stepcast/planner/toolpath.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <numbers>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "stepcast/gcode/annotation.hpp"

#include "arc.hpp"
#include "completeness.hpp"
#include "heat_commands.hpp"
#include "move_checks.hpp"
#include "object_names.hpp"

namespace stepcast::planner {
namespace {

constexpr double kMmPerInch = 25.4;
// Feed before the first F: the controllers' own default differs, slicers always state one.
constexpr MmPerS kFeedBeforeFirstF{50.0};
// Chords of a G5 spline stay this close to it: a quarter of a motor step of common machines.
constexpr double kSplineToleranceMm = 0.0025;
// Shorter moves are rounding noise of the job and are carried over into the next move.
constexpr Mm kShortestMove{1e-6};

void widen(std::optional<Box>& all, const Box& one) {
  if (!all) {
    all = one;
    return;
  }
  for (Axis axis : kAllAxes) {
    all->low[axis] = std::min(all->low[axis], one.low[axis]);
    all->high[axis] = std::max(all->high[axis], one.high[axis]);
  }
}

struct FirmwareRetraction {
  Mm length{1.0};
  Mm lift{0.0};
  Mm extra{0.0};
  MmPerS speed{25.0};
  MmPerS recover_speed{25.0};
  bool active = false;
};

}  // namespace

class Toolpath::Interpreter {
 public:
  Interpreter(gcode::Reader reader, const machine::Profile& profile, const ToolpathOptions& options)
      : reader_(std::move(reader)),
        profile_(profile),
        checks_(profile, options.over_speed),
        heat_(profile, options.nozzle_at_start) {
    for (Axis axis : kAllAxes) {
      position_[axis] = axis == Axis::kE ? Mm(0) : profile_.axes[axis].home;
      job_max_speed_[axis] = MmPerS(kInfinity);
    }
    job_acceleration_ = MmPerS2(kInfinity);
    job_travel_acceleration_ = MmPerS2(kInfinity);
    planned_ = position_;
    summary_.end = position_;
  }

  Result<bool> next(ToolpathItem& item) {
    while (pending_.empty()) {
      auto more = reader_.next(command_);
      if (!more) {
        return tl::unexpected(more.error());
      }
      if (!*more) {
        return finish();
      }
      if (auto done = interpret(); !done) {
        return tl::unexpected(done.error());
      }
    }
    item = std::move(pending_.front());
    pending_.pop_front();
    return true;
  }

  ToolpathSummary summary_;
  gcode::Reader reader_;

 private:
  Result<bool> finish() {
    if (auto missing = completeness_.missing()) {
      return fail(Errc::kMalformed, "the file is truncated: " + *missing, reader_.name(),
                  "slice or upload it again");
    }
    summary_.layers = annotated_layers_ > 0 ? annotated_layers_ : height_layers_;
    summary_.end = planned_;
    return false;
  }

  [[nodiscard]] std::string here() const {
    return fmt::format("{}:{}", reader_.name(), command_.line);
  }
  [[nodiscard]] tl::unexpected<Error> out_of_range(std::string message,
                                                   std::string remedy = {}) const {
    return fail(Errc::kOutOfRange, std::move(message), here(), std::move(remedy));
  }

  void mark(Marker::Kind kind, double value, bool waits = false, std::string text = {}) {
    pending_.emplace_back(Marker{kind, value, waits, std::move(text), command_.line});
  }

  Result<void> interpret() {
    if (!command_.comment.empty()) {
      see_comment();
    }
    for (const gcode::Word& word : command_.words()) {
      if (word.is_expression) {
        return fail(Errc::kUnsupported,
                    fmt::format("word {} is an expression, which no controller but its own can "
                                "evaluate",
                                word.letter),
                    here(), "slice the job for Marlin");
      }
    }
    switch (command_.letter) {
      case 'G':
        return command_.subcode == 0 || command_.number == 92 ? g_command() : other();
      case 'M':
        return m_command();
      case 'T':
        return tool_change();
      default:
        if (!command_.name.empty()) {
          extended();
        }
        return {};
    }
  }

  void see_comment() {
    completeness_.see(command_.comment);
    const auto annotation = gcode::classify(command_.comment);
    if (annotation && annotation->kind == gcode::AnnotationKind::kLayerChange) {
      mark(Marker::Kind::kLayer, static_cast<double>(annotated_layers_));
      ++annotated_layers_;
    }
  }

  void extended() {
    if (command_.name == "EXCLUDE_OBJECT_START") {
      objects_.start(command_.text);
    } else if (command_.name == "EXCLUDE_OBJECT_END") {
      objects_.end();
    } else {
      mark(Marker::Kind::kOther, 0, false, std::string(command_.name));
    }
  }

  Result<void> other() {
    mark(Marker::Kind::kOther, 0, false, fmt::format("{}{}", command_.letter, command_.number));
    return {};
  }

  Result<void> tool_change() {
    if (command_.number < 0 ||
        static_cast<std::size_t>(command_.number) >= profile_.nozzles.size()) {
      return out_of_range(fmt::format("T{} asks for a nozzle that {} does not have (it has {})",
                                      command_.number, profile_.name, profile_.nozzles.size()));
    }
    return {};
  }

  // --- G ---------------------------------------------------------------------------------------

  Result<void> g_command() {
    switch (command_.number) {
      case 0:
      case 1:
        return straight();
      case 2:
      case 3:
        return arc();
      case 4:
        return dwell();
      case 5:
        return spline();
      case 10:
        // With words it is RepRap's "set tool temperature or offset", not a retraction.
        return command_.word_count == 0 ? retract() : other();
      case 11:
        return recover();
      case 17:
        plane_ = {Axis::kX, Axis::kY};
        return {};
      case 18:
        plane_ = {Axis::kZ, Axis::kX};
        return {};
      case 19:
        plane_ = {Axis::kY, Axis::kZ};
        return {};
      case 20:
        unit_mm_ = kMmPerInch;
        return {};
      case 21:
        unit_mm_ = 1.0;
        return {};
      case 28:
        return home();
      case 90:
        relative_ = false;
        relative_e_ = false;
        return {};
      case 91:
        relative_ = true;
        relative_e_ = true;
        return {};
      case 92:
        set_position();
        return {};
      default:
        return other();
    }
  }

  [[nodiscard]] static constexpr char letter(Axis axis) { return "XYZE"[index(axis)]; }

  Result<void> read_feed() {
    if (const auto f = command_.value('F')) {
      if (*f <= 0) {
        return out_of_range(fmt::format("feed rate F{} is not positive", *f));
      }
      feed_ = MmPerS(*f * unit_mm_ / kSecondsPerMinute);
    }
    return {};
  }

  // Where the words of a motion command lead.
  [[nodiscard]] PerAxis<Mm> target() const {
    PerAxis<Mm> to = position_;
    for (Axis axis : kAllAxes) {
      const auto word = command_.value(letter(axis));
      if (!word) {
        continue;
      }
      const Mm value(*word * (axis == Axis::kE ? e_unit() : unit_mm_));
      if (axis == Axis::kE) {
        const Mm advance = relative_e_ ? value : value - logical_e_;
        to[axis] = position_[axis] + advance * flow_;
      } else {
        to[axis] = relative_ ? position_[axis] + value : value + offset_[axis];
      }
    }
    return to;
  }

  // mm of filament for one unit of E.
  [[nodiscard]] double e_unit() const {
    return filament_area_mm2_ > 0 ? unit_mm_ * unit_mm_ * unit_mm_ / filament_area_mm2_ : unit_mm_;
  }

  void advance_logical_e() {
    if (const auto word = command_.value('E')) {
      const Mm value(*word * e_unit());
      logical_e_ = relative_e_ ? logical_e_ + value : value;
    }
  }

  Result<void> straight() {
    if (auto fed = read_feed(); !fed) {
      return fed;
    }
    const PerAxis<Mm> to = target();
    if (auto checked = check_target(to); !checked) {
      return checked;
    }
    advance_logical_e();
    return go(to, Arc{});
  }

  Result<void> arc() {
    if (auto fed = read_feed(); !fed) {
      return fed;
    }
    const PerAxis<Mm> to = target();
    if (auto checked = check_target(to); !checked) {
      return checked;
    }
    const auto [first, second] = plane_;
    ArcRequest request;
    request.start = {position_[first].v, position_[second].v};
    request.end = {to[first].v, to[second].v};
    request.clockwise = command_.number == 2;
    if (const auto turns = command_.value('P')) {
      constexpr double kMostTurns = 1000;  // bounds a damaged number, not a wish
      if (*turns < 0 || *turns > kMostTurns || *turns != std::floor(*turns)) {
        return out_of_range(
            fmt::format("P{}: turns must be a whole number from 0 to {}", *turns, kMostTurns));
      }
      request.extra_turns = static_cast<int>(*turns);
    }
    const auto offset = [&](Axis axis) {
      return command_.value("IJK"[index(axis)]).value_or(0.0) * unit_mm_;
    };
    auto made = command_.value('R') ? arc_from_radius(request, *command_.value('R') * unit_mm_)
                                    : arc_from_center(request, {offset(first), offset(second)});
    if (!made) {
      Error error = made.error();
      error.location = here();
      return tl::unexpected(std::move(error));
    }
    made->first = first;
    made->second = second;
    if (auto checked = located(checks_.arc(*made)); !checked) {
      return checked;
    }
    advance_logical_e();
    ++summary_.arcs;
    return go(to, *made);
  }

  Result<void> spline() {
    if (auto fed = read_feed(); !fed) {
      return fed;
    }
    const PerAxis<Mm> to = target();
    if (auto checked = check_target(to); !checked) {
      return checked;
    }
    const auto word = [&](char l) { return command_.value(l).value_or(0.0) * unit_mm_; };
    if (!command_.find('P') || !command_.find('Q')) {
      return fail(Errc::kMalformed, "G5 needs the words P and Q", here());
    }
    const PlanePoint p0{position_[Axis::kX].v, position_[Axis::kY].v};
    const PlanePoint p3{to[Axis::kX].v, to[Axis::kY].v};
    // Without I and J the curve continues the previous one smoothly.
    const bool continues = !command_.find('I') && !command_.find('J');
    const PlanePoint first = continues ? spline_tangent_ : PlanePoint{word('I'), word('J')};
    const PlanePoint second{word('P'), word('Q')};
    const auto points =
        flatten_bezier({p0,
                        {p0.first_mm + first.first_mm, p0.second_mm + first.second_mm},
                        {p3.first_mm + second.first_mm, p3.second_mm + second.second_mm},
                        p3},
                       kSplineToleranceMm);
    spline_tangent_ = {-second.first_mm, -second.second_mm};
    advance_logical_e();
    const PerAxis<Mm> from = position_;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double share = static_cast<double>(i + 1) / static_cast<double>(points.size());
      PerAxis<Mm> corner = to;
      if (i + 1 < points.size()) {
        corner[Axis::kX] = Mm(points[i].first_mm);
        corner[Axis::kY] = Mm(points[i].second_mm);
        for (Axis axis : {Axis::kZ, Axis::kE}) {
          corner[axis] = from[axis] + share * (to[axis] - from[axis]);
        }
        if (auto checked = check_target(corner); !checked) {
          return checked;
        }
      }
      if (auto gone = go(corner, Arc{}); !gone) {
        return gone;
      }
    }
    return {};
  }

  Result<void> dwell() {
    const double seconds = command_.value('S').value_or(command_.value('P').value_or(0.0) / 1000.0);
    if (seconds < 0 || seconds > kLongestLineSeconds) {
      return out_of_range(
          fmt::format("a dwell of {} s is outside 0 to {} s", seconds, kLongestLineSeconds));
    }
    pending_.emplace_back(Dwell{Seconds(seconds), command_.line});
    return {};
  }

  Result<void> home() {
    PerAxis<Mm> to = position_;
    const bool all = !command_.find('X') && !command_.find('Y') && !command_.find('Z');
    for (Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
      if (all || command_.find(letter(axis))) {
        to[axis] = profile_.axes[axis].home;
        offset_[axis] = Mm(0);
      }
    }
    // Lift is kept until the plane is reached, so that the nozzle is never dragged over the part.
    PerAxis<Mm> over = to;
    over[Axis::kZ] = std::max(position_[Axis::kZ], to[Axis::kZ]);
    const MmPerS feed = std::exchange(feed_, kFeedBeforeFirstF);
    Result<void> gone = go(over, Arc{});
    if (gone) {
      gone = go(to, Arc{});
    }
    feed_ = feed;
    return gone;
  }

  void set_position() {
    if (command_.subcode == 1) {
      for (Mm& offset : offset_.values) {
        offset = Mm(0);
      }
      return;
    }
    const bool all = command_.word_count == 0;
    for (Axis axis : kAllAxes) {
      const auto word = command_.value(letter(axis));
      if (!word && !all) {
        continue;
      }
      const double value = word.value_or(0.0);
      if (axis == Axis::kE) {
        logical_e_ = Mm(value * e_unit());
      } else {
        offset_[axis] = position_[axis] - Mm(value * unit_mm_);
      }
    }
  }

  Result<void> retract() {
    if (std::exchange(retraction_.active, true)) {
      return {};
    }
    return firmware_move(-retraction_.length, retraction_.lift, retraction_.speed);
  }

  Result<void> recover() {
    if (!std::exchange(retraction_.active, false)) {
      return {};
    }
    return firmware_move(retraction_.length + retraction_.extra, -retraction_.lift,
                         retraction_.recover_speed);
  }

  Result<void> firmware_move(Mm extrude, Mm lift, MmPerS speed) {
    const MmPerS feed = std::exchange(feed_, speed);
    Result<void> done;
    const auto step = [&](Axis axis, Mm by) {
      if (!done || by == Mm(0)) {
        return;
      }
      PerAxis<Mm> to = position_;
      to[axis] += by;
      done = check_target(to);
      if (done) {
        done = go(to, Arc{});
      }
    };
    // Down before priming, up after retracting.
    if (lift < Mm(0)) {
      step(Axis::kZ, lift);
    }
    step(Axis::kE, extrude);
    if (lift > Mm(0)) {
      step(Axis::kZ, lift);
    }
    feed_ = feed;
    return done;
  }

  // --- M ---------------------------------------------------------------------------------------

  Result<void> m_command() {
    const auto s = command_.value('S');
    switch (command_.number) {
      case 0:
      case 1:
      case 600:
        mark(Marker::Kind::kPause, 0, true, fmt::format("M{}", command_.number));
        return {};
      case 73:
        if (const auto p = command_.value('P')) {
          mark(Marker::Kind::kProgress, *p);
        }
        return {};
      case 82:
        relative_e_ = false;
        return {};
      case 83:
        relative_e_ = true;
        return {};
      case 104:
      case 106:
      case 107:
      case 109:
      case 140:
      case 141:
      case 190:
      case 191:
        return heat();
      case 112:
        return fail(Errc::kUnsupported, "M112 (emergency stop) has no place in a job", here(),
                    "remove the line");
      case 117:
        mark(Marker::Kind::kMessage, 0, false, std::string(command_.text));
        return {};
      case 200:
        return volumetric();
      case 203:
        for (Axis axis : kAllAxes) {
          if (const auto v = command_.value(letter(axis)); v && *v > 0) {
            job_max_speed_[axis] = MmPerS(*v * unit_mm_);
          }
        }
        return {};
      case 204:
        return acceleration();
      case 206:
        // Home offsets shift the logical frame, like a G92 that survives.
        for (Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
          if (const auto v = command_.value(letter(axis))) {
            offset_[axis] = Mm(*v * unit_mm_);
          }
        }
        return {};
      case 207:
        retraction_.length = Mm(s.value_or(retraction_.length.v / unit_mm_) * unit_mm_);
        retraction_.lift =
            Mm(command_.value('Z').value_or(retraction_.lift.v / unit_mm_) * unit_mm_);
        retraction_.speed = per_minute('F', retraction_.speed);
        return {};
      case 208:
        retraction_.extra = Mm(s.value_or(retraction_.extra.v / unit_mm_) * unit_mm_);
        retraction_.recover_speed = per_minute('F', retraction_.recover_speed);
        return {};
      case 220:
        return factor(feed_factor_, "feed");
      case 221:
        return factor(flow_, "flow");
      case 290:
        return babystep();
      case 400:
        mark(Marker::Kind::kOther, 0, true, "M400");
        return {};
      case 486:
        objects_.m486(command_);
        return {};
      default:
        return other();
    }
  }

  [[nodiscard]] MmPerS per_minute(char word, MmPerS otherwise) const {
    const auto f = command_.value(word);
    return f && *f > 0 ? MmPerS(*f * unit_mm_ / kSecondsPerMinute) : otherwise;
  }

  Result<void> heat() {
    auto marker = located(heat_.read(command_));
    if (!marker) {
      return tl::unexpected(marker.error());
    }
    pending_.emplace_back(std::move(*marker));
    return {};
  }

  Result<void> volumetric() {
    const double diameter = command_.value('D').value_or(
        profile_.nozzles.empty() ? 0.0 : profile_.nozzles.front().filament_diameter.v);
    const bool off = command_.value('S') == 0.0 || command_.value('D') == 0.0;
    constexpr double kThickestMm = 10.0;
    if (!off && (diameter <= 0 || diameter > kThickestMm)) {
      return out_of_range(
          fmt::format("filament diameter {} mm is outside 0 to {} mm", diameter, kThickestMm));
    }
    const double before = e_unit();
    filament_area_mm2_ = off ? 0.0 : std::numbers::pi * diameter * diameter / 4.0;
    logical_e_ = logical_e_ * (e_unit() / before);  // the same number, in the new unit
    return {};
  }

  Result<void> acceleration() {
    for (char word : {'S', 'P', 'T', 'R'}) {
      if (const auto a = command_.value(word); a && *a <= 0) {
        return out_of_range(fmt::format("acceleration {}{} is not positive", word, *a));
      }
    }
    if (const auto a = command_.value('S')) {
      job_acceleration_ = job_travel_acceleration_ = MmPerS2(*a * unit_mm_);
    }
    if (const auto a = command_.value('P')) {
      job_acceleration_ = MmPerS2(*a * unit_mm_);
    }
    if (const auto a = command_.value('T')) {
      job_travel_acceleration_ = MmPerS2(*a * unit_mm_);
    }
    return {};
  }

  Result<void> factor(double& value, const char* name) {
    const auto percent = command_.value('S');
    constexpr double kMostPercent = 1000.0;
    if (!percent) {
      return {};
    }
    if (*percent <= 0 || *percent > kMostPercent) {
      return out_of_range(
          fmt::format("{} factor {} % is outside 0 to {} %", name, *percent, kMostPercent));
    }
    value = *percent / 100.0;
    return {};
  }

  Result<void> babystep() {
    const double by = command_.value('Z').value_or(command_.value('S').value_or(0.0)) * unit_mm_;
    if (by == 0.0) {
      return {};
    }
    // The frame moves with the nozzle: what the job calls Z = 0.2 is 0.2 + by from now on.
    offset_[Axis::kZ] += Mm(by);
    PerAxis<Mm> to = position_;
    to[Axis::kZ] += Mm(by);
    if (auto checked = check_target(to); !checked) {
      return checked;
    }
    return go(to, Arc{});
  }

  // --- moves -----------------------------------------------------------------------------------

  // A check knows what is wrong; the line it is in is known here.
  template <class T>
  [[nodiscard]] Result<T> located(Result<T> checked) const {
    if (!checked) {
      checked.error().location = here();
    }
    return checked;
  }
  [[nodiscard]] Result<void> check_target(const PerAxis<Mm>& to) const {
    return located(checks_.target(position_, to));
  }

  // Appends the move to `to`, which was checked. What is too short to be a move of its own becomes
  // part of the next one.
  Result<void> go(const PerAxis<Mm>& to, const Arc& arc) {
    if (to[Axis::kE] != planned_[Axis::kE]) {
      if (auto checked = located(heat_.check_extrusion()); !checked) {
        return checked;
      }
    }
    position_ = to;
    Move move;
    move.start = planned_;
    move.end = to;
    move.arc = arc;
    move.line = command_.line;
    double square = 0.0;
    for (Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
      const bool curved = arc.sweep != 0.0 && (axis == arc.first || axis == arc.second);
      const double d = curved ? 0.0 : (to[axis] - planned_[axis]).v;
      square += d * d;
    }
    const double curve = (arc.radius.v + 0.5 * arc.radius_change.v) * arc.sweep;
    move.length = Mm(std::sqrt(square + curve * curve));
    if (move.length <= kShortestMove) {
      move.length = Mm(std::abs((to[Axis::kE] - planned_[Axis::kE]).v));
      if (move.length <= kShortestMove) {
        return {};
      }
    }
    move.speed = feed_ * feed_factor_;
    move.acceleration = move.extrudes() ? job_acceleration_ : job_travel_acceleration_;
    move.max_speed = job_max_speed_;
    const auto slowed = located(checks_.speed(move));
    if (!slowed) {
      return tl::unexpected(slowed.error());
    }
    if (*slowed && summary_.slowed_moves++ == 0) {
      summary_.first_slowed_line = move.line;
    }
    planned_ = to;
    if (objects_.current() != marked_object_) {
      marked_object_ = objects_.current();
      mark(Marker::Kind::kObject, 0, false, marked_object_);
    }
    count(move);
    pending_.emplace_back(move);
    return {};
  }

  void count(Move& move) {
    move.number = summary_.moves++;
    summary_.filament = std::max(summary_.filament, move.end[Axis::kE]);
    summary_.top = std::max(summary_.top, move.end[Axis::kZ]);
    if (move.extrudes()) {
      const Box extent = move.extent();
      widen(summary_.printed, extent);
      if (extent.high[Axis::kZ] > ToolpathSummary::kPrimeHeight) {
        widen(summary_.printed_above_priming, extent);
      }
    }
    // Without slicer comments a layer is a height at which something is extruded level.
    if (move.extrudes() && !move.moves(Axis::kZ) && move.end[Axis::kZ] > top_) {
      top_ = move.end[Axis::kZ];
      ++height_layers_;
      if (annotated_layers_ == 0) {
        mark(Marker::Kind::kLayer, static_cast<double>(height_layers_ - 1));
      }
    }
  }

  const machine::Profile& profile_;
  MoveChecks checks_;
  HeatCommands heat_;
  gcode::Command command_;
  std::deque<ToolpathItem> pending_;
  Completeness completeness_;

  PerAxis<Mm> position_;  // machine frame: where the job is
  PerAxis<Mm> planned_;   // where the last move given out ends
  PerAxis<Mm> offset_;    // machine = logical + offset (X, Y, Z)
  Mm logical_e_;          // in mm of filament
  bool relative_ = false;
  bool relative_e_ = false;
  double unit_mm_ = 1.0;
  double filament_area_mm2_ = 0.0;  // 0: E is a length
  double flow_ = 1.0;
  double feed_factor_ = 1.0;
  MmPerS feed_ = kFeedBeforeFirstF;
  std::pair<Axis, Axis> plane_{Axis::kX, Axis::kY};
  PlanePoint spline_tangent_;
  FirmwareRetraction retraction_;
  ObjectNames objects_;
  std::string marked_object_;  // of the moves given out last
  PerAxis<MmPerS> job_max_speed_;
  MmPerS2 job_acceleration_;
  MmPerS2 job_travel_acceleration_;
  std::int64_t annotated_layers_ = 0;
  std::int64_t height_layers_ = 0;
  Mm top_{-kInfinity};
};

Toolpath::Toolpath(gcode::Reader reader, const machine::Profile& profile,
                   const ToolpathOptions& options)
    : interpreter_(std::make_unique<Interpreter>(std::move(reader), profile, options)) {}

Toolpath::~Toolpath() = default;

Result<bool> Toolpath::next(ToolpathItem& item) {
  return interpreter_->next(item);
}

const ToolpathSummary& Toolpath::summary() const {
  return interpreter_->summary_;
}

const gcode::UnknownCommands& Toolpath::unknown_commands() const {
  return interpreter_->reader_.unknown();
}

}  // namespace stepcast::planner
