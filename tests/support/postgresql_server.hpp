#pragma once

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_folder.hpp"

namespace stepcast::testing {

/// A PostgreSQL server of its own in a temporary folder, behind a local socket.
class PostgresqlServer {
 public:
  /// The newest folder with the server's programs; nothing where it is not installed.
  static std::optional<std::filesystem::path> programs() {
    std::vector<std::filesystem::path> found;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
      if (std::filesystem::exists(entry.path() / "bin" / "initdb")) {
        found.push_back(entry.path() / "bin");
      }
    }
    return found.empty() ? std::nullopt
                         : std::optional(*std::max_element(found.begin(), found.end()));
  }

  PostgresqlServer() {
    const auto bin = programs().value();
    const auto data = (folder_.path() / "data").string();
    if (::geteuid() == 0) {  // the server refuses to run as root
      if (const auto* user = ::getpwnam("postgres"); user != nullptr) {
        user_ = user->pw_uid;
        group_ = user->pw_gid;
        static_cast<void>(::chown(folder_.path().c_str(), user_, group_) == 0);
      }
    }
    wait_for(start({(bin / "initdb").string(), "-D", data, "-U", "stepcast", "-A", "trust", "-E",
                    "UTF8", "--no-sync"}));
    arguments_ = {
        (bin / "postgres").string(), "-D", data,       "-k", folder_.path().string(), "-c",
        "listen_addresses=",         "-c", "fsync=off"};
    run();
  }
  ~PostgresqlServer() { stop(); }
  PostgresqlServer(const PostgresqlServer&) = delete;
  PostgresqlServer& operator=(const PostgresqlServer&) = delete;

  void run() { server_ = start(arguments_); }
  /// Cuts all connections.
  void stop() {
    if (server_ > 0) {
      ::kill(server_, SIGINT);
      wait_for(server_);
      server_ = 0;
    }
  }

  /// As if it had crashed: nothing is finished, nobody is told.
  void crash() {
    if (server_ > 0) {
      ::kill(server_, SIGQUIT);
      wait_for(server_);
      server_ = 0;
    }
  }

  /// Runs a script as its program for people does; the server must run. @returns whether it did.
  [[nodiscard]] bool execute(const std::filesystem::path& script) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (true) {
      const pid_t child = start({(programs().value() / "psql").string(), "-q", "-v",
                                 "ON_ERROR_STOP=1", "-h", folder_.path().string(), "-U", "stepcast",
                                 "-d", "postgres", "-f", script.string()});
      int status = 0;
      ::waitpid(child, &status, 0);
      constexpr int kNoConnection = 2;
      if (!WIFEXITED(status) || WEXITSTATUS(status) != kNoConnection ||
          std::chrono::steady_clock::now() > end) {
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  [[nodiscard]] std::string url() const {
    std::string host;
    for (const char c : folder_.path().string()) {
      host += c == '/' ? "%2F" : c == ' ' ? "%20" : std::string(1, c);
    }
    return "postgresql://stepcast@" + host + "/postgres";
  }

  /// Opens a store as soon as the server answers; gives up after 20 s.
  [[nodiscard]] Result<std::unique_ptr<store::Store>> try_open() const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (true) {
      auto opened = store::Store::open({.url = url(), .readers = 2});
      if (opened || opened.error().code != Errc::kNetwork ||
          std::chrono::steady_clock::now() > end) {
        return opened;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

 private:
  [[nodiscard]] pid_t start(std::vector<std::string> arguments) const {
    std::vector<char*> raw;
    for (auto& argument : arguments) {
      raw.push_back(argument.data());
    }
    raw.push_back(nullptr);
    const pid_t child = ::fork();
    if (child != 0) {
      return child;
    }
    const int quiet = ::open("/dev/null", O_RDWR);
    ::dup2(quiet, STDOUT_FILENO);
    ::dup2(quiet, STDERR_FILENO);
    if (user_ != 0 && (::setgid(group_) != 0 || ::setuid(user_) != 0)) {
      ::_exit(1);
    }
    static_cast<void>(::chdir(folder_.path().c_str()) == 0);
    ::execv(raw[0], raw.data());
    ::_exit(1);
  }
  static void wait_for(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
  }

  StoreFolder folder_;
  uid_t user_ = 0;
  gid_t group_ = 0;
  std::vector<std::string> arguments_;
  pid_t server_ = 0;
};

}  // namespace stepcast::testing
