#pragma once

#include <chrono>
#include <string>

#include "stepcast/base/result.hpp"

namespace stepcast::server {

/// Runs a command line of the administrator's by the shell and waits for its end, at most `limit`;
/// what still runs then goes on by itself.
/// @returns kIo: cannot be started; kFault: ended with another status than 0.
///
/// Threads: any; blocks.
[[nodiscard]] Result<void> run_system_command(const std::string& command,
                                              std::chrono::milliseconds limit);

}  // namespace stepcast::server
