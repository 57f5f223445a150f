// What may be changed of a print while a StreamedPrinter makes it.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "streamed_printer_impl.hpp"

namespace stepcast::printer {
namespace {

// Of Printer: beyond these a slicer has to do it.
constexpr double kLeastSpeed = 0.5;
constexpr double kMostSpeed = 2.0;
constexpr double kLeastFlow = 0.75;
constexpr double kMostFlow = 1.25;
constexpr Mm kMostZOffset{2.0};

tl::unexpected<Error> out_of_range(std::string message, std::string remedy) {
  return fail(Errc::kOutOfRange, std::move(message), {}, std::move(remedy));
}

Result<void> check_factor(double factor, double least, double most, std::string_view what) {
  if (factor >= least && factor <= most) {
    return {};
  }
  return out_of_range(fmt::format("a {} of {:g} %", what, 100.0 * factor),
                      fmt::format("{:g} to {:g} %", 100.0 * least, 100.0 * most));
}

/// The offset keeps the job below the top of the travel. (Below its bottom the offset says where
/// the bed is.)
Result<void> check_top(const machine::Profile& profile, Mm top, Mm offset) {
  const Mm limit = profile.axes[Axis::kZ].travel_max;
  if (top + offset <= limit) {
    return {};
  }
  return out_of_range(
      fmt::format("a Z offset of {:g} mm takes this job to {:g} mm; Z travels to {:g} mm", offset.v,
                  (top + offset).v, limit.v),
      "a smaller offset");
}

}  // namespace

Result<void> StreamedPrinter::Impl::set_feed_rate(double factor) {
  return change([factor](planner::LiveSettings& settings) { settings.speed = factor; });
}

Result<void> StreamedPrinter::Impl::set_flow(double factor) {
  return change([factor](planner::LiveSettings& settings) { settings.flow = factor; });
}

Result<void> StreamedPrinter::Impl::set_z_offset(Mm offset) {
  return change([offset](planner::LiveSettings& settings) { settings.z_offset = offset; });
}

template <class Edit>
Result<void> StreamedPrinter::Impl::change(Edit edit) {
  const std::lock_guard lock(mutex_);
  planner::LiveSettings settings = desk_.asked();
  edit(settings);
  if (auto fits = check_change(settings); !fits) {
    return fits;
  }
  make_change(settings);
  return {};
}

Result<void> StreamedPrinter::Impl::check_change(const planner::LiveSettings& settings) const {
  if (auto fits = check_factor(settings.speed, kLeastSpeed, kMostSpeed, "feed rate"); !fits) {
    return fits;
  }
  if (auto fits = check_factor(settings.flow, kLeastFlow, kMostFlow, "flow"); !fits) {
    return fits;
  }
  if (!(std::abs(settings.z_offset.v) <= kMostZOffset.v)) {
    return out_of_range(fmt::format("a Z offset of {:g} mm", settings.z_offset.v),
                        fmt::format("-{0:g} to {0:g} mm", kMostZOffset.v));
  }
  if (const auto next = allow(Command::kChange); !next) {
    return tl::unexpected(next.error());
  }
  return check_top(options_.profile, job_top_, settings.z_offset);
}

void StreamedPrinter::Impl::make_change(const planner::LiveSettings& settings) {
  desk_.ask(settings);
  show_settings();
  announce();
}

Result<void> StreamedPrinter::Impl::cancel_object(std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (const auto next = allow(Command::kCancelObject); !next) {
    return tl::unexpected(next.error());
  }
  const auto object = std::find_if(status_.objects.begin(), status_.objects.end(),
                                   [&](const Object& o) { return o.name == name; });
  if (object == status_.objects.end()) {
    return fail(Errc::kNotFound, fmt::format("the job has no object '{}'", name), {},
                "its objects are those that the slicer labelled (M486, EXCLUDE_OBJECT)");
  }
  planner::LiveSettings settings = desk_.asked();
  if (!object->cancelled) {
    settings.cancelled.emplace_back(name);
    desk_.ask(settings);
    log(fmt::format("Object '{}' is cancelled.", name));
    show_settings();
    announce();
  }
  return {};
}

/// What a print that begins has for objects, and whether it fits what was asked for before.
Result<void> StreamedPrinter::Impl::show_job(const control::JobPlan& plan) {
  const std::lock_guard lock(mutex_);
  status_.objects.clear();
  for (const std::string& name : plan.objects) {
    status_.objects.push_back({.name = name, .cancelled = false});
  }
  job_top_ = plan.toolpath.top;
  show_settings();
  return check_top(options_.profile, job_top_, desk_.asked().z_offset);
}

void StreamedPrinter::Impl::show_settings() {
  const planner::LiveSettings settings = desk_.asked();
  status_.feed_rate_factor = settings.speed;
  status_.flow_factor = settings.flow;
  status_.z_offset = settings.z_offset;
  for (Object& object : status_.objects) {
    object.cancelled = std::find(settings.cancelled.begin(), settings.cancelled.end(),
                                 object.name) != settings.cancelled.end();
  }
}

/// The print is over.
void StreamedPrinter::Impl::forget_settings() {
  desk_.end();
  job_top_ = Mm(0);
  status_.change_delay.reset();
  show_settings();
}

Result<void> StreamedPrinter::set_feed_rate(double factor) {
  return impl_->set_feed_rate(factor);
}
Result<void> StreamedPrinter::set_flow(double factor) {
  return impl_->set_flow(factor);
}
Result<void> StreamedPrinter::set_z_offset(Mm offset) {
  return impl_->set_z_offset(offset);
}
Result<void> StreamedPrinter::cancel_object(std::string_view name) {
  return impl_->cancel_object(name);
}

}  // namespace stepcast::printer
