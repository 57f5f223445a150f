#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/printer/printer.hpp"

namespace stepcast::jobs {

// What somebody wants of a printer, beside its prints; each as printer::Printer has it.
struct SetTarget {
  std::string heater;
  Celsius target{};
};
using Jog = printer::Printer::Jog;
struct Home {
  std::vector<Axis> axes;  ///< Empty: all.
};
struct Extrude {
  Mm length{};
  std::optional<MmPerS> speed;
};
struct SetFeedRate {
  double factor = 1;
};
struct SetFlow {
  double factor = 1;
};
struct SetFan {
  double share = 0;
};
struct SetZOffset {
  Mm offset{};
};
struct CancelObject {
  std::string name;
};
struct SendGcode {
  std::vector<std::string> lines;
};
using Command = std::variant<SetTarget, Jog, Home, Extrude, SetFeedRate, SetFlow, SetFan,
                             SetZOffset, CancelObject, SendGcode>;

/// The type of the event that tells of it (docs/events.md): "FeedRateSet".
[[nodiscard]] std::string_view event_type(const Command& command);
/// Its values as a JSON object, without who asked: `{"factor":1.2}`.
[[nodiscard]] std::string values_text(const Command& command);

}  // namespace stepcast::jobs
