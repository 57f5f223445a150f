#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace stepcast::http {

/// What waits to be sent to one client, filled by any thread and emptied by the loop.
///
/// Events wait in order up to a limit; of telemetry the latest of each topic waits, behind the
/// events. A client that overflows is a slow one: nothing more is taken and the loop is to drop it.
///
/// Threads: any. A mutex, held for a move of a string: the loop may not be asked by post() for each
/// message, or what waits within those calls would have no bound.
class Outbox {
 public:
  struct Item {
    std::string bytes;
    bool binary = false;
    /// Closes the connection with this code, `bytes` being the reason.
    std::optional<std::uint16_t> close_code{};
  };

  /// `wake` is called once after the outbox was found empty and is no more; from any thread, with
  /// the lock held: it may only post.
  Outbox(std::size_t max_bytes, std::function<void()> wake);

  /// @returns false when nothing is taken any more.
  bool push(Item item);
  /// Replaces what waits under the topic. @returns as push().
  bool replace(std::uint32_t topic, Item item);
  [[nodiscard]] std::size_t waiting() const;  ///< Bytes of events, not yet taken by pop().
  /// No more is taken; what waits is still sent, then pop() says that it is the end.
  void finish();
  /// The client has gone: drops what waits. No wake() after this.
  void shut();

  struct Next {
    std::optional<Item> item;  ///< nullopt: nothing waits.
    bool over = false;         ///< Nothing will come: finished, shut or overflowed.
    bool overflowed = false;
  };
  [[nodiscard]] Next pop();

 private:
  void wake_locked();

  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  std::function<void()> wake_;
  std::deque<Item> events_;
  std::deque<std::pair<std::uint32_t, Item>> latest_;
  std::size_t event_bytes_ = 0;
  bool awake_ = true;  ///< The loop looks anyway when it starts.
  bool takes_ = true;
  bool overflowed_ = false;
  bool shut_ = false;
};

}  // namespace stepcast::http
