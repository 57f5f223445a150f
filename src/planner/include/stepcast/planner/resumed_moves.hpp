#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/planner/move.hpp"

namespace stepcast::planner {

/// Where a job is begun that was broken off, and where the machine stands then.
struct Restart {
  std::int64_t from_move{};  ///< As LiveMoves counts what it gives out.
  PerAxis<Mm> start;         ///< Of the tool. E: restart_filament() of the next.
  Mm filament{};             ///< The most that was pushed out before that move.
  Mm top{};                  ///< The greatest height that was printed before it.

  friend bool operator==(const Restart&, const Restart&) = default;
};

/// Gives a job from one of its moves on, and before that the way there:
/// bed, chamber and nozzle as hot as the job has them there, and waited for, where the machine
/// stands; straight up over everything that was printed; kPrime of filament, and a retraction;
/// across to above the point; down; the filament as far retracted as the job has it there.
///
/// What comes before in the job is read and not moved, so that heights, feed rates, units, objects
/// and changes are those that the job has there.
///
/// Threads: one owner.
class ResumedMoves final : public MoveSource {
 public:
  /// Over what was printed.
  static constexpr Mm kClearance{5.0};
  /// Replaces what ran out of the nozzle.
  static constexpr Mm kPrime{5.0};
  /// While the tool travels to the point; more, if the job has it retracted further there.
  static constexpr Mm kRetraction{1.0};

  /// `source` and `profile` must outlive this.
  ResumedMoves(MoveSource& source, const machine::Profile& profile, const Restart& restart)
      : source_(source), profile_(profile), restart_(restart), at_(restart.start) {}

  /// @returns also kOutOfRange: the job has no such move, or has its nozzle too cold there.
  [[nodiscard]] Result<bool> next(ToolpathItem& item) override;

 private:
  struct Passed {
    std::map<Marker::Kind, Marker> last;  ///< Of temperatures, the fan and layers.
    std::vector<Marker> objects;          ///< Each once.
    std::optional<Marker> object;
  };
  [[nodiscard]] Result<void> begin();
  static void note(Passed& passed, const Marker& marker);
  [[nodiscard]] Result<void> approach(const Passed& passed, const Move& next);
  void go(const PerAxis<Mm>& to, MmPerS speed, const Move& like);

  MoveSource& source_;
  const machine::Profile& profile_;
  const Restart restart_;
  PerAxis<Mm> at_;
  bool begun_ = false;
  std::deque<ToolpathItem> pending_;
};

/// What Restart::start has for E.
[[nodiscard]] constexpr Mm restart_filament(Mm filament) {
  return filament - ResumedMoves::kPrime;
}

}  // namespace stepcast::planner
