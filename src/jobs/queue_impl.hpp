#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "stepcast/jobs/queue.hpp"
#include "stepcast/store/queue.hpp"

namespace stepcast::jobs {

/// Commands (queue.cpp) and the thread that starts what can start (queue_starts.cpp) meet in the
/// store alone, where one thread writes: what a transaction has read stays true until it ends.
class Queue::Impl {
 public:
  Impl(store::Store& store, files::Library& library, events::Log& events,
       std::vector<Printer> printers, Options options);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> open();
  Result<QueueEntry> add(const NewQueueEntry& entry);
  [[nodiscard]] Result<std::vector<QueueEntry>> list() const;
  [[nodiscard]] Result<std::vector<QueueEntry>> past(std::int64_t limit, std::int64_t offset) const;
  [[nodiscard]] Result<QueueEntry> find(std::string_view id) const;
  Result<QueueEntry> edit(std::string_view id, const Edit& edit, std::string_view user);
  Result<void> move(std::string_view id, std::string_view before, std::string_view user);
  Result<void> cancel(std::string_view id, std::string_view user);
  [[nodiscard]] Result<PrinterSetup> setup(std::string_view printer) const;
  Result<void> pause(std::string_view printer, bool paused, std::string_view user);
  Result<void> bed_cleared(std::string_view printer, std::string_view job, std::string_view user);
  Result<void> set_loaded(std::string_view printer, std::string_view material,
                          std::optional<Mm> nozzle, std::string_view user);
  Result<int> pass();

 private:
  struct Ended {  ///< What housekeeping has found to be over.
    const char* event;
    store::QueueRow row;
  };

  [[nodiscard]] const Printer* find_printer(std::string_view id) const;
  [[nodiscard]] Result<const Printer*> known_printer(std::string_view id) const;
  [[nodiscard]] Result<void> check(const NewQueueEntry& entry) const;
  Result<void> change(std::string_view id,
                      const std::function<Result<void>(store::Session&, store::QueueRow&)>& how,
                      store::QueueRow& changed);
  Result<void> change_setup(
      std::string_view printer,
      const std::function<Result<void>(store::Session&, store::PrinterSetupRow&)>& how);
  [[nodiscard]] Result<QueueEntry> view_of(const store::QueueRow& row) const;
  [[nodiscard]] Result<std::vector<Unmet>> unmet(const store::QueueRow& row) const;

  Result<void> clear_ejected();
  Result<void> close_what_is_over();
  Result<bool> start_on(const Printer& printer, const store::QueueRow& row);
  [[nodiscard]] Result<void> claim(const Printer& printer, const store::QueueStartRow& start) const;

  void tell(const char* type, const store::QueueRow& row, std::string_view user);
  void wake();
  void run(const std::stop_token& stop);

  store::Store& store_;
  files::Library& library_;
  events::Log& events_;
  const std::vector<Printer> printers_;
  const Options options_;
  std::mutex passing_;  ///< One pass at a time.
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool woken_ = false;  ///< By mutex_.
  events::Log::Subscription subscription_;
  std::jthread thread_;  // last: it uses the rest
};

}  // namespace stepcast::jobs
