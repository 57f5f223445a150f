#pragma once

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <stdlib.h>

#include "stepcast/outbound/client.hpp"

#include "child_process.hpp"

namespace stepcast::testing {

/// A real OctoPrint with its virtual printer (tests/peers/octoprint_server.py). It takes seconds to
/// start, so there is one for a whole test program.
class RealOctoPrint {
 public:
  static RealOctoPrint& shared() {
    static RealOctoPrint octoprint;
    return octoprint;
  }
  RealOctoPrint(const RealOctoPrint&) = delete;
  RealOctoPrint& operator=(const RealOctoPrint&) = delete;
  ~RealOctoPrint() {
    process_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + port_; }
  [[nodiscard]] static std::string key() { return "a-key-for-tests"; }

  /// Returns when it is ready; at once if it runs.
  void start() {
    if (process_ != nullptr) {
      return;
    }
    std::vector<std::string> arguments = {
        std::string(STEPCAST_PEERS_DIR) + "/bin/python", "-B",
        std::string(STEPCAST_SOURCE_DIR) + "/tests/peers/octoprint_server.py", folder_.string(),
        key()};
    if (!port_.empty()) {
      arguments.push_back(port_);  // where it was before
    }
    process_ = std::make_unique<ChildProcess>(arguments);
    port_ = process_->wait_for_line("port ");
  }
  /// As if somebody had pulled its plug.
  void kill() { process_.reset(); }
  /// It neither answers nor prints until thaw().
  void freeze() const { process_->signal(SIGSTOP); }
  void thaw() const { process_->signal(SIGCONT); }

  [[nodiscard]] outbound::Answer ask(const std::string& method, const std::string& path,
                                     const std::string& body = {}) const {
    auto answer =
        outbound::ask({.method = method,
                       .url = url() + path,
                       .headers = {{"X-Api-Key", key()}, {"Content-Type", "application/json"}},
                       .body = body});
    if (!answer) {
      throw std::runtime_error(answer.error().to_string());
    }
    return std::move(*answer);
  }

  /// Ends what the test before left: running, connected with its printer, and idle.
  void make_idle() {
    start();
    thaw();
    static_cast<void>(ask("POST", "/api/job", R"({"command":"cancel"})"));
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (ask("GET", "/api/job").body.find("\"Operational\"") == std::string::npos) {
      if (std::chrono::steady_clock::now() > end) {
        throw std::runtime_error("OctoPrint does not come to rest");
      }
      if (ask("GET", "/api/job").body.find("\"Offline") != std::string::npos) {
        static_cast<void>(ask("POST", "/api/connection", R"({"command":"connect"})"));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    // Its virtual printer homes at once, and carries out afterwards what a cancelled print left.
    static_cast<void>(ask("POST", "/api/printer/command", R"({"commands":["M400"]})"));
  }

 private:
  RealOctoPrint() {
    auto name = (std::filesystem::temp_directory_path() / "stepcast_octoprint_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw std::runtime_error("cannot make " + name);
    }
    folder_ = name;
    start();
  }

  std::filesystem::path folder_;
  std::string port_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace stepcast::testing
