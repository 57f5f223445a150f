#pragma once

#include <cstdint>
#include <string_view>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/stream/endpoint.hpp"
#include "stepcast/stream/heating.hpp"
#include "stepcast/stream/session.hpp"
#include "stepcast/wire/control_reply.hpp"
#include "stepcast/wire/paper_ack.hpp"

/// What a device says of itself and of its session.
namespace stepcast::stream {

/// Reads `text` as the reply to `verb`.
[[nodiscard]] Result<wire::ControlReply> understand(std::string_view text, std::string_view verb,
                                                    const Endpoint& device);

[[nodiscard]] Result<PerAxis<Steps>> read_positions(const wire::ControlReply& reply,
                                                    const Endpoint& device);

/// The reply to `init`.
[[nodiscard]] Result<OpenedSession> read_greeting(const wire::ControlReply& reply,
                                                  const Endpoint& device);

/// A session that was opened before, as the reply to `status` tells.
struct StandingSession {
  wire::DeviceState state{};
  std::uint32_t received = 0;  ///< Every packet before this one has arrived.
  std::uint32_t consumed = 0;  ///< The packet that is executed next.
  Ticks executed = 0;
  PerAxis<Steps> positions;
  HeatAbilities heat;
  std::uint32_t accepted_actions = 0;  ///< Since `init`.
};
/// @returns kNotFound if the device has another session, or none.
[[nodiscard]] Result<StandingSession> read_standing(const wire::ControlReply& reply,
                                                    const OpenedSession& opened,
                                                    const Endpoint& device);

}  // namespace stepcast::stream
