#include "stepcast/store/outbox.hpp"

#include "session.hpp"
#include "table.hpp"

namespace stepcast::store {
namespace {

constexpr Table kOutbox("outbox", 1, Field{"channel", &OutboxPlace::channel},
                        Field{"sequence", &OutboxPlace::sequence});

}  // namespace

Result<void> put_outbox_place(Session& session, const OutboxPlace& row) {
  return kOutbox.put(session, row);
}

Result<std::optional<OutboxPlace>> find_outbox_place(Session& session, std::string_view channel) {
  return kOutbox.find(session, "WHERE channel = :channel", channel);
}

}  // namespace stepcast::store
