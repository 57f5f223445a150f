#include "stepcast/camera/camera.hpp"

#include <atomic>
#include <condition_variable>
#include <future>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>

#include "stepcast/camera/mjpeg_reader.hpp"
#include "stepcast/outbound/client.hpp"

namespace stepcast::camera {
namespace {

using Clock = std::chrono::steady_clock;

// A picture this old still shows what is: a camera sends several a second.
constexpr std::chrono::milliseconds kFresh{500};

std::string content_type_of(const outbound::Answer& answer) {
  for (const auto& [name, value] : answer.headers) {
    if (name == "content-type") {
      return value;
    }
  }
  return {};
}

}  // namespace

struct Camera::State {
  explicit State(Options the_options) : options(std::move(the_options)) {}

  const Options options;
  std::mutex mutex;
  std::condition_variable_any changed;
  std::list<Watcher> watchers;
  Frame latest;
  Clock::time_point latest_at;
  std::string trouble;  ///< Of the last try.
  std::jthread thread;  ///< Last: it uses the rest.

  void run(const std::stop_token& stop) {
    while (wait_for_watchers(stop)) {
      const auto done = capture(stop);
      tell(Frame());
      std::unique_lock lock(mutex);
      trouble = done ? "the stream of the camera ended" : done.error().to_string();
      changed.wait_for(lock, stop, options.interval, [] { return false; });
    }
  }

  bool wait_for_watchers(const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    return changed.wait(lock, stop, [this] { return !watchers.empty(); });
  }

  bool is_watched() {
    const std::scoped_lock lock(mutex);
    return !watchers.empty();
  }

  // Until nobody watches or the camera ends it.
  Result<void> capture(const std::stop_token& stop) {
    std::optional<MjpegReader> reader;
    std::string picture;
    Result<void> problem;
    const auto take = [&](const outbound::Answer& head, std::string_view bytes) {
      if (bytes.empty()) {
        tell(Frame());  // whoever has gone may leave
      }
      if (stop.stop_requested() || !is_watched()) {
        return false;
      }
      if (bytes.empty()) {
        return true;
      }
      const std::string type = content_type_of(head);
      if (head.status != 200) {
        problem = fail(Errc::kNetwork,
                       "the camera answers with the status " + std::to_string(head.status));
        return false;
      }
      if (type.starts_with("image/jpeg")) {
        picture.append(bytes);
        return picture.size() <= MjpegReader::kLargestFrame;
      }
      if (!reader) {
        auto created =
            MjpegReader::create(type, [this](std::string jpeg) { tell(std::move(jpeg)); });
        if (!created) {
          problem = tl::unexpected(created.error());
          return false;
        }
        reader.emplace(std::move(*created));
      }
      problem = reader->push(bytes);
      return problem.has_value();
    };
    outbound::Request request;
    request.url = options.url;
    request.connect_timeout = options.timeout;
    request.timeout = std::chrono::milliseconds(0);
    auto done = outbound::receive(request, take);
    if (!problem) {
      return problem;
    }
    if (!done) {
      return tl::unexpected(done.error());
    }
    if (!picture.empty()) {
      tell(std::move(picture));
    }
    return {};
  }

  void tell(std::string jpeg) {
    const auto frame = std::make_shared<const std::string>(std::move(jpeg));
    {
      const std::scoped_lock lock(mutex);
      latest = frame;
      latest_at = Clock::now();
    }
    tell(frame);
  }

  // Without the lock: a watcher may take a while, and others come meanwhile.
  void tell(const Frame& frame) {
    std::list<Watcher> round;
    {
      const std::scoped_lock lock(mutex);
      round.swap(watchers);
    }
    round.remove_if([&](const Watcher& watcher) { return !watcher(frame); });
    const std::scoped_lock lock(mutex);
    watchers.splice(watchers.begin(), round);
  }
};

Camera::Camera(Options options) : state_(std::make_shared<State>(std::move(options))) {
  state_->thread =
      std::jthread([state = state_.get()](const std::stop_token& stop) { state->run(stop); });
}

Camera::~Camera() {
  state_->thread.request_stop();
  state_->thread.join();
}

void Camera::watch(Watcher watcher) {
  const std::scoped_lock lock(state_->mutex);
  state_->watchers.push_back(std::move(watcher));
  state_->changed.notify_all();
}

Result<Frame> Camera::snapshot(std::chrono::milliseconds patience) {
  {
    const std::scoped_lock lock(state_->mutex);
    if (state_->latest && Clock::now() - state_->latest_at < kFresh) {
      return state_->latest;
    }
  }
  struct Wish {
    std::promise<Frame> frame;
    std::atomic<bool> given_up{false};
  };
  const auto wish = std::make_shared<Wish>();
  auto frame = wish->frame.get_future();
  watch([wish](const Frame& picture) {
    if (picture) {
      wish->frame.set_value(picture);
    }
    return !picture && !wish->given_up;
  });
  if (frame.wait_for(patience) == std::future_status::ready) {
    return frame.get();
  }
  wish->given_up = true;
  const std::scoped_lock lock(state_->mutex);
  return fail(Errc::kNetwork,
              state_->trouble.empty() ? "no picture came from the camera in time" : state_->trouble,
              {}, "is the camera on, and its address right?");
}

}  // namespace stepcast::camera
