#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "stepcast/octoprint/commands.hpp"

namespace octoprint = stepcast::octoprint;

namespace {

void must(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void check_printhead(std::string_view body) {
  const auto command = octoprint::parse_printhead_command(body);
  if (!command) {
    return;
  }
  if (const auto* jog = std::get_if<octoprint::JogCommand>(&*command)) {
    bool any = false;
    for (const auto axis : {stepcast::Axis::kX, stepcast::Axis::kY, stepcast::Axis::kZ}) {
      const auto& distance = jog->axes[axis];
      any = any || distance.has_value();
      must(!distance || std::isfinite(distance->v));
    }
    must(any);
  }
  if (const auto* rate = std::get_if<octoprint::FeedRateCommand>(&*command)) {
    must(std::isfinite(rate->factor));
  }
}

}  // namespace

// Whatever a body says, a command that is read has values that can be asked of a printer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  check_printhead(body);
  if (const auto tool = octoprint::parse_tool_command(body)) {
    if (const auto* targets = std::get_if<octoprint::TargetsCommand>(&*tool)) {
      for (const auto& [name, target] : targets->targets) {
        must(std::isfinite(target.v));
      }
    }
  }
  if (const auto heater = octoprint::parse_heater_command(body)) {
    must(heater->target || heater->offset);
  }
  if (const auto lines = octoprint::parse_gcode_command(body)) {
    must(!lines->empty());
  }
  static_cast<void>(octoprint::parse_job_command(body));
  static_cast<void>(octoprint::parse_connection_command(body));
  static_cast<void>(octoprint::parse_file_command(body));
  return 0;
}
