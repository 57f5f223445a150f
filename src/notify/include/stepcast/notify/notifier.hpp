#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/events/log.hpp"
#include "stepcast/notify/channel.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::notify {

/// Carries events from the log to channels.
///
/// The log is the outbox: each channel remembers on disk up to which number it has delivered, reads
/// on from there, and tries an event again, later and later, until the other side has it or it is
/// too old. So an event arrives at least once (a crash between the delivery and the note of it
/// repeats one), in order; commands are noted before they run, and run at most once. A channel that
/// is new begins with what happens next. Urgent events of a channel go their own way, past those
/// that wait for the end of quiet hours.
///
/// Threads: any; one thread for each channel delivers, so that a dead channel holds up none but
/// itself. The destructor waits for a delivery under way, at most for its time limit.
class Notifier {
 public:
  struct Options {
    std::vector<Channel> channels;
    std::vector<Rule> rules;
    std::function<std::string(std::string_view)> title_of;  ///< Of a printer, for people.
    /// A JPEG of what the camera of a printer sees; empty: none. May take seconds.
    std::function<std::string(std::string_view)> picture_of;
    /// Called for what goes wrong, once for each event and channel.
    std::function<void(const std::string&)> on_problem;
    std::chrono::milliseconds first_retry{5'000};  ///< Doubles with each.
    std::chrono::milliseconds last_retry{1'800'000};
    std::chrono::milliseconds keep{86'400'000};  ///< What is older is given up.
  };

  /// `store` and `log` must outlive it.
  /// @returns kNotFound: a rule names a channel that there is not; kIo: of the database.
  [[nodiscard]] static Result<std::unique_ptr<Notifier>> open(store::Store& store, events::Log& log,
                                                              Options options);
  ~Notifier();

  struct State {
    std::string channel;
    std::uint64_t delivered{};
    std::uint64_t failed{};   ///< Tries.
    std::uint64_t dropped{};  ///< Events given up.
    bool well = true;         ///< The last try succeeded.
    std::string last_error;
  };
  [[nodiscard]] std::vector<State> states() const;

 private:
  class Courier;
  Notifier() = default;
  std::vector<std::unique_ptr<Courier>> couriers_;
};

}  // namespace stepcast::notify
