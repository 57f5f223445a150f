#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "stepcast/base/result.hpp"

namespace stepcast::camera {

/// Takes the pictures out of a `multipart/x-mixed-replace` answer that comes in pieces.
///
/// Parts with a Content-Length are taken by it; others end at the next boundary. What does not
/// begin as a JPEG is passed over.
///
/// Threads: one at a time.
class MjpegReader {
 public:
  using Take = std::function<void(std::string jpeg)>;

  /// @returns kMalformed: the type is no stream of pictures, or names no boundary.
  [[nodiscard]] static Result<MjpegReader> create(std::string_view content_type, Take take);

  /// @returns kOutOfRange: a picture, or what stands before it, is larger than any camera's.
  [[nodiscard]] Result<void> push(std::string_view bytes);

  static constexpr std::size_t kLargestFrame = std::size_t{8} << 20;

 private:
  MjpegReader(std::string delimiter, Take take)
      : delimiter_(std::move(delimiter)), take_(std::move(take)) {}
  [[nodiscard]] bool take_head();
  [[nodiscard]] bool take_frame();

  std::string delimiter_;  ///< What ends a part of unknown length.
  Take take_;
  std::string unread_;
  bool in_frame_ = false;
  std::size_t length_ = 0;    ///< Of the frame; 0: unknown.
  std::size_t searched_ = 0;  ///< Of `unread_`, without finding the delimiter.
};

}  // namespace stepcast::camera
