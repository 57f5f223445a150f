#include "stepcast/camera/mjpeg_reader.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace stepcast::camera {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kJpegStart = "\xFF\xD8";
// Of the lines before a picture; cameras send three.
constexpr std::size_t kLongestHead = 4096;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// 0: not said.
std::size_t content_length(std::string_view head) {
  const std::string text = lower(head);
  constexpr std::string_view kName = "content-length:";
  const std::size_t at = text.find(kName);
  if (at == std::string::npos) {
    return 0;
  }
  const std::size_t digits = text.find_first_not_of(" \t", at + kName.size());
  std::size_t length = 0;
  if (digits != std::string::npos) {
    std::from_chars(text.data() + digits, text.data() + text.size(), length);
  }
  return length;
}

}  // namespace

Result<MjpegReader> MjpegReader::create(std::string_view content_type, Take take) {
  constexpr std::string_view kName = "boundary=";
  const std::size_t at = lower(content_type).find(kName);
  if (!lower(content_type).starts_with("multipart/") || at == std::string::npos) {
    return fail(Errc::kMalformed,
                fmt::format("'{}' is no stream of pictures", content_type.substr(0, 80)), {},
                "give the address of an MJPEG stream or of a JPEG");
  }
  std::string_view boundary = content_type.substr(at + kName.size());
  boundary = boundary.substr(0, boundary.find(';'));
  // Quoted or not; some cameras count the dashes before a boundary as part of it.
  boundary.remove_prefix(std::min(boundary.find_first_not_of("\" -"), boundary.size()));
  boundary = boundary.substr(0, boundary.find_first_of("\" "));
  if (boundary.empty()) {
    return fail(Errc::kMalformed, "the stream of pictures has no boundary");
  }
  return MjpegReader(fmt::format("\r\n--{}", boundary), std::move(take));
}

Result<void> MjpegReader::push(std::string_view bytes) {
  unread_.append(bytes);
  while (in_frame_ ? take_frame() : take_head()) {
  }
  // What may still be missing is the rest of what ends it, so that it does not matter how the bytes
  // were cut.
  const std::size_t most =
      in_frame_ ? kLargestFrame + delimiter_.size() - 1 : kLongestHead + kHeadEnd.size() - 1;
  if (unread_.size() > most || length_ > kLargestFrame) {
    return fail(Errc::kOutOfRange,
                fmt::format("a picture is larger than {} bytes, or its head than {}", kLargestFrame,
                            kLongestHead));
  }
  return {};
}

bool MjpegReader::take_head() {
  const std::size_t end = unread_.find(kHeadEnd);
  if (end > kLongestHead) {  // also when there is none yet
    return false;
  }
  length_ = content_length(std::string_view(unread_).substr(0, end));
  unread_.erase(0, end + kHeadEnd.size());
  in_frame_ = true;
  searched_ = 0;
  return true;
}

bool MjpegReader::take_frame() {
  std::size_t size = length_;
  if (length_ == 0) {
    size = unread_.find(delimiter_, searched_);
    if (size == std::string::npos) {
      searched_ = unread_.size() - std::min(unread_.size(), delimiter_.size());
      return false;
    }
    if (size > kLargestFrame) {
      return false;
    }
  } else if (length_ > kLargestFrame || unread_.size() < length_) {
    return false;
  }
  // Not by what comes after the part, which may not have come yet.
  if (std::string picture = unread_.substr(0, size); picture.starts_with(kJpegStart)) {
    take_(std::move(picture));
  }
  unread_.erase(0, size);
  in_frame_ = false;
  length_ = 0;
  return true;
}

}  // namespace stepcast::camera
