#include "stepcast/base/whole_file.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace stepcast {
namespace {

constexpr std::uintmax_t kLargestText = 1'000'000'000;  // labels of a million pictures

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const auto count = ::write(descriptor, content.data(), content.size());
    if (count < 0 && errno != EINTR) {
      return false;
    }
    content.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  return ::fsync(descriptor) == 0;
}

tl::unexpected<Error> not_written(const std::filesystem::path& file) {
  return fail(Errc::kIo, fmt::format("cannot be written: {}", std::strerror(errno)), file.string());
}

}  // namespace

Result<std::string> read_text(const std::filesystem::path& file) {
  std::error_code problem;
  const auto size = std::filesystem::file_size(file, problem);
  if (problem) {
    return fail(problem == std::errc::no_such_file_or_directory ? Errc::kNotFound : Errc::kIo,
                fmt::format("cannot be opened: {}", problem.message()), file.string());
  }
  if (size > kLargestText) {
    return fail(Errc::kOutOfRange, fmt::format("has {} bytes, the most is {}", size, kLargestText),
                file.string());
  }
  std::ifstream stream(file, std::ios::binary);
  std::string text(static_cast<std::size_t>(size), '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream) {
    return fail(Errc::kIo, "cannot be read", file.string());
  }
  return text;
}

Result<void> write_whole(const std::filesystem::path& file, std::string_view content) {
  const auto fresh = file.string() + ".new";
  {
    constexpr int kMode = 0644;
    const Descriptor out(::open(fresh.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, kMode));
    if (out.number() < 0 || !write_all(out.number(), content)) {
      return not_written(file);
    }
  }
  if (std::rename(fresh.c_str(), file.c_str()) != 0) {
    return not_written(file);
  }
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  const Descriptor entry(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (entry.number() < 0 || ::fsync(entry.number()) != 0) {
    return not_written(file);
  }
  return {};
}

std::filesystem::path tidy(const std::filesystem::path& path) {
  std::error_code problem;
  auto whole = std::filesystem::weakly_canonical(std::filesystem::absolute(path), problem);
  return problem ? std::filesystem::absolute(path).lexically_normal() : whole;
}

}  // namespace stepcast
