#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "stepcast/base/result.hpp"

namespace stepcast::camera {

/// A picture as the camera sent it. Shared, never copied.
using Frame = std::shared_ptr<const std::string>;

/// One camera, asked once for however many watch, and not at all while nobody does.
///
/// Threads: any; watchers are called on the camera's own thread and must return soon.
class Camera {
 public:
  struct Options {
    std::string url;  ///< Of an MJPEG stream, or of a JPEG that is fetched again and again.
    /// Between two fetches of a JPEG, and before a camera that failed is tried again.
    std::chrono::milliseconds interval{1'000};
    std::chrono::milliseconds timeout{5'000};  ///< Without a byte from the camera.
  };

  explicit Camera(Options options);
  ~Camera();
  Camera(const Camera&) = delete;
  Camera& operator=(const Camera&) = delete;

  /// Called with each new picture, and now and then with none, so that it can leave; it has left
  /// once it returns false.
  using Watcher = std::function<bool(const Frame&)>;
  void watch(Watcher watcher);

  /// Long enough for any camera that works: it sends several pictures a second.
  static constexpr std::chrono::milliseconds kPatience{5'000};

  /// A picture taken after the call, or just before it.
  /// @returns kNetwork: none came within `patience`; says what the camera answered.
  [[nodiscard]] Result<Frame> snapshot(std::chrono::milliseconds patience = kPatience);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace stepcast::camera
