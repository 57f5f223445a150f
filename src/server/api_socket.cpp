#include "api_socket.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "telemetry_frame.hpp"

namespace stepcast::server::api {
namespace {

using std::chrono::steady_clock;

// The shortest interval of telemetry, and what the others are made of.
constexpr std::chrono::milliseconds kBeat{100};
constexpr std::int64_t kShortestMs = 100;
constexpr std::int64_t kLongestMs = 60'000;
constexpr std::int64_t kDefaultMs = 200;
constexpr std::chrono::seconds kHeartbeat{10};
// Of old events, a beat and client: keeps their queues far below what disconnects them.
constexpr std::int64_t kReplayed = 500;
constexpr std::uint16_t kPolicyViolation = 1008;  // RFC 6455

store::UnixMs unix_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string text_of(const Json& message) {
  return message.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string event_text(const events::Event& event) {
  Json message{{"type", "event"}};
  message["event"] = event_json(event);
  return text_of(message);
}

Json subscription_shape() {
  using namespace shape;  // NOLINT(google-build-using-namespace)
  return object({{"type", choice({"subscribe"})},
                 optional("printers", list(text(1, 40), 0, 1000)),
                 optional("topics", list(choice({"telemetry", "events"}), 0, 2)),
                 optional("interval_ms", integer(kShortestMs, kLongestMs)),
                 optional("after", integer(0, INT64_MAX))});
}

}  // namespace

// What a client wants to hear. Guarded by the hub.
struct Socket::Listener {
  std::shared_ptr<http::SocketWriter> writer;
  accounts::Principal who;
  std::set<std::size_t> printers;  // by number
  bool telemetry = false;
  bool events = false;
  bool server_events = false;  // those of no printer
  std::int64_t every = kDefaultMs / kBeat.count();
  std::int64_t cursor = 0;  // the last event that was sent, or passed over
  bool live = false;        // has caught up with what happens
};

class Socket::Hub {
 public:
  explicit Hub(Site& site) : site_(site) {
    for (std::size_t i = 0; i < site.printers.size(); ++i) {
      numbers_[site.printers[i]->identity().id] = i;
    }
  }

  void enter(const std::shared_ptr<Listener>& listener) {
    Json printers = Json::array();
    for (std::size_t i = 0; i < site_.printers.size(); ++i) {
      if (may_hear(*listener, i)) {
        printers.push_back({{"number", i}, {"id", site_.printers[i]->identity().id}});
      }
    }
    Json hello{{"type", "hello"},
               {"telemetry_version", kTelemetryVersion},
               {"heartbeat_s", kHeartbeat.count()},
               {"last_event", site_.events.last()}};
    hello["printers"] = std::move(printers);
    listener->writer->send_text(text_of(hello));
    const std::scoped_lock lock(mutex_);
    listeners_.push_back(listener);
  }

  void leave(const std::shared_ptr<Listener>& listener) {
    const std::scoped_lock lock(mutex_);
    std::erase(listeners_, listener);
  }

  // On the loop: the database is left to the hub's thread.
  Result<void> subscribe(Listener& listener, const Json& message) {
    static const Json kShape = subscription_shape();
    if (auto fits = check_shape(kShape, message, Json::object()); !fits) {
      return fits;
    }
    std::set<std::size_t> printers;
    for (std::size_t i = 0; i < site_.printers.size(); ++i) {
      if (may_hear(listener, i)) {
        printers.insert(i);
      }
    }
    const bool all = !message.contains("printers");
    if (!all) {
      std::set<std::size_t> named;
      for (const Json& id : message.at("printers")) {
        const auto found = numbers_.find(id.get_ref<const std::string&>());
        if (found == numbers_.end() || !printers.contains(found->second)) {
          return fail(Errc::kNotFound,
                      fmt::format("there is no printer '{}'", id.get<std::string>()), "printers",
                      "`hello` lists them");
        }
        named.insert(found->second);
      }
      printers = std::move(named);
    }
    const Json topics = message.value("topics", Json{"telemetry", "events"});
    const auto wants = [&](const char* topic) {
      return std::find(topics.begin(), topics.end(), topic) != topics.end();
    };
    const std::int64_t last = site_.events.last();
    const std::scoped_lock lock(mutex_);
    listener.printers = std::move(printers);
    listener.telemetry = wants("telemetry");
    listener.events = wants("events");
    listener.server_events = all && !listener.who.printer;
    listener.every = message.value("interval_ms", kDefaultMs) / kBeat.count();
    listener.cursor = message.value("after", last);
    listener.live = false;
    listener.writer->send_text(text_of({{"type", "subscribed"}, {"after", listener.cursor}}));
    return {};
  }

  void on_event(const events::Event& event) {
    std::string text;  // made once for all
    const std::scoped_lock lock(mutex_);
    told_ = event.sequence;
    for (const auto& listener : listeners_) {
      if (listener->live && event.sequence > listener->cursor) {
        send(*listener, event, text);
      }
    }
  }

  void beat() {
    ++beats_;
    send_telemetry();
    catch_up();
    if (steady_clock::now() - last_heartbeat_ >= kHeartbeat) {
      last_heartbeat_ = steady_clock::now();
      send_heartbeat();
    }
  }

  [[nodiscard]] Site& site() const { return site_; }

 private:
  [[nodiscard]] bool may_hear(const Listener& listener, std::size_t printer) const {
    return !listener.who.printer || *listener.who.printer == site_.printers[printer]->identity().id;
  }

  [[nodiscard]] bool wants(const Listener& listener, const events::Event& event) const {
    if (event.printer.empty()) {
      return listener.server_events;
    }
    const auto number = numbers_.find(event.printer);
    return number != numbers_.end() && listener.printers.contains(number->second);
  }

