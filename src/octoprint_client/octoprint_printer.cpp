#include "stepcast/octoprint_client/octoprint_printer.hpp"

#include <utility>

#include "octoprint_printer_impl.hpp"

namespace stepcast::octoprint_client {

using printer::Feature;

Result<std::unique_ptr<OctoPrintPrinter>> OctoPrintPrinter::make(Options options) {
  auto address = parse_address(options.url);
  if (!address) {
    return tl::unexpected(address.error());
  }
  return std::unique_ptr<OctoPrintPrinter>(
      new OctoPrintPrinter(std::make_unique<Impl>(std::move(options), std::move(*address))));
}

OctoPrintPrinter::OctoPrintPrinter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OctoPrintPrinter::~OctoPrintPrinter() = default;

bool OctoPrintPrinter::can(Feature feature) const {
  switch (feature) {
    case Feature::kPause:
    case Feature::kHeaters:
    case Feature::kJog:
    case Feature::kHome:
    case Feature::kExtrude:
    case Feature::kFeedRate:
    case Feature::kFlow:
    case Feature::kFan:
    case Feature::kGcode:
    case Feature::kZOffset:
    case Feature::kContinue:
      return true;
    case Feature::kPosition:
      return impl_->options().use_push;  // only its messages tell
    case Feature::kCamera:
      return impl_->options().has_camera;
    case Feature::kCancelObject:
    case Feature::kRecover:
      break;
  }
  return false;
}

printer::Status OctoPrintPrinter::status() const {
  return impl_->status();
}
void OctoPrintPrinter::observe(printer::Observer observer) {
  impl_->observe(std::move(observer));
}
Result<void> OctoPrintPrinter::connect() {
  return impl_->connect();
}
Result<void> OctoPrintPrinter::disconnect() {
  return impl_->disconnect();
}
Result<void> OctoPrintPrinter::start(const printer::PrintRequest& request) {
  return impl_->start(request);
}
Result<void> OctoPrintPrinter::pause() {
  return impl_->pause();
}
Result<void> OctoPrintPrinter::resume() {
  return impl_->resume();
}
Result<void> OctoPrintPrinter::cancel() {
  return impl_->cancel();
}
Result<void> OctoPrintPrinter::continue_print(const printer::PrintRequest& request) {
  return impl_->continue_print(request);
}
Result<void> OctoPrintPrinter::set_target(const std::string& heater, Celsius target) {
  return impl_->set_target(heater, target);
}
Result<void> OctoPrintPrinter::jog(const Jog& jog) {
  return impl_->jog(jog);
}
Result<void> OctoPrintPrinter::home(const std::vector<Axis>& axes) {
  return impl_->home(axes);
}
Result<void> OctoPrintPrinter::extrude(Mm length, std::optional<MmPerS> speed) {
  return impl_->extrude(length, speed);
}
Result<void> OctoPrintPrinter::set_feed_rate(double factor) {
  return impl_->set_feed_rate(factor);
}
Result<void> OctoPrintPrinter::set_flow(double factor) {
  return impl_->set_flow(factor);
}
Result<void> OctoPrintPrinter::set_fan(double share) {
  return impl_->set_fan(share);
}
Result<void> OctoPrintPrinter::set_z_offset(Mm offset) {
  return impl_->set_z_offset(offset);
}
Result<void> OctoPrintPrinter::send_gcode(const std::vector<std::string>& lines) {
  return impl_->send_gcode(lines);
}

}  // namespace stepcast::octoprint_client
