#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/stream/endpoint.hpp"
#include "stepcast/stream/heating.hpp"

namespace stepcast::printer {

/// What a device says of itself while it rests.
struct DeviceInfo {
  bool virtual_motors = false;
  PerAxis<Steps> counters;  ///< Motor steps since power-on.
  bool standing = false;    ///< It still has the session that was asked for; it may move.
  stream::HeatAbilities heat;
  stream::HeatReport temperatures;  ///< Empty without heaters and fan.
};

/// Asks a device whether it could print, renews the lease of its heaters, and leaves it as it was:
/// free for the next controller.
///
/// If it still has `session`, that is left as it is.
///
/// Blocks up to some times `timeout`.
/// @returns kNetwork: not there or silent; kProtocol: no device, or of another version; kBusy: it
/// serves somebody else, or moves; kUnsupported: another step grid.
[[nodiscard]] Result<DeviceInfo> probe_device(const stream::Endpoint& device, std::uint32_t tick_hz,
                                              std::chrono::milliseconds timeout,
                                              std::optional<std::uint64_t> session = {});

}  // namespace stepcast::printer
