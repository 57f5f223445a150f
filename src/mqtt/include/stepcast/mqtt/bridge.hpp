#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/events/log.hpp"
#include "stepcast/jobs/runner.hpp"
#include "stepcast/texts/texts.hpp"

namespace stepcast::mqtt {

/// Shows printers to an MQTT broker and, if told so, takes commands from it. docs/integrations.md
/// lists the topics.
///
/// What it says is the state of now, retained; events are queued while the broker is away, as many
/// as kMostWaiting. It connects again by itself, later and later.
///
/// Threads: any; one of its own speaks with the broker, and nobody ever waits for that one but the
/// destructor.
class Bridge {
 public:
  /// Who asked, for events and the audit trail: the broker alone knows the person.
  static constexpr const char* kUser = "mqtt";

  struct Options {
    std::string host;
    std::uint16_t port = 1883;
    std::string client_id;  ///< Of this server alone: a second one would throw it out.
    bool tls = false;
    std::filesystem::path ca_file;      ///< Empty: the authorities of the system.
    std::filesystem::path certificate;  ///< Of the client; empty: none.
    std::filesystem::path key;
    std::string user;
    std::string password;
    std::string prefix = "stepcast";
    std::string discovery = "homeassistant";  ///< Empty: none.
    bool commands = false;                    ///< Take pause, resume and cancel.
    texts::Language language = texts::Language::kEnglish;
    std::string server_name;
    std::string version;
    std::function<void(const std::string&)> on_problem;
    /// A printer has carried out a command; called by the bridge's own thread.
    std::function<void(const std::string& printer, const std::string& command)> on_command;
  };
  /// Of events, until the broker is back: an hour of a busy printer.
  static constexpr std::size_t kMostWaiting = 1000;

  /// `printers` and `log` must outlive it.
  /// @returns kInvalidArgument: certificates that cannot be used, a prefix with wildcards. That the
  /// broker is not there is no error.
  [[nodiscard]] static Result<std::unique_ptr<Bridge>> start(Options options,
                                                             std::vector<jobs::Runner*> printers,
                                                             events::Log& log);
  ~Bridge();

  struct State {
    bool connected{};
    std::uint64_t published{};
    std::uint64_t dropped{};      ///< Events that found no room.
    std::uint64_t connections{};  ///< Since the start.
    std::uint64_t commands{};     ///< Taken.
    std::uint64_t refused{};      ///< Commands.
  };
  [[nodiscard]] State state() const;

 private:
  class Impl;
  explicit Bridge(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::mqtt
