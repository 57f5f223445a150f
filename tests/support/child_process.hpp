#pragma once

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace stepcast::testing {

/// A program that a test talks to: its output is kept line by line, standard error included.
///
/// The program holds the read end of a pipe as its standard input and is expected to end with it,
/// so that none outlives a test that is killed.
class ChildProcess {
 public:
  explicit ChildProcess(std::vector<std::string> arguments) {
    int input[2];
    int output[2];
    // Only the program itself may hold the ends that tell it, or us, that the other has gone.
    if (::pipe2(static_cast<int*>(input), O_CLOEXEC) != 0 ||
        ::pipe2(static_cast<int*>(output), O_CLOEXEC) != 0) {
      throw std::runtime_error("no pipe");
    }
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output[1], STDERR_FILENO);
    std::vector<char*> raw;
    for (auto& argument : arguments) {
      raw.push_back(argument.data());
    }
    raw.push_back(nullptr);
    const int error = ::posix_spawn(&child_, raw[0], &actions, nullptr, raw.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(input[0]);
    ::close(output[1]);
    input_ = input[1];
    output_ = output[0];
    if (error != 0) {
      throw std::runtime_error("cannot start " + arguments[0] +
                               "; scripts/install_peers.sh installs what tests talk to");
    }
    reader_ = std::jthread([this] { read(); });
  }
  ~ChildProcess() {
    kill();
    reader_ = {};
    ::close(input_);
    ::close(output_);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void signal(int number) const {
    if (child_ > 0) {
      ::kill(child_, number);
    }
  }
  /// As if its plug had been pulled; returns when it is gone.
  void kill() {
    if (child_ > 0) {
      signal(SIGKILL);
      int status = 0;
      ::waitpid(child_, &status, 0);
      child_ = 0;
    }
  }

  /// What follows `start` in the first line, from the `skip`th on, that begins with it.
  /// Throws, with all that the program has said, if it ends or does not say that in time.
  [[nodiscard]] std::string wait_for_line(
      std::string_view start, std::size_t skip = 0,
      std::chrono::seconds patience = std::chrono::seconds(90)) {
    std::unique_lock lock(mutex_);
    std::string found;
    const bool came = changed_.wait_for(lock, patience, [&] {
      std::size_t count = 0;
      for (const auto& line : lines_) {
        if (line.starts_with(start) && count++ == skip) {
          found = line.substr(start.size());
          return true;
        }
      }
      return ended_;
    });
    if (came && !(ended_ && found.empty())) {
      return found;
    }
    std::string all;
    for (const auto& line : lines_) {
      all += line + '\n';
    }
    throw std::runtime_error("no line '" + std::string(start) + "' in:\n" + all);
  }

 private:
  void read() {
    std::string rest;
    char bytes[4096];
    for (ssize_t count = 0; (count = ::read(output_, bytes, sizeof(bytes))) > 0;) {
      rest.append(bytes, static_cast<std::size_t>(count));
      const std::lock_guard lock(mutex_);
      for (std::size_t end = 0; (end = rest.find('\n')) != std::string::npos;) {
        lines_.push_back(rest.substr(0, end));
        rest.erase(0, end + 1);
      }
      changed_.notify_all();
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

  pid_t child_ = 0;
  int input_ = -1;
  int output_ = -1;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  bool ended_ = false;
  std::jthread reader_;  // last: it uses the rest
};

}  // namespace stepcast::testing
