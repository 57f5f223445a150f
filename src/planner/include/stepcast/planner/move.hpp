#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"

namespace stepcast::planner {

/// A circular arc in the plane of two axes; the other axes advance linearly (a helix).
struct Arc {
  Axis first = Axis::kX;   ///< Axis of the cosine.
  Axis second = Axis::kY;  ///< Axis of the sine.
  Mm center_first, center_second;
  Mm radius;             ///< At the start.
  Mm radius_change;      ///< From start to end: jobs round their coordinates, so the two differ a
                         ///< little.
  double start_angle{};  ///< Radians.
  double sweep{};        ///< Radians, positive from `first` to `second`; 0: the move is straight.
};

/// Where an arc crosses a direction of its axes: its furthest points but for its ends.
class ArcExtremes {
 public:
  explicit ArcExtremes(const Arc& arc);
  [[nodiscard]] std::span<const std::pair<Axis, Mm>> points() const {
    return std::span(points_).first(count_);
  }

 private:
  static constexpr std::size_t kMost = 8;  // two coordinates of each quarter
  std::array<std::pair<Axis, Mm>, kMost> points_{};
  std::size_t count_ = 0;
};

/// A box of machine coordinates and of filament, ends included.
struct Box {
  PerAxis<Mm> low;
  PerAxis<Mm> high;
};

/// One stretch of tool motion: a straight line or an arc, in the tool frame of the machine.
///
/// E counts the filament pushed since the start of the job; it advances in proportion to the path.
struct Move {
  PerAxis<Mm> start;
  PerAxis<Mm> end;
  Arc arc;
  /// Along X, Y, Z; for a move of E alone the filament length.
  Mm length;
  MmPerS speed;               ///< Asked by the job, along `length`.
  MmPerS2 acceleration;       ///< Limit of the job (M204); infinite when it says nothing.
  PerAxis<MmPerS> max_speed;  ///< Limits of the job (M203); infinite when it says nothing.
  std::int64_t line{};        ///< Of the job.
  std::int64_t number{};      ///< Counts the moves of the job from 0.

  [[nodiscard]] bool is_arc() const { return arc.sweep != 0.0; }
  [[nodiscard]] bool moves(Axis axis) const { return start[axis] != end[axis] || sweeps(axis); }
  [[nodiscard]] bool in_plane() const { return moves(Axis::kX) || moves(Axis::kY); }
  [[nodiscard]] bool extrudes() const { return in_plane() && end[Axis::kE] > start[Axis::kE]; }

  /// Direction of the tool per mm of path at the start or the end; E is filament per mm of path.
  [[nodiscard]] PerAxis<double> start_direction() const { return direction_at(0.0); }
  [[nodiscard]] PerAxis<double> end_direction() const { return direction_at(1.0); }
  /// Largest share of the path speed that an axis takes anywhere on the move.
  [[nodiscard]] PerAxis<double> peak_direction() const;
  /// Where the tool is after `distance` of path.
  [[nodiscard]] PerAxis<Mm> at(Mm distance) const;
  /// The smallest box that holds the whole move.
  [[nodiscard]] Box extent() const;

 private:
  [[nodiscard]] bool sweeps(Axis axis) const {
    return is_arc() && (axis == arc.first || axis == arc.second);
  }
  [[nodiscard]] PerAxis<double> direction_at(double fraction) const;
};

/// The tool stands still for a while (G4).
struct Dwell {
  Seconds duration;
  std::int64_t line{};
};

/// Something that happens between two moves and takes no time in the plan.
struct Marker {
  enum class Kind : std::uint8_t {
    kLayer,     ///< `value`: index from 0.
    kHotend,    ///< `value`: target in Celsius; `waits` for it.
    kBed,       ///< `value`: target in Celsius; `waits` for it.
    kChamber,   ///< `value`: target in Celsius; `waits` for it.
    kFan,       ///< `value`: 0 to 1.
    kProgress,  ///< `value`: percent stated by the slicer (M73).
    kMessage,   ///< `text` (M117).
    kPause,     ///< The job asks for a person (M0, M1, M600); `waits`.
    kObject,    ///< `text`: name of the object of the moves that follow; empty: of none.
    kOther,     ///< A command that the planner hands on: `text` names it.
  };
  Kind kind{};
  double value{};
  bool waits{};  ///< The tool must stand still here.
  std::string text{};
  std::int64_t line{};
  bool cools{};  ///< kHotend, kBed, kChamber: waits from above too (R).
};

using ToolpathItem = std::variant<Move, Dwell, Marker>;

/// Where a planner takes its moves from.
class MoveSource {
 public:
  virtual ~MoveSource() = default;
  /// @returns false at the end; an error is final.
  [[nodiscard]] virtual Result<bool> next(ToolpathItem& item) = 0;
};

}  // namespace stepcast::planner
