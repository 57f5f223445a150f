#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::history {

/// How many days are kept of what; 0: for ever.
///
/// Hours of telemetry, jobs, detections, corrections and the audit trail stay for ever: they are
/// small, and a chain of hashes without its beginning proves nothing.
struct KeptDays {
  std::int64_t seconds = 7;  ///< Telemetry as it came.
  std::int64_t minutes = 0;  ///< Its lowest, mean and highest of each minute.
  std::int64_t events = 0;
  std::int64_t ae_hits = 0;
};

/// Removes what is older, the oldest first, in pieces that take milliseconds, each in a transaction
/// of its own, so that nobody waits long for the writer. One call removes six hours of each series
/// at most: after a long time without power it takes some calls to catch up, and a clock that is
/// wrong for a while cannot take everything.
/// @returns how many rows; the first error.
[[nodiscard]] Result<std::int64_t> remove_old(store::Store& store, const KeptDays& kept,
                                              store::UnixMs now);

/// Calls remove_old() once an hour.
class Retention {
 public:
  using OnError = std::function<void(const Error&)>;
  /// `store` must outlive it; `on_error` is called on its thread.
  Retention(store::Store& store, KeptDays kept, OnError on_error);
  ~Retention();
  Retention(const Retention&) = delete;
  Retention& operator=(const Retention&) = delete;
  Retention(Retention&&) = delete;
  Retention& operator=(Retention&&) = delete;

 private:
  void run(const std::stop_token& stop);

  store::Store& store_;
  const KeptDays kept_;
  const OnError on_error_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: uses all of the above
};

}  // namespace stepcast::history