  void send(Listener& listener, const events::Event& event, std::string& text) const {
    listener.cursor = event.sequence;
    if (!listener.events || !wants(listener, event)) {
      return;
    }
    if (text.empty()) {
      text = event_text(event);
    }
    listener.writer->send_text(text);
  }

  void send_telemetry() {
    std::vector<std::string> frames(site_.printers.size());
    const std::scoped_lock lock(mutex_);
    for (const auto& listener : listeners_) {
      if (!listener->telemetry || beats_ % listener->every != 0) {
        continue;
      }
      for (const std::size_t number : listener->printers) {
        std::string& frame = frames[number];
        if (frame.empty()) {
          frame = telemetry_frame(static_cast<std::uint16_t>(number),
                                  site_.printers[number]->status(), unix_ms());
        }
        listener->writer->send_latest(static_cast<std::uint32_t>(number), frame, /*binary=*/true);
      }
    }
  }

  // Sends old events to those who have not caught up, and lets them hear the new ones once they
  // have.
  void catch_up() {
    std::vector<std::pair<std::shared_ptr<Listener>, std::int64_t>> behind;
    {
      const std::scoped_lock lock(mutex_);
      for (const auto& listener : listeners_) {
        if (listener->events && !listener->live) {
          behind.emplace_back(listener, listener->cursor);
        }
      }
    }
    for (const auto& [listener, cursor] : behind) {
      auto events = site_.events.after(cursor, kReplayed);
      if (!events) {
        continue;  // the database is busy: with the next beat
      }
      const std::scoped_lock lock(mutex_);
      if (listener->cursor != cursor) {
        continue;  // has subscribed anew meanwhile
      }
      for (const events::Event& event : *events) {
        std::string text;
        send(*listener, event, text);
      }
      // Without progress there is nothing more on disk, even if more was told.
      if (listener->cursor >= told_ || events->empty()) {
        listener->cursor = std::max(listener->cursor, told_);
        listener->live = true;
      }
    }
  }

  // Also ends those whose key, login or user has ended.
  void send_heartbeat() {
    Json message{{"type", "heartbeat"}, {"at", time_json(unix_ms())}};
    message["last_event"] = site_.events.last();
    const std::string text = text_of(message);
    const std::scoped_lock lock(mutex_);
    for (const auto& listener : listeners_) {
      if (site_.accounts.is_current(listener->who)) {
        listener->writer->send_text(text);
      } else {
        listener->writer->close(kPolicyViolation, "the login or key has ended");
      }
    }
  }

  Site& site_;
  std::map<std::string, std::size_t, std::less<>> numbers_;
  std::int64_t beats_ = 0;
  steady_clock::time_point last_heartbeat_ = steady_clock::now();

  std::mutex mutex_;  // guards what follows
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::int64_t told_ = 0;  // the last event that the log told of
};

class Socket::Client final : public http::SocketHandler {
 public:
  Client(std::shared_ptr<Hub> hub, accounts::Principal who)
      : hub_(std::move(hub)), listener_(std::make_shared<Listener>()) {
    listener_->who = std::move(who);
  }

  void opened(std::shared_ptr<http::SocketWriter> writer) override {
    listener_->writer = std::move(writer);
    hub_->enter(listener_);
  }

  void received(std::string_view message, bool binary) override {
    auto body = binary ? Result<Json>(fail(Errc::kMalformed, "messages are text", "message"))
                       : parse_body(message);
    auto subscribed =
        body.and_then([&](const Json& json) { return hub_->subscribe(*listener_, json); });
    if (!subscribed) {
      listener_->writer->send_text(
          text_of({{"type", "error"}, {"detail", subscribed.error().to_string()}}));
    }
  }

  void closed() override { hub_->leave(listener_); }

 private:
  std::shared_ptr<Hub> hub_;
  std::shared_ptr<Listener> listener_;
};

namespace {

// A page of another site may open sockets with this one's cookies; SameSite does not stop all.
bool is_own_origin(const http::Request& request) {
  const auto origin = request.headers.find("Origin");
  const auto host = request.headers.find("Host");
  if (!origin) {
    return true;  // no browser
  }
  const std::size_t at = origin->find("://");
  return host && at != std::string_view::npos && origin->substr(at + 3) == *host;
}

}  // namespace

Socket::Socket(Site& site) : hub_(std::make_shared<Hub>(site)) {
  heard_ = site.events.listen([hub = hub_](const events::Event& event) { hub->on_event(event); });
  clock_ = std::jthread([hub = hub_](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    auto next = steady_clock::now();
    while (!stop.stop_requested()) {
      next += kBeat;
      if (wake.wait_until(lock, stop, next, [&] { return stop.stop_requested(); })) {
        return;
      }
      hub->beat();
    }
  });
}

Socket::~Socket() = default;

void Socket::add_operations(Table& table) {
  table.operations.push_back(
      {.path = "/socket",
       .permission = "STATUS",
       .id = "openSocket",
       .tag = "events",
       .summary = "A WebSocket for telemetry and events; docs/api.md describes its messages. The "
                  "caller is known before it opens.",
       .answer = {.status = 101},
       .signable = http::Signable::kAddress,
       .socket = [hub = hub_](Call& call) -> Result<std::unique_ptr<http::SocketHandler>> {
         if (!call.who.session.empty() && !is_own_origin(call.request)) {
           return fail(Errc::kDenied, "a page of another site may not open this", "Origin");
         }
         return std::make_unique<Client>(hub, call.who);
       }});
}

}  // namespace stepcast::server::api
