#include "octoprint_push.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <utility>

#include "stepcast/octoprint/sockjs.hpp"
#include "stepcast/server/authentication.hpp"

#include "push_json.hpp"

namespace stepcast::server::octoprint {
namespace {

constexpr std::chrono::milliseconds kTick{500};
// In ticks: a sample of the temperatures each two seconds, a look at the logins each five.
constexpr int kSampleEach = 4;
constexpr int kCheckLoginsEach = 10;
constexpr std::uint32_t kCurrentTopic = 1;

std::int64_t unix_now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void tell_clients(PushHub& hub, const events::Event& event) {
  std::string text;  // made once for all clients, if there are any
  const std::scoped_lock lock(hub.mutex);
  for (PushClient* client : hub.clients) {
    if (!event.printer.empty() && event.printer != client->runner()->identity().id) {
      continue;
    }
    if (text.empty()) {
      text = text_of(event_json(event));
    }
    client->send_event(event.type, text);
  }
}

// A WebSocket, raw or in the frames of SockJS.
class SocketChannel final : public PushChannel {
 public:
  SocketChannel(std::shared_ptr<http::SocketWriter> writer, bool framed)
      : writer_(std::move(writer)), framed_(framed) {}
  void send(const std::string& message) override { writer_->send_text(written(message)); }
  void send_latest(const std::string& message) override {
    writer_->send_latest(kCurrentTopic, written(message), /*binary=*/false);
  }

 private:
  [[nodiscard]] std::string written(const std::string& message) const {
    return framed_ ? stepcast::octoprint::sockjs::message_frame(message) : message;
  }
  std::shared_ptr<http::SocketWriter> writer_;
  bool framed_;
};

class PushSocket final : public http::SocketHandler {
 public:
  PushSocket(std::shared_ptr<PushHub> hub, jobs::Runner& runner, accounts::Principal who,
             bool framed)
      : hub_(std::move(hub)), runner_(runner), who_(std::move(who)), framed_(framed) {}

  void opened(std::shared_ptr<http::SocketWriter> writer) override {
    namespace sockjs = stepcast::octoprint::sockjs;
    if (framed_) {
      writer->send_text(std::string(sockjs::kOpenFrame));
    }
    client_.emplace(hub_, runner_, who_,
                    std::make_shared<SocketChannel>(std::move(writer), framed_));
  }
  void received(std::string_view message, bool /*binary*/) override {
    if (!framed_) {
      client_->received(message);
      return;
    }
    for (const std::string& item : stepcast::octoprint::sockjs::messages_in(message)) {
      client_->received(item);
    }
  }
  void closed() override { client_.reset(); }

 private:
  std::shared_ptr<PushHub> hub_;
  jobs::Runner& runner_;
  accounts::Principal who_;
  bool framed_;
  std::optional<PushClient> client_;
};

}  // namespace

Push::Push(Site& site, SessionTokens& tokens, TemperatureHistory& temperatures)
    : site_(site),
      hub_(std::make_shared<PushHub>(site.accounts, tokens, temperatures)),
      xhr_(hub_) {
  for (const auto& runner : site_.printers) {
    runner->listen_log([hub = hub_, id = runner->identity().id](std::string_view line) {
      hub->logs.add(id, line);
    });
  }
  subscription_ =
      site_.events.listen([hub = hub_](const events::Event& event) { tell_clients(*hub, event); });
  clock_ = std::jthread([this](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, stop, kTick, [&] { return stop.stop_requested(); })) {
      tick();
    }
  });
}

Push::~Push() = default;

void Push::tick() {
  ++ticks_;
  for (const auto& runner : site_.printers) {
    if (ticks_ % kSampleEach == 0) {
      hub_->temperatures.add(runner->identity().id, runner->status(), unix_now_s());
    }
    bool any = false;
    {
      const std::scoped_lock lock(hub_->mutex);
      for (PushClient* client : hub_->clients) {
        any = (client->runner() == runner.get() && client->is_due()) || any;
      }
    }
    if (!any) {
      continue;
    }
    // Made once for all clients of a printer, and without the lock: it asks the printer.
    const Json current = current_json(runner->view());
    const std::string text = text_of({{"current", current}});
    const std::scoped_lock lock(hub_->mutex);
    for (PushClient* client : hub_->clients) {
      if (client->runner() == runner.get()) {
        client->send_current_if_due(current, text);
      }
    }
  }
  if (ticks_ % kCheckLoginsEach == 0) {
    const std::scoped_lock lock(hub_->mutex);
    for (PushClient* client : hub_->clients) {
      client->check_login();
    }
  }
  xhr_.tick();
}

void Push::add_routes(Mount& mount) {
  mount.get("/sockjs", "",
            [](Call& /*call*/) { return http::Response::text("Welcome to SockJS!\n"); });
  mount.get("/sockjs/info", "", [](Call& /*call*/) {
    std::random_device random;
    return json_response({{"websocket", true},
                          {"cookie_needed", false},
                          {"origins", {"*:*"}},
                          {"entropy", random()}});
  });
  const auto socket = [this](bool framed) {
    return [this, framed](Call& call) -> Result<std::unique_ptr<http::SocketHandler>> {
      return std::make_unique<PushSocket>(hub_, call.runner, principal(call.request), framed);
    };
  };
  mount.socket("/sockjs/websocket", "", socket(false));
  mount.socket("/sockjs/{server}/{session}/websocket", "", socket(true));
  const auto receive = [this](XhrSessions::Transport transport) {
    return [this, transport](Call& call) {
      return xhr_.receive(call.runner, call.request, transport);
    };
  };
  mount.post("/sockjs/{server}/{session}/xhr", "", receive(XhrSessions::Transport::kPolling));
  mount.post("/sockjs/{server}/{session}/xhr_streaming", "",
             receive(XhrSessions::Transport::kStreaming));
  mount.post("/sockjs/{server}/{session}/xhr_send", "",
             [this](Call& call) { return xhr_.send(call.runner, call.request); });
}

}  // namespace stepcast::server::octoprint
