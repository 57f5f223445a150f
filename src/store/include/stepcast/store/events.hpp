#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::store {

/// Something that happened. Events are numbered from 1, rise with time, and never change.
struct EventRow {
  std::int64_t sequence{};
  UnixMs at{};
  std::string type;     ///< "PrintDone"; docs/events.md lists them.
  std::string printer;  ///< Its id; empty: of the server.
  std::string job;      ///< Its id; empty: of no job.
  std::string payload;  ///< A JSON object.
};

/// @returns kInvalidArgument when the number is taken.
[[nodiscard]] Result<void> add_event(Session& session, const EventRow& row);
[[nodiscard]] Result<std::int64_t> last_event(Session& session);  ///< 0: none
/// Those after number `after`, in order. `printer` empty: of all.
[[nodiscard]] Result<std::vector<EventRow>> events_after(Session& session, std::string_view printer,
                                                         std::int64_t after, std::int64_t limit);
[[nodiscard]] Result<std::vector<EventRow>> events_of_job(Session& session, std::string_view job);
/// The oldest `limit` at most, and never the newest of all: its number must not come again.
/// @returns how many.
[[nodiscard]] Result<std::int64_t> remove_old_events(Session& session, UnixMs before,
                                                     std::int64_t limit);

}  // namespace stepcast::store
