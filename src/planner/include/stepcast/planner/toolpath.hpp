#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "stepcast/base/result.hpp"
#include "stepcast/gcode/reader.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/planner/modal_state.hpp"
#include "stepcast/planner/move.hpp"

namespace stepcast::planner {

/// What to do with a move whose feed rate drives X or Y faster than the machine can go.
enum class OverSpeed : std::uint8_t {
  kRefuse,    ///< An error that names the line and the limit.
  kSlowDown,  ///< Plan it at the limit and count it.
};

struct ToolpathOptions {
  OverSpeed over_speed = OverSpeed::kRefuse;
  /// How hot the nozzle is when the job starts. Then a job is refused that moves filament while the
  /// nozzle is not certain to have the profile's min_extrusion_temperature: it must have waited for
  /// it, or have started with it. Absent: not checked, e.g. for a machine without heaters.
  std::optional<Celsius> nozzle_at_start{};
  /// Where the tool is, in machine coordinates (E is passed over); absent: at home.
  std::optional<PerAxis<Mm>> position_at_start{};
  /// Modes that are set already, e.g. by lines that came one by one.
  ModalState mode_at_start{};
};

/// Where a job that is read so begins; E counts from there.
[[nodiscard]] PerAxis<Mm> start_position(const machine::Profile& profile,
                                         const ToolpathOptions& options);

/// What the job contained, complete at its end.
struct ToolpathSummary {
  std::int64_t moves{};
  std::int64_t arcs{};
  std::int64_t layers{};
  Mm filament;  ///< Pushed through the nozzle: retractions do not count.
  std::int64_t
      slowed_moves{};  ///< Asked more than the machine's Z or E (or, if allowed, X, Y) can.
  std::int64_t first_slowed_line{};
  PerAxis<Mm> end;         ///< Where the job leaves the tool.
  ModalState mode_at_end;  ///< And the modes.
  Mm top{};                ///< The greatest height that a move ends at.
  /// Of all moves that extrude; nothing without any.
  std::optional<Box> printed;
  /// The same above kPrimeHeight, where a nozzle no longer primes beside the bed.
  std::optional<Box> printed_above_priming;

  static constexpr Mm kPrimeHeight{1.0};
};

/// Runs a job as a controller would and gives its moves in machine coordinates.
///
/// The tool starts at start_position(). Every target is checked against the travel
/// limits; a file that its own slicer comments show to be cut short is refused.
///
/// Threads: one owner. Memory: constant.
class Toolpath final : public MoveSource {
 public:
  /// `profile` must outlive the toolpath.
  Toolpath(gcode::Reader reader, const machine::Profile& profile, const ToolpathOptions& options);
  ~Toolpath() override;

  /// @returns any error of the reader; kOutOfRange (travel, speed, temperature, cold
  /// extrusion, tool number, arc geometry) or
  /// kUnsupported (an expression, M112) with file:line; kMalformed for a truncated file.
  [[nodiscard]] Result<bool> next(ToolpathItem& item) override;

  [[nodiscard]] const ToolpathSummary& summary() const;
  [[nodiscard]] const gcode::UnknownCommands& unknown_commands() const;

 private:
  class Interpreter;
  std::unique_ptr<Interpreter> interpreter_;
};

}  // namespace stepcast::planner
