#include "stepcast/printer/streamed_printer.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "streamed_printer_impl.hpp"
#include "tool_moves.hpp"

namespace stepcast::printer {
namespace {

tl::unexpected<Error> busy(std::string message) {
  return fail(Errc::kBusy, std::move(message), {}, "wait until it has ended");
}

}  // namespace

StreamedPrinter::Impl::Impl(Options options) : options_(std::move(options)) {
  load_state();
  worker_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

StreamedPrinter::Impl::~Impl() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    if (options_.state_folder.empty()) {
      print_stop_.request_stop();
    } else {
      leave_.request_stop();  // the print goes on with the next server
    }
  }
  worker_.request_stop();
  wake_.notify_all();
  worker_.join();
}

Status StreamedPrinter::Impl::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void StreamedPrinter::Impl::observe(Observer observer) {
  const std::lock_guard lock(mutex_);
  notifier_ = std::make_unique<Notifier>(std::move(observer));
}

Result<State> StreamedPrinter::Impl::allow(Command command) const {
  if (connecting_) {
    return busy("the device is being asked whether it is there");
  }
  // Where the machine is, the books say only when it has come to rest.
  if (hand_.waiting > 0 && command == Command::kDisconnect) {
    return busy("a move by hand is under way");
  }
  return state_after(status_.state, command);
}

void StreamedPrinter::Impl::enter(State state) {
  if (status_.state == state) {
    return;
  }
  status_.state = state;
  ++status_.version;
  announce();
}

void StreamedPrinter::Impl::announce() {
  if (notifier_) {
    notifier_->status(status_);
  }
}

void StreamedPrinter::Impl::log(std::string line) {
  if (notifier_) {
    notifier_->log(std::move(line));
  }
}

void StreamedPrinter::Impl::take_counters(const PerAxis<Steps>& counters) {
  const bool zero = counters == PerAxis<Steps>{};
  from_power_on_ = from_power_on_ || zero;
  if (!books_.match(counters)) {
    from_power_on_ = zero;
    // Since its power came back Z was moved, and it has lost it again; or it has not lost it.
    if (!zero || (books_.known() && books_.from_home()[Axis::kZ] != 0)) {
      doubt_z();
    }
    log(books_.known() ? "The device's step counters have changed: it was moved or switched off. "
                         "Where it stands now is taken as its home position."
                       : "Where the machine stands now is taken as its home position.");
    books_.open(counters);
    keep_books();
  }
  show_position(counters);
}

void StreamedPrinter::Impl::show_position(const PerAxis<Steps>& counters) {
  const PerAxis<Mm> position = tool_position(options_.profile, books_.from_home(counters));
  for (const Axis axis : kToolAxes) {
    status_.position[axis] = position[axis];
  }
}

Result<void> StreamedPrinter::Impl::connect() {
  {
    const std::lock_guard lock(mutex_);
    const auto next = allow(Command::kConnect);
    if (!next) {
      return tl::unexpected(next.error());
    }
    if (status_.state == State::kOperational) {
      return {};
    }
    connecting_ = true;
  }
  auto info = probe();
  if (info && options_.speed != 1 && !info->virtual_motors) {
    info = fail(Errc::kUnsupported, "the device has real motors, which run in real time only",
                options_.device.to_string(), "leave the speed at 1");
  }
  const std::lock_guard lock(mutex_);
  connecting_ = false;
  if (!info) {
    status_.error = info.error().to_string();
    log(fmt::format("No connection: {}", status_.error));
    announce();
    return tl::unexpected(info.error());
  }
  status_.error.clear();
  stopped_ = false;
  status_.virtual_motors = info->virtual_motors;
  log(fmt::format("Connected to {} ({} motors).", options_.device.to_string(),
                  info->virtual_motors ? "virtual" : "real"));
  see(*info);
  if (std::exchange(reset_at_connect_, false) && !info->standing &&
      !info->temperatures.fault.empty()) {
    tasks_.emplace_back(Lines{{"heat reset"}});
    wake_.notify_all();
  }
  enter(State::kOperational);
  return {};
}

Result<void> StreamedPrinter::Impl::disconnect() {
  const std::lock_guard lock(mutex_);
  const auto next = allow(Command::kDisconnect);
  if (!next) {
    return tl::unexpected(next.error());
  }
  status_.error.clear();
  status_.link.reset();
  stopped_ = false;
  reset_at_connect_ = true;
  if (heat_desk_.on()) {
    tasks_.emplace_back(Lines{{"heat off"}});
    wake_.notify_all();
  }
  enter(*next);
  return {};
}

