#include "stepcast/events/log.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>
#include <utility>

namespace stepcast::events {
namespace {

store::UnixMs unix_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

class Log::Impl {
 public:
  Impl(store::Store& store, std::int64_t last)
      : store_(store), last_(last), delivered_(last), thread_([this] { run(); }) {}

  ~Impl() { stop(); }

  void stop() {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  std::int64_t append(Event event) {
    std::int64_t sequence = 0;
    {
      const std::scoped_lock lock(mutex_);
      sequence = ++last_;
      event.sequence = sequence;
      event.at = unix_now();
      waiting_.push_back(std::move(event));
    }
    wake_.notify_all();
    return sequence;
  }

  std::list<Listener>::iterator add(Listener listener) {
    const std::scoped_lock lock(listeners_mutex_);
    return listeners_.insert(listeners_.end(), std::move(listener));
  }
  void remove(std::list<Listener>::iterator listener) {
    const std::scoped_lock lock(listeners_mutex_);
    listeners_.erase(listener);
  }

  [[nodiscard]] Result<std::vector<Event>> after(std::int64_t after, std::int64_t limit,
                                                 std::string_view printer) const {
    std::vector<Event> events;
    return store_
        .read([&](store::Session& session) -> Result<void> {
          return store::events_after(session, printer, after, limit)
              .map([&](std::vector<Event> found) { events = std::move(found); });
        })
        .map([&] { return std::move(events); });
  }

  [[nodiscard]] std::int64_t last() const {
    const std::scoped_lock lock(mutex_);
    return last_;
  }

  void flush() {
    std::unique_lock lock(mutex_);
    const std::int64_t target = last_;
    told_.wait(lock, [&] { return delivered_ >= target; });
  }

  [[nodiscard]] std::uint64_t unsaved() const { return unsaved_; }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) {
        return;
      }
      const std::vector<Event> batch = std::exchange(waiting_, {});
      lock.unlock();
      save(batch);
      tell(batch);
      lock.lock();
      delivered_ = batch.back().sequence;
      told_.notify_all();
    }
  }

  void save(const std::vector<Event>& batch) {
    const auto saved = store_.write([&batch](store::Session& session) -> Result<void> {
      for (const Event& event : batch) {
        if (auto added = store::add_event(session, event); !added) {
          return added;
        }
      }
      return {};
    });
    if (!saved) {
      unsaved_ += batch.size();
    }
  }

  void tell(const std::vector<Event>& batch) {
    for (const Event& event : batch) {
      const std::scoped_lock lock(listeners_mutex_);
      for (const Listener& listener : listeners_) {
        listener(event);
      }
    }
  }

  store::Store& store_;

  mutable std::mutex mutex_;  // guards what follows, up to the next mutex
  std::condition_variable wake_;
  std::condition_variable told_;
  std::vector<Event> waiting_;
  std::int64_t last_;
  std::int64_t delivered_;
  bool stopping_ = false;

  std::mutex listeners_mutex_;  // held while they are called
  std::list<Listener> listeners_;

  std::atomic<std::uint64_t> unsaved_{0};
  std::thread thread_;  // last: uses all of the above
};

Result<std::unique_ptr<Log>> Log::open(store::Store& store) {
  std::int64_t last = 0;
  auto read = store.read([&](store::Session& session) {
    return store::last_event(session).map([&](std::int64_t sequence) { last = sequence; });
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  return std::unique_ptr<Log>(new Log(std::make_shared<Impl>(store, last)));
}

Log::Log(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Log::~Log() {
  impl_->stop();  // subscriptions may live longer
}
std::int64_t Log::append(std::string type, std::string printer, std::string job,
                         std::string payload) {
  return impl_->append({.sequence = 0,
                        .at = 0,
                        .type = std::move(type),
                        .printer = std::move(printer),
                        .job = std::move(job),
                        .payload = std::move(payload)});
}
Log::Subscription Log::listen(Listener listener) {
  const auto entry = impl_->add(std::move(listener));
  return Subscription(
      std::shared_ptr<void>(nullptr, [impl = impl_, entry](void*) { impl->remove(entry); }));
}
Result<std::vector<Event>> Log::after(std::int64_t after, std::int64_t limit,
                                      std::string_view printer) const {
  return impl_->after(after, limit, printer);
}
std::int64_t Log::last() const {
  return impl_->last();
}
void Log::flush() {
  impl_->flush();
}
std::uint64_t Log::unsaved() const {
  return impl_->unsaved();
}

}  // namespace stepcast::events
