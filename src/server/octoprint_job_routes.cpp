#include <string>

#include "stepcast/octoprint/commands.hpp"
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

Result<void> carry_out(jobs::Runner& runner, stepcast::octoprint::JobCommand command,
                       const std::string& user) {
  using stepcast::octoprint::JobCommand;
  const State state = runner.status().state;
  switch (command) {
    case JobCommand::kStart:
      return runner.start(user);
    case JobCommand::kCancel:
      return runner.cancel(user);
    case JobCommand::kRestart:
      return runner.restart(user);
    case JobCommand::kPause:
      // Asked twice is no error: the print is paused.
      return state == State::kPaused ? Result<void>{} : runner.pause(user);
    case JobCommand::kResume:
      return state == State::kPrinting ? Result<void>{} : runner.resume(user);
    case JobCommand::kToggle:
      return state == State::kPaused ? runner.resume(user) : runner.pause(user);
  }
  return fail(Errc::kUnsupported, "this command is not known");
}

http::Response command_job(Call& call) {
  const auto command = stepcast::octoprint::parse_job_command(call.request.body);
  return command ? done(carry_out(call.runner, *command, principal(call.request).user))
                 : error_response(command.error());
}

}  // namespace

void add_job_routes(Mount& mount) {
  mount.get("/api/job", "STATUS", job_of);
  mount.post("/api/job", "PRINT", command_job);
}

}  // namespace stepcast::server::octoprint
