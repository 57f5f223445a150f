#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>

#include "stepcast/base/result.hpp"

#include "daemon_config.hpp"

namespace stepcast::daemon {

/// Runs the server until `stop`; prints under way are held by their devices. `demo`: a part to
/// print at the start (demo.hpp), or empty.
/// @returns why it could not start, or could not print the demo.
[[nodiscard]] Result<void> run(const Config& config, const std::filesystem::path& data,
                               const std::filesystem::path& demo, const std::stop_token& stop);

}  // namespace stepcast::daemon
