#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

#include "stepcast/base/result.hpp"
#include "stepcast/server/site.hpp"

namespace stepcast::daemon {

/// Puts `file` into the library, prints it on the first printer, and shows on standard output how
/// far it is. Returns when the print has ended or `stop` asks for it.
[[nodiscard]] Result<void> print_demo(server::Site& site, const std::filesystem::path& file,
                                      const std::stop_token& stop);

}  // namespace stepcast::daemon
