#include "system_command.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>
#include <thread>

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stepcast::server {
namespace {

constexpr std::chrono::milliseconds kLookEach{20};

struct SpawnAttributes {
  SpawnAttributes() { posix_spawnattr_init(&value); }
  ~SpawnAttributes() { posix_spawnattr_destroy(&value); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  posix_spawnattr_t value{};
};

}  // namespace

Result<void> run_system_command(const std::string& command, std::chrono::milliseconds limit) {
  SpawnAttributes attributes;
  // The daemon blocks the signals that end it; its children must not inherit that.
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes.value, &none);
  posix_spawnattr_setpgroup(&attributes.value, 0);
  posix_spawnattr_setflags(&attributes.value, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  std::string shell = "/bin/sh";
  std::string option = "-c";
  std::string line = command;
  const std::array<char*, 4> arguments{shell.data(), option.data(), line.data(), nullptr};
  pid_t process = 0;
  if (const int error = posix_spawn(&process, shell.c_str(), nullptr, &attributes.value,
                                    arguments.data(), environ);
      error != 0) {
    return fail(Errc::kIo, fmt::format("the command cannot be started: {}",
                                       std::generic_category().message(error)));
  }
  const auto end = std::chrono::steady_clock::now() + limit;
  int status = 0;
  while (waitpid(process, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > end) {
      std::thread([process] {
        int ignored = 0;
        waitpid(process, &ignored, 0);
      }).detach();
      return {};
    }
    std::this_thread::sleep_for(kLookEach);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    return {};
  }
  return fail(Errc::kFault,
              WIFEXITED(status) ? fmt::format("the command ended with {}", WEXITSTATUS(status))
                                : std::string("the command was ended by a signal"),
              {}, "try it in a shell as the user of the server");
}

}  // namespace stepcast::server
