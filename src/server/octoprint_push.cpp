#include "octoprint_push.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "octoprint_json.hpp"

namespace stepcast::server::octoprint {
namespace {

constexpr std::chrono::milliseconds kTick{500};
constexpr int kMostThrottle = 100;  // 50 s between two messages
constexpr std::uint32_t kCurrentTopic = 1;

double unix_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Json current_json(const jobs::Runner::View& view, bool history) {
  Json temps = Json::array();
  if (!view.status.heaters.empty()) {
    Json sample = temperatures(view.status);
    sample["time"] = static_cast<std::int64_t>(unix_seconds());
    temps.push_back(std::move(sample));
  }
  const auto& z = view.status.position[Axis::kZ];
  const bool busy = view.file && !view.status.job_id.empty();
  return {{history ? "history" : "current",
           {{"state", state_json(view.status)},
            {"job", job_json(view)},
            {"progress", progress_json(view)},
            {"currentZ", z ? Json(z->v) : Json(nullptr)},
            {"offsets", Json::object()},
            {"temps", temps},
            {"logs", Json::array()},
            {"messages", Json::array()},
            {"resends", {{"count", 0}, {"transmitted", 0}, {"ratio", 0}}},
            {"busyFiles", busy ? Json::array({{{"origin", "local"}, {"path", view.file->path}}})
                               : Json::array()},
            {"markings", Json::array()},
            {"serverTime", unix_seconds()},
            {"plugins", Json::object()}}}};
}

Json event_json(const events::Event& event) {
  Json payload = Json::parse(event.payload, nullptr, /*allow_exceptions=*/false);
  return {{"event", {{"type", event.type}, {"payload", std::move(payload)}}}};
}

}  // namespace

// All open sockets. Clients leave by themselves, so it outlives the push service if need be.
struct Push::Clients {
  std::mutex mutex;
  std::vector<Client*> open;
};

class Push::Client final : public http::SocketHandler {
 public:
  Client(jobs::Runner& runner, SessionTokens& tokens, std::shared_ptr<Clients> clients, bool framed)
      : runner_(runner), tokens_(tokens), clients_(std::move(clients)), framed_(framed) {}

  void opened(std::shared_ptr<http::SocketWriter> writer) override {
    writer_ = std::move(writer);
    if (framed_) {
      writer_->send_text("o");
    }
    send({{"connected",
           {{"version", std::string(kOctoPrintVersion)},
            {"display_version", fmt::format("OctoPrint {}", kOctoPrintVersion)},
            {"branch", nullptr},
            {"plugin_hash", ""},
            {"config_hash", ""},
            {"debug", false},
            {"safe_mode", nullptr},
            {"online", true},
            {"permissions", Json::array()}}}});
    const std::scoped_lock lock(clients_->mutex);
    clients_->open.push_back(this);
  }

  void received(std::string_view message, bool /*binary*/) override {
    const Json json = Json::parse(message, nullptr, /*allow_exceptions=*/false);
    if (framed_ && json.is_array()) {
      for (const Json& item : json) {
        if (item.is_string()) {
          understand(Json::parse(item.get<std::string>(), nullptr, false));
        }
      }
      return;
    }
    understand(json);
  }

  void closed() override {
    const std::scoped_lock lock(clients_->mutex);
    std::erase(clients_->open, this);
  }

  // The rest: with Clients::mutex held.
  [[nodiscard]] bool hears() const { return hears_; }
  [[nodiscard]] const jobs::Runner* runner() const { return &runner_; }
  [[nodiscard]] bool is_due() { return ++ticks_ % throttle_ == 0; }
  void send_current(const std::string& text) {
    writer_->send_latest(kCurrentTopic, framed_ ? frame(text) : text, /*binary=*/false);
  }
  void send_event(const std::string& text) { writer_->send_text(framed_ ? frame(text) : text); }

 private:
  static std::string frame(const std::string& text) {
    return fmt::format("a{}",
                       Json::array({text}).dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  void send(const Json& json) {
    send_event(json.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

  // Unknown messages, heartbeats among them, are passed over.
  void understand(const Json& message) {
    if (!message.is_object()) {
      return;
    }
    if (const auto auth = message.find("auth"); auth != message.end() && auth->is_string()) {
      const auto who = tokens_.find(auth->get<std::string>());
      const bool hears =
          who && who->may("STATUS") && (!who->printer || *who->printer == runner_.identity().id);
      if (!hears) {
        send({{"reauthRequired", {{"reason", "stale"}}}});
        return;
      }
      send(current_json(runner_.view(), /*history=*/true));
      const std::scoped_lock lock(clients_->mutex);
      hears_ = true;
    }
    if (const auto throttle = message.find("throttle");
        throttle != message.end() && throttle->is_number_integer()) {
      const std::scoped_lock lock(clients_->mutex);
      throttle_ = std::clamp(throttle->get<int>(), 1, kMostThrottle);
    }
  }

  jobs::Runner& runner_;
  SessionTokens& tokens_;
  std::shared_ptr<Clients> clients_;
  bool framed_;
  std::shared_ptr<http::SocketWriter> writer_;
  bool hears_ = false;
  int throttle_ = 1;
  int ticks_ = 0;
};

Push::Push(Site& site, SessionTokens& tokens)
    : site_(site), tokens_(tokens), clients_(std::make_shared<Clients>()) {
  subscription_ = site_.events.listen([clients = clients_](const events::Event& event) {
    std::string text;  // made once for all clients, if there are any
    const std::scoped_lock lock(clients->mutex);
    for (Client* client : clients->open) {
      const bool concerned =
          event.printer.empty() || event.printer == client->runner()->identity().id;
      if (!client->hears() || !concerned) {
        continue;
      }
      if (text.empty()) {
        text = event_json(event).dump(-1, ' ', false, Json::error_handler_t::replace);
      }
      client->send_event(text);
    }
  });
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
  for (const auto& runner : site_.printers) {
    std::string text;  // made once for all clients of a printer, if there are any
    const std::scoped_lock lock(clients_->mutex);
    for (Client* client : clients_->open) {
      if (client->runner() != runner.get() || !client->hears() || !client->is_due()) {
        continue;
      }
      if (text.empty()) {
        text = current_json(runner->view(), /*history=*/false)
                   .dump(-1, ' ', false, Json::error_handler_t::replace);
      }
      client->send_current(text);
    }
  }
}

void Push::add_routes(Mount& mount) {
  mount.get("/sockjs/info", "", [](Call& /*call*/) {
    std::random_device random;
    return json_response({{"websocket", true},
                          {"cookie_needed", false},
                          {"origins", {"*:*"}},
                          {"entropy", random()}});
  });
  const auto client = [this](bool framed) {
    return [this, framed](Call& call) -> Result<std::unique_ptr<http::SocketHandler>> {
      return std::make_unique<Client>(call.runner, tokens_, clients_, framed);
    };
  };
  mount.socket("/sockjs/websocket", "", client(false));
  mount.socket("/sockjs/{server}/{session}/websocket", "", client(true));
}

}  // namespace stepcast::server::octoprint
