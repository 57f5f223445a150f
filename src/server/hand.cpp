#include "hand.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace stepcast::server {
namespace {

// Clients wait longer for an answer.
constexpr std::chrono::seconds kPlanAwaited{8};

std::string selected_path(const jobs::Runner& runner) {
  const std::optional<files::Entry> file = runner.view().file;
  return file ? file->path : std::string();
}

}  // namespace

Result<void> Hand::enter(std::string_view action, std::string_view detail,
                         Result<void> result) const {
  if (result) {
    const std::string& id = runner_.identity().id;
    site_.accounts.audit(who_, fmt::format("printer.{}", action),
                         detail.empty() ? id : fmt::format("{}: {}", id, detail));
  }
  return result;
}

Result<void> Hand::connect() const {
  return enter("connect", {}, runner_.connect());
}
Result<void> Hand::disconnect() const {
  return enter("disconnect", {}, runner_.disconnect());
}
Result<void> Hand::start() const {
  auto started = runner_.start(who_.user);
  return enter("start", selected_path(runner_), std::move(started));
}
Result<void> Hand::restart() const {
  auto started = runner_.restart(who_.user);
  return enter("restart", selected_path(runner_), std::move(started));
}
Result<void> Hand::recover(std::optional<Mm> nozzle_height) const {
  const auto point = runner_.status().recovery;
  auto started = runner_.recover(nozzle_height, who_.user, kPlanAwaited);
  return enter("recover", point ? point->job_id : std::string(), std::move(started));
}
Result<void> Hand::pause() const {
  return enter("pause", runner_.status().job_id, runner_.pause(who_.user));
}
Result<void> Hand::resume() const {
  return enter("resume", runner_.status().job_id, runner_.resume(who_.user));
}
Result<void> Hand::cancel() const {
  return enter("cancel", runner_.status().job_id, runner_.cancel(who_.user));
}
Result<void> Hand::command(const jobs::Command& command) const {
  return enter("command",
               fmt::format("{} {}", jobs::event_type(command), jobs::values_text(command)),
               runner_.command(command, who_.user));
}

}  // namespace stepcast::server
