#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "stepcast/base/result.hpp"
#include "stepcast/mqtt/bridge.hpp"

struct mosquitto;

namespace stepcast::mqtt {

/// One connection to a broker. Threads: one.
class Client {
 public:
  struct Observer {
    std::function<void()> on_connected;
    std::function<void(const std::string&)> on_refused;  ///< Says why.
    std::function<void(std::string_view topic, std::string_view payload, bool retained)> on_message;
  };
  /// @param will_topic is told "offline", retained, when this client goes away without a word.
  [[nodiscard]] static Result<std::unique_ptr<Client>> create(const Bridge::Options& options,
                                                              const std::string& will_topic,
                                                              Observer observer);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Client(Client&&) = delete;
  Client& operator=(Client&&) = delete;

  /// Begins to connect; looking up the name may take seconds.
  [[nodiscard]] Result<void> connect();
  /// Sends and receives what there is, waiting at most for `wait_ms`.
  [[nodiscard]] Result<void> work(int wait_ms);
  void disconnect();

  /// At least once while the connection stands.
  [[nodiscard]] Result<void> publish(const std::string& topic, const std::string& payload,
                                     bool retain);
  /// At most once.
  [[nodiscard]] Result<void> subscribe(const std::string& topic);

  // Called by the library.
  void connected(int code) const;
  void received(std::string_view topic, std::string_view payload, bool retained) const;

 private:
  struct Ends {
    void operator()(mosquitto* handle) const;
  };
  Client(std::string host, std::uint16_t port, Observer observer);

  std::string host_;
  std::uint16_t port_;
  Observer observer_;
  std::unique_ptr<mosquitto, Ends> handle_;
};

}  // namespace stepcast::mqtt
