#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "stepcast/wire/control_line.hpp"

// A line that is accepted is within every limit of the specification.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stepcast::wire;
  ControlLine line;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (parse_control_line(text, line) != LineStatus::kOk) {
    return 0;
  }
  const auto limit = static_cast<std::int32_t>(kMaxJogCounts);
  const bool jog_fits =
      line.verb != ControlVerb::kJog || (line.motor < kMotorCount && line.counts != 0 &&
                                         line.counts <= limit && line.counts >= -limit);
  const bool acts = line.verb == ControlVerb::kHeat || line.verb == ControlVerb::kAt;
  const bool action_fits =
      !acts || (line.action.heater < kHeaterCount && line.action.target >= 0 &&
                line.action.target <= kMaxTarget && line.tick <= kLastActionTick &&
                (line.action.wait == HeatWait::kNone || line.verb == ControlVerb::kAt));
  if (size > kMaxControlLine || !jog_fits || !action_fits || line.speed > kMaxSpeed ||
      line.tick_hz > kMaxTickHz) {
    std::abort();
  }
  return 0;
}
