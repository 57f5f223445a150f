#include <string>

#include <fmt/format.h>

#include "stepcast/server/authentication.hpp"

#include "octoprint_json.hpp"
#include "octoprint_routes.hpp"

namespace stepcast::server::octoprint {
namespace {

using printer::State;

http::Response job_of(Call& call) {
  const auto view = call.runner.view();
  Json object{{"job", job_json(view)},
              {"progress", progress_json(view)},
              {"state", std::string(state_text(view.status.state))}};
  if (!view.status.error.empty()) {
    object["error"] = view.status.error;
  }
  return json_response(object);
}

Result<void> pause_or_resume(jobs::Runner& runner, const std::string& action,
                             const std::string& user) {
  const State state = runner.status().state;
  if (action == "pause") {
    // Asked twice is no error: the print is paused.
    return state == State::kPaused ? Result<void>{} : runner.pause(user);
  }
  if (action == "resume") {
    return state == State::kPrinting ? Result<void>{} : runner.resume(user);
  }
  if (action == "toggle") {
    return state == State::kPaused ? runner.resume(user) : runner.pause(user);
  }
  return fail(Errc::kInvalidArgument, fmt::format("unknown action '{}'", action), {},
              "pause, resume or toggle");
}

http::Response command_job(Call& call) {
  const std::string command = call.body.value("command", "");
  const std::string& user = principal(call.request).user;
  if (command == "start") {
    return done(call.runner.start(user));
  }
  if (command == "cancel") {
    return done(call.runner.cancel(user));
  }
  if (command == "restart") {
    return done(call.runner.restart(user));
  }
  if (command == "pause") {
    return done(pause_or_resume(call.runner, call.body.value("action", "toggle"), user));
  }
  return error_response({Errc::kInvalidArgument,
                         fmt::format("unknown command '{}'", command),
                         {},
                         "start, cancel, restart or pause"});
}

}  // namespace

void add_job_routes(Mount& mount) {
  mount.get("/api/job", "STATUS", job_of);
  mount.post("/api/job", "PRINT", command_job);
}

}  // namespace stepcast::server::octoprint
