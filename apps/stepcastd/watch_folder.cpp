#include "watch_folder.hpp"

#include <string>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

namespace stepcast::daemon {

Result<std::unique_ptr<files::WatchedFolder>> watch_folder(const Config& config,
                                                           files::Library& library,
                                                           events::Log& events) {
  if (config.watched_folder.empty()) {
    return nullptr;
  }
  const auto tell = [&events](const std::string& name, const Result<files::Entry>& taken) {
    if (taken) {  // FileAdded has told
      spdlog::info("took {} in from the watched folder", taken->path);
      return;
    }
    const std::string reason = taken.error().to_string();
    spdlog::warn("left a file in the watched folder: {}", reason);
    const nlohmann::json payload{{"name", name}, {"reason", reason}};
    events.append("FileRefused", {}, {},
                  payload.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  };
  return files::WatchedFolder::open(library, {.folder = config.watched_folder, .tell = tell});
}

}  // namespace stepcast::daemon
