#include "line_source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dialect_limits.hpp"

namespace stepcast::gcode {
namespace {

// Large enough that system calls do not show, and larger than the longest line.
constexpr std::size_t kBufferBytes = std::size_t{1024} * 1024;
static_assert(kBufferBytes > 2 * kMaxLineBytes);

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

const char* find_byte(const char* first, const char* last, char byte) {
  if (first == last) {
    return last;
  }
  const auto* const found =
      static_cast<const char*>(std::memchr(first, byte, static_cast<std::size_t>(last - first)));
  return found == nullptr ? last : found;
}

class FileBytes final : public ByteSource {
 public:
  explicit FileBytes(int descriptor) : descriptor_(descriptor) {}
  ~FileBytes() override { ::close(descriptor_); }
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  Result<std::size_t> read(std::span<char> into) override {
    ssize_t got = 0;
    do {
      got = ::read(descriptor_, into.data(), into.size());
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
      return fail(Errc::kIo, std::generic_category().message(errno));
    }
    return static_cast<std::size_t>(got);
  }

 private:
  int descriptor_;
};

}  // namespace

Result<LineSource> LineSource::open(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR) {
      return fail(Errc::kNotFound, "there is no such file", file.string(), "check the path");
    }
    return fail(Errc::kIo,
                fmt::format("cannot open the file: {}", std::generic_category().message(error)),
                file.string());
  }
  auto bytes = std::make_unique<FileBytes>(descriptor);
  struct stat status {};
  if (::fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
    return fail(Errc::kIo, "this is a folder, not a file", file.string(),
                "name the .gcode file in it");
  }
  // Only a hint for read-ahead; a file system that does not know it reads as well.
  static_cast<void>(::posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL));
  return LineSource(std::move(bytes));
}

LineSource::LineSource(std::unique_ptr<ByteSource> bytes)
    : bytes_(std::move(bytes)), buffer_(kBufferBytes) {
  cursor_ = limit_ = buffer_.data();
  forget_ends();
}

LineSource::LineSource(std::string_view text)
    : cursor_(text.data()),
      limit_(text.data() + text.size()),
      limit_offset_(text.size()),
      at_end_of_file_(true) {
  may_hold_nul_ = find_byte(cursor_, limit_, '\0') != limit_;
  forget_ends();
}

Error LineSource::failure(const std::string& name) const {
  return {failure_->code,
          fmt::format("cannot read on at offset {}: {}", position(), failure_->message),
          name,
          {}};
}

std::uint64_t LineSource::position() const {
  return limit_offset_ - static_cast<std::uint64_t>(limit_ - cursor_);
}

void LineSource::forget_ends() {
  next_lf_ = find_byte(cursor_, limit_, '\n');
  next_cr_ = find_byte(cursor_, limit_, '\r');
}

const char* LineSource::find_end() {
  if (next_lf_ < cursor_) {
    next_lf_ = find_byte(cursor_, limit_, '\n');
  }
  if (next_cr_ < cursor_) {
    next_cr_ = find_byte(cursor_, limit_, '\r');
  }
  return std::min(next_lf_, next_cr_);
}

void LineSource::take_end(const char* end) {
  after_cr_ = *end == '\r';
  cursor_ = end + 1;
}

// Moves what is left to the front and reads behind it. False at the end and on an error.
bool LineSource::refill() {
  if (at_end_of_file_ || failure_) {
    return false;
  }
  const auto left = static_cast<std::size_t>(limit_ - cursor_);
  std::memmove(buffer_.data(), cursor_, left);
  const auto read = bytes_->read(std::span(buffer_).subspan(left));
  if (!read) {
    failure_ = read.error();
  }
  const std::size_t got = read.value_or(0);
  at_end_of_file_ = got == 0;
  cursor_ = buffer_.data();
  limit_ = cursor_ + left + got;
  limit_offset_ += got;
  may_hold_nul_ = may_hold_nul_ || find_byte(cursor_ + left, limit_, '\0') != limit_;
  forget_ends();
  return got > 0;
}

std::string_view LineSource::head(std::size_t count) {
  while (static_cast<std::size_t>(limit_ - cursor_) < count && refill()) {
  }
  return {cursor_, std::min(count, static_cast<std::size_t>(limit_ - cursor_))};
}

void LineSource::skip_byte_order_mark() {
  at_start_ = false;
  if (head(kByteOrderMark.size()) == kByteOrderMark) {
    cursor_ += kByteOrderMark.size();
  }
}

LineSource::Status LineSource::next(Line& line) {
  if (at_start_) {
    skip_byte_order_mark();
  }
  while (true) {
    if (after_cr_ && cursor_ != limit_) {
      cursor_ += *cursor_ == '\n' ? 1 : 0;
      after_cr_ = false;
    }
    const char* const end = find_end();
    const auto length = static_cast<std::size_t>(end - cursor_);
    if (skipping_) {
      cursor_ = end;
      if (end != limit_) {
        take_end(end);
        skipping_ = false;
      } else if (!refill()) {
        skipping_ = false;
      }
      continue;
    }
    if (length > kMaxLineBytes) {
      line = {{cursor_, kMaxLineBytes}, position(), true};
      cursor_ += kMaxLineBytes;
      skipping_ = true;
      return Status::kLine;
    }
    if (end != limit_) {
      line = {{cursor_, length}, position(), false};
      take_end(end);
      return Status::kLine;
    }
    if (refill()) {
      continue;
    }
    if (failure_) {
      return Status::kFailed;
    }
    if (length == 0 || cursor_ == limit_) {
      return Status::kEnd;
    }
    line = {{cursor_, length}, position(), false};
    cursor_ = limit_;
    return Status::kLine;
  }
}

}  // namespace stepcast::gcode
