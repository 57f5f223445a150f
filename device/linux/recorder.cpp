#include "stepcast/device/recorder.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace stepcast::device {
namespace {

Error write_error(const std::filesystem::path& path, int code) {
  // The threads of a device do not change the locale, which is all that strerror shares.
  const char* reason = std::strerror(code);  // NOLINT(concurrency-mt-unsafe)
  return {Errc::kIo, fmt::format("the recording cannot be written: {}", reason), path.string(),
          "choose a writable file with enough space: a print needs 20 kB/s"};
}

}  // namespace

FileRecorder::FileRecorder(std::filesystem::path path, std::FILE* file)
    : path_(std::move(path)), file_(file) {}

Result<std::unique_ptr<FileRecorder>> FileRecorder::open(const std::filesystem::path& path) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) {
    return tl::unexpected(write_error(path, errno));
  }
  return std::unique_ptr<FileRecorder>(new FileRecorder(path, file));
}

void FileRecorder::on_stream(std::span<const std::uint8_t> ticks) {
  if (file_ && std::fwrite(ticks.data(), 1, ticks.size(), file_.get()) != ticks.size()) {
    failed_ = true;
  }
}

Result<void> FileRecorder::close() {
  const int flushed = file_ ? std::fclose(file_.release()) : 0;
  if (failed_ || flushed != 0) {
    return tl::unexpected(write_error(path_, errno));
  }
  return {};
}

}  // namespace stepcast::device
