#include "stepcast/files/watched_folder.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder_tree.hpp"
#include "library_parts.hpp"

namespace stepcast::files {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kEventBytes = 8192;  // some dozens of events in one go

constexpr std::array<std::string_view, 3> kEndings{".gcode", ".gco", ".g"};

bool is_gcode_name(const std::string& name) {
  std::string ending = std::filesystem::path(name).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return !name.starts_with('.') &&
         std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

/// What changes with a file.
struct Stamp {
  ino_t inode{};
  off_t size{};
  std::int64_t modified_ns{};
  std::int64_t changed_ns{};
  bool operator==(const Stamp&) const = default;
};

std::int64_t nanoseconds(const timespec& time) {
  constexpr std::int64_t kPerSecond = 1'000'000'000;
  return time.tv_sec * kPerSecond + time.tv_nsec;
}

std::optional<Stamp> stamp_of(const struct stat& status) {
  if (!S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  return Stamp{.inode = status.st_ino,
               .size = status.st_size,
               .modified_ns = nanoseconds(status.st_mtim),
               .changed_ns = nanoseconds(status.st_ctim)};
}

/// A lease to read is granted only while nobody writes. Where it cannot be had for another reason
/// (the file is somebody else's, the file system has no leases), nothing is known.
bool is_surely_being_written(int file) {
  // Who opens the file meanwhile makes the kernel send SIGIO, which ends a process: it is for this
  // thread alone, which blocks it.
  const f_owner_ex owner{F_OWNER_TID, gettid()};
  if (fcntl(file, F_SETOWN_EX, &owner) != 0) {
    return false;
  }
  if (fcntl(file, F_SETLEASE, F_RDLCK) == 0) {
    fcntl(file, F_SETLEASE, F_UNLCK);
    return false;
  }
  return errno == EAGAIN;
}

void block_lease_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGIO);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

tl::unexpected<Error> watch_error(std::string_view what, const std::filesystem::path& folder,
                                  int error) {
  return fail(error == EACCES || error == EPERM ? Errc::kDenied
              : error == ENOENT                 ? Errc::kNotFound
                                                : Errc::kIo,
              fmt::format("the watched folder cannot be {}: {}", what,
                          std::generic_category().message(error)),
              folder.string(), "check files.watched_folder and its owner");
}

}  // namespace

class WatchedFolder::Impl {
 public:
  Impl(Library& library, Options options) : library_(library), options_(std::move(options)) {}
  ~Impl() {
    thread_.request_stop();
    if (wake_.is_open()) {
      eventfd_write(wake_.get(), 1);
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> open() {
    std::error_code error;
    std::filesystem::create_directories(options_.folder, error);
    folder_ = Descriptor(::open(options_.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder_.is_open()) {
      return watch_error("opened", options_.folder, errno);
    }
    if (faccessat(folder_.get(), ".", R_OK | W_OK | X_OK, 0) != 0) {
      return watch_error("written: what is taken in is removed there", options_.folder, errno);
    }
    notify_ = Descriptor(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    wake_ = Descriptor(eventfd(0, EFD_CLOEXEC));
    if (!notify_.is_open() || !wake_.is_open() ||
        inotify_add_watch(notify_.get(), options_.folder.c_str(),
                          IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE) <
            0) {
      return watch_error("watched", options_.folder, errno);
    }
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    return {};
  }

 private:
  /// A file that is there and not taken yet.
  struct Waiting {
    Stamp stamp;
    Clock::time_point due;  ///< When it is looked at again; never: when it changes.
    std::optional<Errc> told{};
  };
  static constexpr Clock::time_point kNever = Clock::time_point::max();

  void run(const std::stop_token& stop) {
    block_lease_signals();
    while (!stop.stop_requested()) {
      look_through(stop);
      sleep();
    }
  }

  // Until something happens, or a file is due.
  void sleep() {
    Clock::time_point until = Clock::now() + options_.look_every;
    for (const auto& [name, file] : waiting_) {
      until = std::min(until, file.due);
    }
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
    std::array<pollfd, 2> sources{pollfd{notify_.get(), POLLIN, 0}, pollfd{wake_.get(), POLLIN, 0}};
    if (left.count() > 0) {
      poll(sources.data(), sources.size(), static_cast<int>(left.count()));
    }
    learn_who_writes();
  }

  // Files are found by looking, so that lost events lose none; but only events tell of a file of
  // another user that its writer has made a long pause.
  void learn_who_writes() {
    alignas(inotify_event) std::array<char, kEventBytes> events{};
    for (;;) {
      const ssize_t got = ::read(notify_.get(), events.data(), events.size());
      if (got <= 0) {
        return;
      }
      for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
        inotify_event event{};
        std::memcpy(&event, events.data() + at, sizeof event);
        const std::string name =
            event.len > 0 ? std::string(events.data() + at + sizeof event) : std::string();
        if ((event.mask & IN_Q_OVERFLOW) != 0) {
          being_written_.clear();
        } else if ((event.mask & IN_MODIFY) != 0) {
          being_written_.insert(name);
        } else {
          being_written_.erase(name);  // closed, moved here, or gone
        }
        at += sizeof event + event.len;
      }
    }
  }

  void look_through(const std::stop_token& stop) {
    std::set<std::string> there;
    for (std::string& name : names_in(folder_.get())) {
      if (is_gcode_name(name)) {
        there.insert(std::move(name));
      }
    }
    std::erase_if(waiting_, [&](const auto& one) { return there.count(one.first) == 0; });
    for (const std::string& name : there) {
      if (stop.stop_requested()) {
        return;
      }
      look_at(name, stop);
    }
  }

  void look_at(const std::string& name, const std::stop_token& stop) {
    struct stat status {};
    if (fstatat(folder_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      return;
    }
    const auto stamp = stamp_of(status);
    if (!stamp) {
      return;  // a folder, a link, a pipe
    }
    const auto [it, is_new] = waiting_.try_emplace(name);
    Waiting& file = it->second;
    const auto now = Clock::now();
    if (is_new || file.stamp != *stamp) {
      file = {.stamp = *stamp, .due = now + options_.quiet};
    }
    if (file.due > now) {
      return;
    }
    if (being_written_.count(name) != 0) {
      file.due = now + options_.quiet;
      return;
    }
    const auto taken = take(name, file.stamp, stop);
    if (!taken) {  // its time begins anew
      file.due = now + options_.quiet;
      return;
    }
    if (*taken) {
      waiting_.erase(it);
      options_.tell(name, *taken);
      return;
    }
    const Errc code = taken->error().code;
    const bool may_pass = code == Errc::kFull || code == Errc::kBusy || code == Errc::kIo;
    file.due = may_pass ? now + options_.retry : kNever;
    if (std::exchange(file.told, code) != code) {
      options_.tell(name, *taken);
    }
  }

  /// @returns nothing if somebody still works on the file, or the server stops.
  std::optional<Result<Entry>> take(const std::string& name, const Stamp& stamp,
                                    const std::stop_token& stop);

  Library& library_;
  const Options options_;
  Descriptor folder_;
  Descriptor notify_;
  Descriptor wake_;
  std::map<std::string, Waiting> waiting_;
  std::set<std::string> being_written_;
  std::jthread thread_;  // last: it uses the rest
};

std::optional<Result<Entry>> WatchedFolder::Impl::take(const std::string& name, const Stamp& stamp,
                                                       const std::stop_token& stop) {
  const auto as_it_was = [&](int result, const struct stat& status) {
    return result == 0 && stamp_of(status) == stamp;
  };
  const Descriptor file(
      openat(folder_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file.is_open() && errno != ENOENT) {
    return fail(Errc::kDenied,
                fmt::format("cannot be read: {}", std::generic_category().message(errno)), name,
                "let the server's user read it");
  }
  if (!file.is_open() || !as_it_was(fstat(file.get(), &status), status) ||
      is_surely_being_written(file.get())) {
    return std::nullopt;
  }
  const auto path = LibraryPath::parse(name);
  if (!path) {
    return tl::unexpected(path.error());
  }
  auto upload = library_.begin_upload(*path, {});
  if (!upload) {
    return tl::unexpected(upload.error());
  }
  auto read = read_file(file, name, [&](std::span<const char> bytes) -> Result<void> {
    return stop.stop_requested() ? fail(Errc::kInterrupted, "the server stops")
                                 : (*upload)->write(bytes);
  });
  if (!read && read.error().code == Errc::kInterrupted) {
    return std::nullopt;
  }
  if (!read) {
    return tl::unexpected(read.error());
  }
  if (!as_it_was(fstat(file.get(), &status), status)) {
    return std::nullopt;
  }
  auto entry = (*upload)->commit();
  // A file that took its name in the meantime has its own turn.
  if (entry &&
      as_it_was(fstatat(folder_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW), status) &&
      unlinkat(folder_.get(), name.c_str(), 0) != 0) {
    return fail(Errc::kDenied,
                fmt::format("it was taken in, but cannot be removed from the watched folder: {}",
                            std::generic_category().message(errno)),
                name, "remove it, or it is taken in again when the server starts");
  }
  return entry;
}

Result<std::unique_ptr<WatchedFolder>> WatchedFolder::open(Library& library, Options options) {
  auto impl = std::make_unique<Impl>(library, std::move(options));
  if (auto opened = impl->open(); !opened) {
    return tl::unexpected(opened.error());
  }
  return std::unique_ptr<WatchedFolder>(new WatchedFolder(std::move(impl)));
}

WatchedFolder::WatchedFolder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WatchedFolder::~WatchedFolder() = default;

}  // namespace stepcast::files
