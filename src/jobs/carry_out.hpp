#pragma once

#include <string>
#include <string_view>

#include "stepcast/jobs/command.hpp"

namespace stepcast::jobs {

/// Asks the printer for it.
[[nodiscard]] Result<void> carry_out(printer::Printer& machine, const Command& command);
/// Payload of the event that tells of it.
[[nodiscard]] std::string command_payload(const Command& command, std::string_view user);

}  // namespace stepcast::jobs
