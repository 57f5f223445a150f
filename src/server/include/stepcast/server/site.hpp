#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/accounts/accounts.hpp"
#include "stepcast/camera/camera.hpp"
#include "stepcast/events/log.hpp"
#include "stepcast/files/library.hpp"
#include "stepcast/jobs/queue.hpp"
#include "stepcast/jobs/runner.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::server {

/// What the routes serve: built once by the daemon, and then only read.
struct Site {
  store::Store& store;
  accounts::Accounts& accounts;
  files::Library& library;
  events::Log& events;
  std::vector<std::unique_ptr<jobs::Runner>> printers;  ///< At least one; the first is the default.
  std::string uuid;                    ///< Of this server: constant over restarts, for discovery.
  std::string name;                    ///< For people.
  std::unique_ptr<jobs::Queue> queue;  ///< Of all printers; always there. Goes before them.

  /// By the id of their printer.
  std::map<std::string, std::unique_ptr<camera::Camera>, std::less<>> cameras{};
  /// Command lines by name: shutdown, reboot, restart; what is not configured is not there.
  std::map<std::string, std::string, std::less<>> system_commands{};

  [[nodiscard]] jobs::Runner* find_printer(std::string_view id) const;
  [[nodiscard]] camera::Camera* find_camera(std::string_view printer) const;
};

/// The version of OctoPrint whose interface is served.
inline constexpr std::string_view kOctoPrintVersion = "1.10.2";

}  // namespace stepcast::server
