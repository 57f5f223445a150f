#include "command.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stepcast::notify {
namespace {

// Of what a program wrote, its end says best what went wrong.
constexpr std::size_t kKeptOutput = 400;

std::string text_of(int error) {
  return std::generic_category().message(error);
}

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

// A file in memory: unlike a pipe it takes all of the input, whether the program reads it or not.
Result<Descriptor> file_of(std::string_view input) {
  Descriptor file(::memfd_create("event", MFD_CLOEXEC));
  while (file.get() >= 0 && !input.empty()) {
    const ssize_t written = ::write(file.get(), input.data(), input.size());
    if (written <= 0) {
      return fail(Errc::kIo, fmt::format("no memory for an event: {}", text_of(errno)));
    }
    input.remove_prefix(static_cast<std::size_t>(written));
  }
  if (file.get() < 0 || ::lseek(file.get(), 0, SEEK_SET) != 0) {
    return fail(Errc::kIo, fmt::format("no memory for an event: {}", text_of(errno)));
  }
  return file;
}

std::vector<std::string> environment() {
  std::vector<std::string> kept;
  for (const char* name : {"PATH", "HOME", "LANG"}) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets variables once there are threads
    if (const char* value = std::getenv(name)) {
      kept.push_back(fmt::format("{}={}", name, value));
    }
  }
  return kept;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) {
    pointers.push_back(text.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

// What posix_spawn is told; freed at the end.
struct Settings {
  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};
  Settings(int input, int output) {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    ::posix_spawnattr_init(&attributes);
    // A group of its own can be killed as a whole, and no signal of ours is blocked in it.
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  }
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;
  Settings(Settings&&) = delete;
  Settings& operator=(Settings&&) = delete;
  ~Settings() {
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
  }
};

// Appends what can be read now, and forgets the beginning. @returns false at the end.
bool read_some(int from, std::string& tail) {
  std::array<char, 4096> bytes{};
  const ssize_t count = ::read(from, bytes.data(), bytes.size());
  if (count <= 0) {
    return count < 0 && (errno == EAGAIN || errno == EINTR);
  }
  tail.append(bytes.data(), static_cast<std::size_t>(count));
  if (tail.size() > kKeptOutput) {
    tail.erase(0, tail.size() - kKeptOutput);
  }
  return true;
}

// @returns whether the program ended in time.
bool wait_for_end(int process, int output, std::chrono::milliseconds limit, std::string& tail) {
  const auto end = std::chrono::steady_clock::now() + limit;
  std::array<pollfd, 2> waiting{pollfd{.fd = process, .events = POLLIN, .revents = 0},
                                pollfd{.fd = output, .events = POLLIN, .revents = 0}};
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      return false;
    }
    if (::poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) <= 0) {
      continue;
    }
    if (waiting[1].revents != 0 && !read_some(output, tail)) {
      waiting[1].fd = -1;  // closed its output, and may go on
    }
    if (waiting[0].revents != 0) {
      return true;
    }
  }
}

}  // namespace

Result<void> run_command(const std::vector<std::string>& command, std::string_view input,
                         std::chrono::milliseconds limit) {
  auto file = file_of(input);
  if (!file) {
    return tl::unexpected(file.error());
  }
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    return fail(Errc::kIo, fmt::format("no pipe: {}", text_of(errno)));
  }
  const Descriptor output(ends[0]);
  Descriptor input_of_output(ends[1]);
  std::vector<std::string> arguments = command;
  std::vector<std::string> variables = environment();
  const Settings settings(file->get(), input_of_output.get());
  pid_t child = 0;
  const int error =
      ::posix_spawnp(&child, arguments.front().c_str(), &settings.files, &settings.attributes,
                     pointers_to(arguments).data(), pointers_to(variables).data());
  if (error != 0) {
    return fail(Errc::kNotFound, fmt::format("cannot be started: {}", text_of(error)),
                command.front());
  }
  input_of_output = Descriptor();
  // Not by <sys/pidfd.h>, whose declarations of glibc 2.36 C++ cannot link with.
  const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  std::string tail;
  const bool ended = process.get() >= 0 && wait_for_end(process.get(), output.get(), limit, tail);
  // Also after a good end: what it left behind in its group would outlive the server.
  ::kill(-child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!ended) {
    return fail(Errc::kInterrupted, fmt::format("ran longer than {} ms", limit.count()),
                command.front(), "raise timeout_s, or let it hand its work on");
  }
  errno = 0;
  while (read_some(output.get(), tail) && errno == 0) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    return {};
  }
  const std::string how = WIFEXITED(status) ? fmt::format("status {}", WEXITSTATUS(status))
                                            : fmt::format("signal {}", WTERMSIG(status));
  return fail(Errc::kFault, fmt::format("ended with {}: {}", how, tail), command.front());
}

}  // namespace stepcast::notify
