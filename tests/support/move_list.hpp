#pragma once

#include <cmath>
#include <initializer_list>
#include <utility>
#include <vector>

#include "stepcast/planner/move.hpp"
#include "stepcast/planner/planners.hpp"

namespace stepcast::test {

/// A MoveSource that plays a list.
class MoveList final : public planner::MoveSource {
 public:
  explicit MoveList(std::vector<planner::ToolpathItem> items) : items_(std::move(items)) {}

  Result<bool> next(planner::ToolpathItem& item) override {
    if (next_ == items_.size()) {
      return false;
    }
    item = items_[next_++];
    return true;
  }

 private:
  std::vector<planner::ToolpathItem> items_;
  std::size_t next_ = 0;
};

/// Straight moves through points {x, y, z, e} at one speed.
class PathBuilder {
 public:
  explicit PathBuilder(PerAxis<Mm> start = {}) : at_(start) {}

  PathBuilder& to(double x, double y, double z, double e, double speed_mm_s) {
    planner::Move move;
    move.start = at_;
    move.end = {{Mm(x), Mm(y), Mm(z), Mm(e)}};
    double square = 0;
    for (Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
      square += std::pow((move.end[axis] - move.start[axis]).v, 2);
    }
    move.length = square > 0 ? Mm(std::sqrt(square))
                             : Mm(std::abs((move.end[Axis::kE] - move.start[Axis::kE]).v));
    move.speed = MmPerS(speed_mm_s);
    move.acceleration = MmPerS2(INFINITY);
    for (MmPerS& limit : move.max_speed.values) {
      limit = MmPerS(INFINITY);
    }
    at_ = move.end;
    items_.emplace_back(move);
    return *this;
  }
  PathBuilder& xy(double x, double y, double speed_mm_s = 75) {
    return to(x, y, at_[Axis::kZ].v, at_[Axis::kE].v, speed_mm_s);
  }
  PathBuilder& then(planner::ToolpathItem item) {
    items_.push_back(std::move(item));
    return *this;
  }
  [[nodiscard]] const PerAxis<Mm>& at() const { return at_; }
  [[nodiscard]] MoveList source() const { return MoveList(items_); }

 private:
  PerAxis<Mm> at_;
  std::vector<planner::ToolpathItem> items_;
};

/// All planned moves of a planner, without markers and dwells.
inline std::vector<planner::PlannedMove> planned_moves(planner::Planner& planner) {
  std::vector<planner::PlannedMove> moves;
  planner::PlannedItem item;
  while (planner.next(item).value()) {
    if (const auto* move = std::get_if<planner::PlannedMove>(&item)) {
      moves.push_back(*move);
    }
  }
  return moves;
}

}  // namespace stepcast::test
