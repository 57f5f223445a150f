#include "stepcast/planner/toolpath.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
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

}  // namespace

class Toolpath::Interpreter {
 public:
  Interpreter(gcode::Reader reader, const machine::Profile& profile, const ToolpathOptions& options)
      : reader_(std::move(reader)),
        profile_(profile),
        checks_(profile, options.over_speed),
        heat_(profile, options.nozzle_at_start),
        mode_(options.mode_at_start),
        position_(start_position(profile, options)),
        planned_(position_) {
    summary_.end = position_;
    summary_.mode_at_end = mode_;
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
    summary_.mode_at_end = mode_;
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
    const auto mode = located(set_mode(mode_, command_, position_, profile_));
    if (!mode) {
      return tl::unexpected(mode.error());
    }
    if (*mode) {
      return {};
    }
    switch (command_.letter) {
      case 'G':
        return command_.subcode == 0 ? g_command() : other();
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
      case 28:
        return home();
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
      mode_.feed = MmPerS(*f * mode_.unit_mm / kSecondsPerMinute);
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
      const Mm value(*word * (axis == Axis::kE ? mode_.e_unit() : mode_.unit_mm));
      if (axis == Axis::kE) {
        const Mm advance = mode_.relative_e ? value : value - mode_.logical_e;
        to[axis] = position_[axis] + advance * mode_.flow;
      } else {
        to[axis] = mode_.relative ? position_[axis] + value : value + mode_.offset[axis];
      }
    }
    return to;
  }

  void advance_logical_e() {
    if (const auto word = command_.value('E')) {
      const Mm value(*word * mode_.e_unit());
      mode_.logical_e = mode_.relative_e ? mode_.logical_e + value : value;
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
    const auto [first, second] = mode_.plane;
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
      return command_.value("IJK"[index(axis)]).value_or(0.0) * mode_.unit_mm;
    };
    auto made = command_.value('R') ? arc_from_radius(request, *command_.value('R') * mode_.unit_mm)
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
    const auto word = [&](char l) { return command_.value(l).value_or(0.0) * mode_.unit_mm; };
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
        mode_.offset[axis] = Mm(0);
      }
    }
    // Lift is kept until the plane is reached, so that the nozzle is never dragged over the part.
    PerAxis<Mm> over = to;
    over[Axis::kZ] = std::max(position_[Axis::kZ], to[Axis::kZ]);
    const MmPerS feed = std::exchange(mode_.feed, ModalState::kFeedBeforeFirstF);
    Result<void> gone = go(over, Arc{});
    if (gone) {
      gone = go(to, Arc{});
    }
    mode_.feed = feed;
    return gone;
  }

  Result<void> retract() {
    if (std::exchange(mode_.retraction.active, true)) {
      return {};
    }
    return firmware_move(-mode_.retraction.length, mode_.retraction.lift, mode_.retraction.speed);
  }

  Result<void> recover() {
    if (!std::exchange(mode_.retraction.active, false)) {
      return {};
    }
    return firmware_move(mode_.retraction.length + mode_.retraction.extra, -mode_.retraction.lift,
                         mode_.retraction.recover_speed);
  }

  Result<void> firmware_move(Mm extrude, Mm lift, MmPerS speed) {
    const MmPerS feed = std::exchange(mode_.feed, speed);
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
    mode_.feed = feed;
    return done;
  }

  // --- M ---------------------------------------------------------------------------------------

  Result<void> m_command() {
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

  Result<void> heat() {
    auto marker = located(heat_.read(command_));
    if (!marker) {
      return tl::unexpected(marker.error());
    }
    pending_.emplace_back(std::move(*marker));
    return {};
  }

  Result<void> babystep() {
    const double by =
        command_.value('Z').value_or(command_.value('S').value_or(0.0)) * mode_.unit_mm;
    if (by == 0.0) {
      return {};
    }
    // The frame moves with the nozzle: what the job calls Z = 0.2 is 0.2 + by from now on.
    mode_.offset[Axis::kZ] += Mm(by);
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
    move.speed = mode_.feed * mode_.feed_factor;
    move.acceleration = move.extrudes() ? mode_.acceleration : mode_.travel_acceleration;
    move.max_speed = mode_.max_speed;
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
  ModalState mode_;
  PerAxis<Mm> position_;  // machine frame: where the job is
  PerAxis<Mm> planned_;   // where the last move given out ends
  gcode::Command command_;
  std::deque<ToolpathItem> pending_;
  Completeness completeness_;

  PlanePoint spline_tangent_;
  ObjectNames objects_;
  std::string marked_object_;  // of the moves given out last
  std::int64_t annotated_layers_ = 0;
  std::int64_t height_layers_ = 0;
  Mm top_{-kInfinity};
};

PerAxis<Mm> start_position(const machine::Profile& profile, const ToolpathOptions& options) {
  PerAxis<Mm> start;
  for (const Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
    start[axis] =
        options.position_at_start ? (*options.position_at_start)[axis] : profile.axes[axis].home;
  }
  return start;
}

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
