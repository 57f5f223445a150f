#pragma once

#include <cstdint>
#include <string>

#include "stepcast/printer/printer.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::server {

/// Version of the layout, its first byte; a reader that does not know it passes the frame over.
inline constexpr std::uint8_t kTelemetryVersion = 1;

/// A state in as few bytes as it takes, little-endian; docs/api.md has the table.
/// @param printer number of the printer, as `hello` lists them.
[[nodiscard]] std::string telemetry_frame(std::uint16_t printer, const printer::Status& status,
                                          store::UnixMs at);

}  // namespace stepcast::server
