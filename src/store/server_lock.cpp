#include "server_lock.hpp"

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

namespace stepcast::store {
namespace {

constexpr std::size_t kHolderBytes = 32;  // a process number and a line end
constexpr mode_t kLockMode = 0600;

std::string holder_of(int file) {
  std::array<char, kHolderBytes> text{};
  const auto size = ::pread(file, text.data(), text.size(), 0);
  std::string holder(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return holder.substr(0, holder.find('\n'));
}

}  // namespace

Result<std::unique_ptr<ServerLock>> ServerLock::take(const std::filesystem::path& database) {
  const auto path = database.string() + ".lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kLockMode);
  if (file < 0) {
    return fail(Errc::kIo,
                fmt::format("cannot open the lock: {}", std::generic_category().message(errno)),
                path, "create the folder, or let this user write there");
  }
  std::unique_ptr<ServerLock> lock(new ServerLock(file));
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return fail(Errc::kIo, fmt::format("cannot lock: {}", std::generic_category().message(errno)),
                  path);
    }
    return fail(Errc::kBusy,
                fmt::format("another server (process {}) has this database", holder_of(file)),
                database.string(), "stop it, or give this one a database of its own");
  }
  const auto mine = fmt::format("{}\n", ::getpid());
  // The number is a courtesy to whoever comes second: the lock holds without it.
  if (::ftruncate(file, 0) == 0) {
    static_cast<void>(::pwrite(file, mine.data(), mine.size(), 0) == 0);
  }
  return lock;
}

ServerLock::~ServerLock() {
  ::close(file_);
}

}  // namespace stepcast::store