Result<void> StreamedPrinter::Impl::start(const PrintRequest& request) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(request.file, error)) {
    return fail(Errc::kNotFound, "there is no such file", request.file.string());
  }
  {
    const std::lock_guard lock(mutex_);
    const auto next = allow(Command::kStart);
    if (!next) {
      return tl::unexpected(next.error());
    }
    if (const auto& report = heat_desk_.report(); !report.fault.empty()) {
      return fail(Errc::kFault, stream::trouble_text(report), options_.device.to_string(),
                  "look at the machine; then disconnect and connect, which resets it");
    }
    begin_job(request);
    tasks_.emplace_back(request);
    enter(*next);
  }
  wake_.notify_all();
  return {};
}

void StreamedPrinter::Impl::begin_job(const PrintRequest& request) {
  status_.job_id = request.job_id;
  status_.progress = {};
  status_.link.reset();
  status_.objects.clear();
  job_top_ = Mm(0);
  print_stop_ = {};
  hand_.mode = {};  // the job has had its own
  hold_.release();
}

Result<void> StreamedPrinter::Impl::pause() {
  const std::lock_guard lock(mutex_);
  const auto next = allow(Command::kPause);
  if (!next) {
    return tl::unexpected(next.error());
  }
  enter(*next);
  hold_.hold();
  return {};
}

Result<void> StreamedPrinter::Impl::resume() {
  const std::lock_guard lock(mutex_);
  const auto next = allow(Command::kResume);
  if (!next) {
    return tl::unexpected(next.error());
  }
  enter(*next);
  go_on();
  return {};
}

Result<void> StreamedPrinter::Impl::cancel() {
  const std::lock_guard lock(mutex_);
  const auto next = allow(Command::kCancel);
  if (!next) {
    return tl::unexpected(next.error());
  }
  enter(*next);
  print_stop_.request_stop();
  return {};
}

StreamedPrinter::StreamedPrinter(Options options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

StreamedPrinter::~StreamedPrinter() = default;

bool StreamedPrinter::can(Feature feature) const {
  switch (feature) {
    case Feature::kPause:
    case Feature::kJog:
    case Feature::kHome:
    case Feature::kExtrude:
    case Feature::kGcode:
    case Feature::kPosition:
    case Feature::kFeedRate:
    case Feature::kFlow:
    case Feature::kZOffset:
    case Feature::kCancelObject:
      return true;
    case Feature::kHeaters:
      return impl_->has_heaters();
    case Feature::kFan:
      return impl_->has_fan();
    case Feature::kCamera:
      return false;
    case Feature::kContinue:
    case Feature::kRecover:
      return impl_->keeps_state();
  }
  return false;
}

Status StreamedPrinter::status() const {
  return impl_->status();
}
void StreamedPrinter::observe(Observer observer) {
  impl_->observe(std::move(observer));
}
Result<void> StreamedPrinter::connect() {
  return impl_->connect();
}
Result<void> StreamedPrinter::disconnect() {
  return impl_->disconnect();
}
Result<void> StreamedPrinter::start(const PrintRequest& request) {
  return impl_->start(request);
}
Result<void> StreamedPrinter::pause() {
  return impl_->pause();
}
Result<void> StreamedPrinter::resume() {
  return impl_->resume();
}
Result<void> StreamedPrinter::cancel() {
  return impl_->cancel();
}
Result<void> StreamedPrinter::jog(const Jog& jog) {
  return impl_->jog(jog);
}
Result<void> StreamedPrinter::home(const std::vector<Axis>& axes) {
  return impl_->home(axes);
}
Result<void> StreamedPrinter::extrude(Mm length, std::optional<MmPerS> speed) {
  return impl_->extrude(length, speed);
}
Result<void> StreamedPrinter::send_gcode(const std::vector<std::string>& lines) {
  return impl_->send_gcode(lines);
}
Result<void> StreamedPrinter::set_target(const std::string& heater, Celsius target) {
  return impl_->set_target(heater, target);
}
Result<void> StreamedPrinter::set_fan(double share) {
  return impl_->set_fan(share);
}

}  // namespace stepcast::printer
