#include <string>

#include "stepcast/octoprint/commands.hpp"

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

Result<void> carry_out(const Call& call, stepcast::octoprint::JobCommand command) {
  using stepcast::octoprint::JobCommand;
  const State state = call.runner.status().state;
  const Hand hand = call.hand();
  switch (command) {
    case JobCommand::kStart:
      return hand.start();
    case JobCommand::kCancel:
      return hand.cancel();
    case JobCommand::kRestart:
      return hand.restart();
    case JobCommand::kPause:
      // Asked twice is no error: the print is paused.
      return state == State::kPaused ? Result<void>{} : hand.pause();
    case JobCommand::kResume:
      return state == State::kPrinting ? Result<void>{} : hand.resume();
    case JobCommand::kToggle:
      return state == State::kPaused ? hand.resume() : hand.pause();
  }
  return fail(Errc::kUnsupported, "this command is not known");
}

http::Response command_job(Call& call) {
  const auto command = stepcast::octoprint::parse_job_command(call.request.body);
  return command ? done(carry_out(call, *command)) : error_response(command.error());
}

}  // namespace

void add_job_routes(Mount& mount) {
  mount.get("/api/job", "STATUS", job_of);
  mount.post("/api/job", "PRINT", command_job);
}

}  // namespace stepcast::server::octoprint
