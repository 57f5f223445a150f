#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "stepcast/files/library.hpp"
#include "stepcast/printer/printer.hpp"
#include "stepcast/store/jobs.hpp"
#include "stepcast/store/queue.hpp"

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
/// QueueAdded, QueueChanged, QueueCancelled, QueueDone, QueueExpired.
[[nodiscard]] std::string queue_payload(const store::QueueRow& row, std::string_view user);
/// BedCleared, PrinterLoaded, QueuePaused, QueueResumed.
[[nodiscard]] std::string setup_payload(const store::PrinterSetupRow& setup, std::string_view user);
/// Error, Disconnected, QueueFault.
[[nodiscard]] std::string error_payload(const std::string& error);

}  // namespace stepcast::jobs
