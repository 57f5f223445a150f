#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "stepcast/server/site.hpp"

namespace stepcast::server {
namespace {

std::string payload_of(const jobs::Event& event) {
  nlohmann::json payload{{"state", std::string(state_text(event.status.state))}};
  if (event.file) {
    payload["path"] = event.file->path;
    payload["size"] = event.file->size;
  }
  if (!event.status.error.empty()) {
    payload["error"] = event.status.error;
  }
  if (!event.reason.empty()) {
    payload["reason"] = event.reason;
  }
  if (event.duration_s > 0) {
    payload["duration_s"] = event.duration_s;
  }
  return payload.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void Site::keep_events() {
  for (const auto& runner : printers) {
    runner->listen([&log = events, id = runner->identity().id](const jobs::Event& event) {
      log.append(event.type, id, event.status.job_id, payload_of(event));
    });
  }
  library.on_change([&log = events] { log.append("FilesChanged"); });
}

}  // namespace stepcast::server
