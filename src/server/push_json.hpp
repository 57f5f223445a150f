#pragma once

#include <string>
#include <string_view>

#include "stepcast/events/log.hpp"
#include "stepcast/jobs/runner.hpp"

#include "octoprint_json.hpp"

namespace stepcast::server::octoprint {

// The messages of the push interface.

[[nodiscard]] Json connected_json();
/// What is in `current` and `history`, without log lines.
[[nodiscard]] Json current_json(const jobs::Runner::View& view);
/// The log of events speaks OctoPrint's language (docs/events.md).
[[nodiscard]] Json event_json(const events::Event& event);
[[nodiscard]] Json reauth_json(std::string_view reason);

/// As text; what is not UTF-8 is replaced.
[[nodiscard]] std::string text_of(const Json& json);

}  // namespace stepcast::server::octoprint
