#include "stepcast/printer/printer.hpp"

#include <array>

#include <fmt/format.h>

namespace stepcast::printer {
namespace {

tl::unexpected<Error> unsupported(const Printer& printer, std::string_view what) {
  return fail(Errc::kUnsupported, fmt::format("a {} printer cannot {}", printer.kind(), what), {},
              "its features say what it can do");
}

}  // namespace

std::string_view state_text(State state) {
  constexpr std::array<std::string_view, 10> kTexts{
      "Offline", "Operational", "Starting",   "Printing",  "Pausing",
      "Paused",  "Resuming",    "Cancelling", "Finishing", "Error"};
  return kTexts[static_cast<std::size_t>(state)];
}

Result<void> Printer::continue_print(const PrintRequest& /*request*/) {
  return unsupported(*this, "take up a print after a restart");
}

Result<void> Printer::recover(const PrintRequest& /*request*/, const Recovery& /*how*/) {
  return unsupported(*this, "go on with a print after a loss of power");
}

Result<void> Printer::set_target(const std::string& heater, Celsius /*target*/) {
  return unsupported(*this, fmt::format("heat '{}'", heater));
}

Result<void> Printer::jog(const Jog& /*jog*/) {
  return unsupported(*this, "jog");
}

Result<void> Printer::home(const std::vector<Axis>& /*axes*/) {
  return unsupported(*this, "home");
}

Result<void> Printer::extrude(Mm /*length*/, std::optional<MmPerS> /*speed*/) {
  return unsupported(*this, "extrude by hand");
}

Result<void> Printer::set_feed_rate(double /*factor*/) {
  return unsupported(*this, "change the feed rate");
}

Result<void> Printer::set_flow(double /*factor*/) {
  return unsupported(*this, "change the flow");
}

Result<void> Printer::set_fan(double /*share*/) {
  return unsupported(*this, "drive a fan");
}

Result<void> Printer::set_z_offset(Mm /*offset*/) {
  return unsupported(*this, "change the Z offset");
}

Result<void> Printer::cancel_object(std::string_view /*name*/) {
  return unsupported(*this, "leave out one object");
}

Result<void> Printer::send_gcode(const std::vector<std::string>& /*lines*/) {
  return unsupported(*this, "take single G-code lines");
}

}  // namespace stepcast::printer
