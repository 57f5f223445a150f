#pragma once

#include <optional>
#include <string>

#include "stepcast/files/library.hpp"
#include "stepcast/printer/printer.hpp"
#include "stepcast/store/jobs.hpp"

namespace stepcast::jobs {

// Payloads of events, in OctoPrint's shapes where OctoPrint has the event (docs/events.md).

/// FileSelected.
[[nodiscard]] std::string file_payload(const files::Entry& file, const std::string& user);
/// PrintStarted, PrintPaused, PrintResumed, PrintContinued. `user`: who asked for it.
[[nodiscard]] std::string print_payload(const store::JobRow& row, const std::string& user);
/// PrintDone, PrintCancelled, PrintFailed, of a row that has ended.
[[nodiscard]] std::string print_end_payload(const store::JobRow& row, const std::string& user);
/// PrinterStateChanged.
[[nodiscard]] std::string state_payload(const printer::Status& status);
/// Error.
[[nodiscard]] std::string error_payload(const std::string& error);

}  // namespace stepcast::jobs
