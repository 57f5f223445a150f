#include "stepcast/predict/predictor.hpp"

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <sys/resource.h>

#include "stepcast/vision/classifier.hpp"

namespace stepcast::predict {
namespace {

/// The remedies of the picture belong to who sent it, all others to who runs the server.
Error as_network_error(Error error) {
  error.code = Errc::kUnsupported;
  return error;
}

}  // namespace

class Predictor::Impl {
 public:
  explicit Impl(Options options) : options_(std::move(options)), thread_([this] { work(); }) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  Impl(Impl&&) = delete;
  Impl& operator=(Impl&&) = delete;
  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  Result<Verdict> judge(std::string picture) {
    std::future<Result<Verdict>> verdict;
    {
      const std::lock_guard lock(mutex_);
      if (under_way_ >= options_.most_waiting) {
        return fail(Errc::kFull,
                    fmt::format("{} pictures are being judged already", options_.most_waiting), {},
                    "send the picture again in a second");
      }
      ++under_way_;
      waiting_.push_back({std::move(picture), {}});
      verdict = waiting_.back().verdict.get_future();
    }
    changed_.notify_one();
    return verdict.get();
  }

 private:
  struct Task {
    std::string picture;
    std::promise<Result<Verdict>> verdict;
  };

  void work() {
    // On Linux a priority is a thread's, and 0 means the one that asks.
    setpriority(PRIO_PROCESS, 0, options_.niceness);
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
      if (waiting_.empty()) {
        return;
      }
      Task task = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      auto verdict = verdict_on(task.picture);
      lock.lock();
      --under_way_;
      task.verdict.set_value(std::move(verdict));
    }
  }

  Result<Verdict> verdict_on(const std::string& picture) {
    if (!classifier_) {
      auto loaded = vision::Classifier::load(options_.model, options_.runtime);
      if (!loaded) {
        return tl::unexpected(as_network_error(loaded.error()));
      }
      classifier_.emplace(std::move(*loaded));
    }
    const auto judged = classifier_->judge(std::as_bytes(std::span(picture)));
    if (!judged) {
      return tl::unexpected(judged.error());
    }
    const vision::ModelInfo& info = classifier_->info();
    return Verdict{.label = info.classes[judged->best],
                   .confidence = judged->confidence,
                   .unsure = judged->unsure,
                   .width = judged->width,
                   .height = judged->height,
                   .model = info.name};
  }

  const Options options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> waiting_;
  std::size_t under_way_ = 0;
  bool ending_ = false;
  std::optional<vision::Classifier> classifier_;  // of the thread
  std::thread thread_;                            // last: it uses all above
};

Predictor::Predictor(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Predictor::~Predictor() = default;

Result<Verdict> Predictor::judge(std::string picture) {
  return impl_->judge(std::move(picture));
}

}  // namespace stepcast::predict
