#pragma once

#include <span>
#include <string_view>

namespace stepcast::events {

/// Every type of event that there is (docs/events.md), sorted: who waits for another one waits for
/// ever.
[[nodiscard]] std::span<const std::string_view> types();

}  // namespace stepcast::events
