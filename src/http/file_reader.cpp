#include "file_reader.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace stepcast::http {

FileReader::~FileReader() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

Result<FileFacts> FileReader::open(const std::filesystem::path& file) {
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  descriptor_ = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) {
    return errno == EACCES ? fail(Errc::kDenied, "the file may not be read")
                           : fail(Errc::kNotFound, "the file is not there");
  }
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(Errc::kNotFound, "this is not a plain file");
  }
  return FileFacts{.size = static_cast<std::uint64_t>(status.st_size),
                   .modified_s = status.st_mtim.tv_sec,
                   .modified_ns = status.st_mtim.tv_nsec};
}

std::size_t FileReader::read_at(std::uint64_t offset, std::span<char> into) const {
  ssize_t count = -1;
  do {
    count = ::pread(descriptor_, into.data(), into.size(), static_cast<off_t>(offset));
  } while (count < 0 && errno == EINTR);
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

}  // namespace stepcast::http
