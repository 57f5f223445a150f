#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/stream/heating.hpp"
#include "stepcast/stream/paper_sender.hpp"
#include "stepcast/stream/round_trip.hpp"

namespace stepcast::stream {

/// The heater side of a session: brings the actions to the device ahead of the ticks behind them,
/// renews the lease, and hands over the lines of people.
///
/// The order between the two roads, TCP for actions and UDP for ticks, is made here: the sender may
/// not send a packet that reaches beyond the first action which the device has not confirmed.
///
/// Lives as long as the sender that it guards.
class HeatChannel {
 public:
  /// Sends some lines at once and returns their replies, in order.
  using Ask = std::function<Result<std::vector<std::string>>(const std::vector<std::string>&)>;

  /// The device's table of actions.
  struct Table {
    std::uint32_t slots = 0;
    /// So many of the first actions of this session it has, from a host before this one.
    std::uint32_t accepted = 0;
  };

  /// `heating` and `sender` must outlive it.
  HeatChannel(const Heating& heating, Endpoint device, Table table, PaperSender& sender, Ask ask);

  /// Does what is due; blocks for a round trip if something is. @returns whether something was.
  /// @returns what asking returns; kProtocol if the device refuses an action of the plan.
  [[nodiscard]] Result<bool> serve(HostTime now);
  /// When serve() has something to do by itself.
  [[nodiscard]] HostTime next() const { return next_keep_; }
  /// What the device says of its troubles now; empty if it is fine, or gone.
  [[nodiscard]] std::string trouble();
  void switch_off();

 private:
  [[nodiscard]] Ticks gate();
  [[nodiscard]] Result<bool> upload();
  [[nodiscard]] Result<void> hand_over(const std::string& line);
  [[nodiscard]] Result<void> keep(HostTime now);

  const Heating& heating_;
  const Endpoint device_;
  const Table table_;
  PaperSender& sender_;
  const Ask ask_;
  std::deque<TimedAction> actions_;  // that are not certain to have been carried out
  std::size_t confirmed_ = 0;        // of them, those that the device has
  std::size_t seen_ = 0;             // that Heating::actions gave
  HostTime next_keep_{};
};

}  // namespace stepcast::stream
