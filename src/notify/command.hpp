#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"

namespace stepcast::notify {

/// Runs a program without a shell, with `input` on its standard input, and waits for its end. It
/// inherits neither the environment (but PATH, HOME and LANG) nor open files.
/// @param command the program and its arguments. A name without a slash is looked up in PATH.
/// @returns kNotFound: cannot be started; kFault: ended with another status than 0 (says what it
/// wrote last); kInterrupted: ran longer than `limit`, and was killed with what it had started.
[[nodiscard]] Result<void> run_command(const std::vector<std::string>& command,
                                       std::string_view input, std::chrono::milliseconds limit);

}  // namespace stepcast::notify
