#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::store {

/// How far a channel of notifications has got in the log of events.
struct OutboxPlace {
  std::string channel;
  std::int64_t sequence{};  ///< Of the last event that needs nothing more.
};

[[nodiscard]] Result<void> put_outbox_place(Session& session, const OutboxPlace& row);
[[nodiscard]] Result<std::optional<OutboxPlace>> find_outbox_place(Session& session,
                                                                   std::string_view channel);

}  // namespace stepcast::store
