#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/planner/move.hpp"

namespace stepcast::planner {

/// A run of moves that has to be slower than the job asks.
struct SlowZone {
  std::int64_t first{};  ///< Number of the first move (Move::number).
  std::int64_t last{};   ///< Number of the last move.
  double share{};        ///< Of the asked speed; 0 to 1.
};

/// Puts `added` on top of `zones`: shares of different lists multiply, overlapping zones of one
/// list count once, with the smaller share. The result is sorted and free of overlap. Cost: O(n log
/// n).
[[nodiscard]] std::vector<SlowZone> combine(std::span<const SlowZone> zones,
                                            std::span<const SlowZone> added);

/// Slows down the zones of a job on its way to the planner.
///
/// Threads: one owner. Cost: O(1) a move.
class ZoneSource final : public MoveSource {
 public:
  /// `source` must outlive this. `zones`: sorted and free of overlap, as combine() gives them.
  ZoneSource(MoveSource& source, std::vector<SlowZone> zones);

  [[nodiscard]] Result<bool> next(ToolpathItem& item) override;

 private:
  MoveSource& source_;
  std::vector<SlowZone> zones_;
  std::size_t next_zone_ = 0;
};

}  // namespace stepcast::planner
