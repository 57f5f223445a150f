#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/accounts/accounts.hpp"
#include "stepcast/jobs/runner.hpp"
#include "stepcast/octoprint/push_message.hpp"

#include "log_tail.hpp"
#include "octoprint_json.hpp"
#include "session_tokens.hpp"
#include "temperature_history.hpp"

namespace stepcast::server::octoprint {

/// How messages get to one client of the push interface. Threads: any.
class PushChannel {
 public:
  virtual ~PushChannel() = default;
  /// Never dropped.
  virtual void send(const std::string& message) = 0;
  /// Replaces one that waits.
  virtual void send_latest(const std::string& message) = 0;
};

class PushClient;

/// What all clients of the push interface share. They leave by themselves, so it outlives the
/// service if need be.
struct PushHub {
  PushHub(accounts::Accounts& the_accounts, SessionTokens& the_tokens,
          TemperatureHistory& the_temperatures)
      : accounts(the_accounts), tokens(the_tokens), temperatures(the_temperatures) {}

  accounts::Accounts& accounts;
  SessionTokens& tokens;
  TemperatureHistory& temperatures;
  LogTail logs;

  std::mutex mutex;  ///< Of the rest, and of what PushClient says.
  std::vector<PushClient*> clients;
};

/// One client: says who it is, then hears what it has subscribed to.
///
/// Nothing but `connected` goes to a client that may not see the STATUS of its printer. Whoever
/// opens the connection with an API key has said who it is; a cookie does not count, since pages of
/// others can make a browser open a socket.
///
/// Threads: received() on one at a time; the rest as said.
class PushClient {
 public:
  /// `who`: of the request that opened it.
  PushClient(std::shared_ptr<PushHub> hub, jobs::Runner& runner, const accounts::Principal& who,
             std::shared_ptr<PushChannel> channel);
  ~PushClient();
  PushClient(const PushClient&) = delete;
  PushClient& operator=(const PushClient&) = delete;

  /// A message of the client, without the frame of a transport.
  void received(std::string_view message);

  // With PushHub::mutex held.

  [[nodiscard]] const jobs::Runner* runner() const { return &runner_; }
  /// Is it time for the next `current`? Counts the calls.
  [[nodiscard]] bool is_due();
  /// After is_due() said so. `current`: what is in it, without log lines; `text`: the message.
  void send_current_if_due(const Json& current, const std::string& text);
  void send_event(std::string_view type, const std::string& text);
  /// Ends what the client hears when its login is over.
  void check_login();

 private:
  struct Login {
    accounts::Principal who;
    std::string auth;  ///< What it sent; empty: it came with a key.
  };

  void log_in(const std::string& auth);
  void begin(Login login);
  [[nodiscard]] std::vector<std::string> new_lines();
  void send(const Json& message);

  std::shared_ptr<PushHub> hub_;
  jobs::Runner& runner_;
  std::shared_ptr<PushChannel> channel_;
  std::optional<Login> login_;  ///< Hears if there is one.
  stepcast::octoprint::Subscription subscription_;
  int throttle_ = 1;
  int ticks_ = 0;
  bool due_ = false;
  std::uint64_t last_line_ = 0;  ///< Of the log, that the client knows of.
};

}  // namespace stepcast::server::octoprint
