#include "growing_file.hpp"

#include <algorithm>
#include <cerrno>
#include <span>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

namespace stepcast::files {
namespace {

Result<std::size_t> read_at(const Descriptor& file, std::int64_t offset, std::span<char> into) {
  for (;;) {
    const ssize_t got = ::pread(file.get(), into.data(), into.size(), offset);
    if (got >= 0) {
      return static_cast<std::size_t>(got);
    }
    if (errno != EINTR) {
      return fail(Errc::kIo, std::generic_category().message(errno));
    }
  }
}

class WholeFile final : public gcode::ByteSource {
 public:
  WholeFile(Descriptor file, std::stop_token stop)
      : file_(std::move(file)), stop_(std::move(stop)) {}

  Result<std::size_t> read(std::span<char> into) override {
    if (stop_.stop_requested()) {
      return fail(Errc::kInterrupted, "nobody needs the rest");
    }
    auto got = read_at(file_, offset_, into);
    offset_ += static_cast<std::int64_t>(got.value_or(0));
    return got;
  }

 private:
  Descriptor file_;
  std::stop_token stop_;
  std::int64_t offset_ = 0;
};

}  // namespace

class GrowingFile::Bytes final : public gcode::ByteSource {
 public:
  Bytes(std::shared_ptr<GrowingFile> file, std::chrono::milliseconds patience, std::stop_token stop)
      : file_(std::move(file)), patience_(patience), stop_(std::move(stop)) {}

  Result<std::size_t> read(std::span<char> into) override {
    std::int64_t there = 0;
    {
      std::unique_lock lock(file_->mutex_);
      file_->read_to_ = offset_;
      const bool came = file_->changed_.wait_for(lock, stop_, patience_, [this] {
        return file_->is_whole_ || file_->size_ - offset_ >= kStep;
      });
      if (stop_.stop_requested()) {
        return fail(Errc::kInterrupted, "nobody needs the rest");
      }
      if (!came) {
        return fail(Errc::kInterrupted,
                    fmt::format("less than {} bytes came within {:g} s", kStep,
                                std::chrono::duration<double>(patience_).count()));
      }
      there = file_->size_ - offset_;
    }
    if (there == 0) {
      return 0;
    }
    auto got = read_at(file_->file_, offset_,
                       into.first(std::min(into.size(), static_cast<std::size_t>(there))));
    if (got && *got == 0) {
      return fail(Errc::kIo, "the file is shorter than what was written to it");
    }
    offset_ += static_cast<std::int64_t>(got.value_or(0));
    return got;
  }

 private:
  std::shared_ptr<GrowingFile> file_;
  std::chrono::milliseconds patience_;
  std::stop_token stop_;
  std::int64_t offset_ = 0;
};

void GrowingFile::grown_to(std::int64_t size) {
  bool is_awaited = false;
  {
    const std::lock_guard lock(mutex_);
    size_ = size;
    is_awaited = size_ - read_to_ >= kStep;
  }
  if (is_awaited) {
    changed_.notify_all();
  }
}

void GrowingFile::make_whole() {
  {
    const std::lock_guard lock(mutex_);
    is_whole_ = true;
  }
  changed_.notify_all();
}

std::int64_t GrowingFile::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

std::int64_t GrowingFile::read_to() const {
  const std::lock_guard lock(mutex_);
  return read_to_;
}

std::unique_ptr<gcode::ByteSource> GrowingFile::reader(std::shared_ptr<GrowingFile> file,
                                                       std::chrono::milliseconds patience,
                                                       std::stop_token stop) {
  return std::make_unique<Bytes>(std::move(file), patience, std::move(stop));
}

std::unique_ptr<gcode::ByteSource> whole_file(Descriptor file, std::stop_token stop) {
  return std::make_unique<WholeFile>(std::move(file), std::move(stop));
}

}  // namespace stepcast::files
