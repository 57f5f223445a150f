#include "core.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "stepcast/base/contracts.hpp"
#include "stepcast/http/file_answer.hpp"

namespace stepcast::http {

Core::Core(Router the_router, Server::Options the_options)
    : router(std::move(the_router)),
      options(std::move(the_options)),
      workers(std::max(options.workers, 1U)) {}

std::string_view Core::date() {
  const std::time_t now = std::time(nullptr);
  if (now != date_s_) {
    date_s_ = now;
    date_ = http_date(now);
  }
  return date_;
}

WorkerSlot::WorkerSlot(Core& core)
    : core_(core), done_(core.loop.get_executor(), TimePoint::max()) {}

void WorkerSlot::start(std::function<void()> job) {
  STEPCAST_DCHECK(!running_);
  running_ = true;
  // The guard keeps the loop alive until the worker's answer has reached it.
  asio::post(core_.workers,
             [this, work = std::move(job), guard = asio::make_work_guard(core_.loop)]() mutable {
               work();
               asio::post(guard.get_executor(), [this] {
                 running_ = false;
                 done_.cancel();
               });
             });
}

Task<> WorkerSlot::wait() {
  while (running_) {
    co_await done_.async_wait(kAwait);
  }
}

Task<> WorkerSlot::run(std::function<void()> job) {
  start(std::move(job));
  co_await wait();
}

}  // namespace stepcast::http
