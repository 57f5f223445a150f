#include "stepcast/mqtt/bridge.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <stop_token>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "client.hpp"
#include "commands.hpp"
#include "payloads.hpp"

namespace stepcast::mqtt {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::seconds kFirstRetry{1};
constexpr std::chrono::seconds kLastRetry{120};
// Of a broker that accepts the connection and then says nothing.
constexpr std::chrono::seconds kPatience{10};
// How late an event may be; also how long stopping takes.
constexpr int kWaitMs = 100;
constexpr std::chrono::milliseconds kStateEvery{1000};

}  // namespace

class Bridge::Impl {
 public:
  Impl(Options options, std::vector<jobs::Runner*> printers, events::Log& log)
      : options_(std::move(options)), printers_(std::move(printers)), log_(log) {}

  Result<void> start() {
    if (options_.prefix.empty() || options_.prefix.find_first_of("+#") != std::string::npos) {
      return fail(Errc::kInvalidArgument, fmt::format("'{}' cannot begin topics", options_.prefix),
                  "mqtt.prefix", "leave out + and #");
    }
    auto client = Client::create(
        options_, status_topic(),
        {.on_connected = [this] { connected(); },
         .on_refused = [this](const std::string& why) { refused_because_ = why; },
         .on_message = [this](std::string_view topic, std::string_view payload,
                              bool retained) { received(topic, payload, retained); }});
    if (!client) {
      return tl::unexpected(client.error());
    }
    client_ = std::move(*client);
    heard_ = log_.listen([this](const events::Event& event) { heard(event); });
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    return {};
  }

  [[nodiscard]] State state() const {
    return {connected_, published_, dropped_, connections_, commands_taken_, refused_};
  }

 private:
  [[nodiscard]] std::string status_topic() const { return options_.prefix + "/status"; }

  void heard(const events::Event& event) {
    const std::scoped_lock lock(mutex_);
    if (waiting_.size() >= kMostWaiting) {
      waiting_.pop_front();  // the oldest says least
      ++dropped_;
    }
    waiting_.push_back(message_of(options_.prefix, event));
  }

  void run(const std::stop_token& stop) {
    std::chrono::milliseconds pause = kFirstRetry;
    bool told = false;
    while (!stop.stop_requested()) {
      refused_because_.clear();
      const std::uint64_t before = connections_;
      const auto ended = serve(stop);
      connected_ = false;
      if (connections_ != before) {
        pause = kFirstRetry;
        told = false;
      }
      if (!ended && !std::exchange(told, true)) {
        tell(refused_because_.empty() ? ended.error().to_string() : refused_because_);
      }
      wait(pause, stop);
      pause = std::min<std::chrono::milliseconds>(2 * pause, kLastRetry);
    }
  }

  // Until the connection ends, or it is time to stop.
  Result<void> serve(const std::stop_token& stop) {
    if (auto begun = client_->connect(); !begun) {
      return begun;
    }
    const auto patience = Steady::now() + kPatience;
    while (!stop.stop_requested()) {
      if (auto worked = client_->work(kWaitMs); !worked) {
        return worked;
      }
      if (!refused_because_.empty() || (!connected_ && Steady::now() > patience)) {
        client_->disconnect();
        return fail(Errc::kNetwork, "the broker does not answer");
      }
      if (connected_) {
        if (auto said = say_what_is_new(); !said) {
          return said;
        }
      }
    }
    if (connected_) {
      // The will is for those who go without a word.
      static_cast<void>(publish({status_topic(), kOffline}, /*retain=*/true));
      static_cast<void>(client_->work(kWaitMs));
    }
    client_->disconnect();
    return {};
  }

  void connected() {
    connected_ = true;
    ++connections_;
    said_.clear();
    discovered_.clear();
    next_state_ = Steady::now();
    static_cast<void>(publish({status_topic(), kOnline}, /*retain=*/true));
    if (options_.commands) {
      for (const jobs::Runner* printer : printers_) {
        static_cast<void>(client_->subscribe(command_topic(printer->identity().id)));
      }
    }
  }

  [[nodiscard]] std::string command_topic(const std::string& printer) const {
    return fmt::format("{}/{}/command", options_.prefix, printer);
  }

  void received(std::string_view topic, std::string_view payload, bool retained) {
    for (jobs::Runner* printer : printers_) {
      const std::string expected = command_topic(printer->identity().id);
      if (options_.commands && topic == expected) {
        const auto outcome = orders_.carry_out(*printer, payload, retained);
        ++(outcome.done ? commands_taken_ : refused_);
        if (outcome.done && options_.on_command) {
          options_.on_command(printer->identity().id, outcome.command);
        }
        next_state_ = Steady::now();
        static_cast<void>(publish({expected + "/result", outcome.answer}, /*retain=*/false));
      }
    }
  }

  Result<void> say_what_is_new() {
    while (auto event = next_event()) {
      if (auto said = publish(*event, /*retain=*/false); !said) {
        return said;
      }
      next_state_ = Steady::now();
    }
    if (Steady::now() < next_state_) {
      return {};
    }
    next_state_ = Steady::now() + kStateEvery;
    for (const jobs::Runner* printer : printers_) {
      const auto view = printer->view();
      if (!options_.discovery.empty()) {
        for (const Message& entity : discovery_of(options_, printer->identity(), view)) {
          if (!discovered_.insert(entity.topic).second) {
            continue;
          }
          if (auto said = publish(entity, /*retain=*/true); !said) {
            return said;
          }
        }
      }
      for (const Message& message : messages_of(options_.prefix, printer->identity(), view)) {
        std::string& last = said_[message.topic];
        if (last == message.payload) {
          continue;
        }
        if (auto said = publish(message, /*retain=*/true); !said) {
          return said;
        }
        last = message.payload;
      }
    }
    return {};
  }

  std::optional<Message> next_event() {
    const std::scoped_lock lock(mutex_);
    if (waiting_.empty()) {
      return std::nullopt;
    }
    Message message = std::move(waiting_.front());
    waiting_.pop_front();
    return message;
  }

  Result<void> publish(const Message& message, bool retain) {
    auto published = client_->publish(message.topic, message.payload, retain);
    if (published) {
      ++published_;
    }
    return published;
  }

  void wait(std::chrono::milliseconds duration, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, duration, [&stop] { return stop.stop_requested(); });
  }

  void tell(const std::string& problem) const {
    if (options_.on_problem) {
      options_.on_problem(fmt::format("mqtt: {}", problem));
    }
  }

  const Options options_;
  const std::vector<jobs::Runner*> printers_;
  events::Log& log_;

  // Of the thread alone, up to the mutex.
  std::unique_ptr<Client> client_;
  Commands orders_;
  std::string refused_because_;
  std::map<std::string, std::string> said_;  // by topic, since the connection stands
  std::set<std::string> discovered_;
  Steady::time_point next_state_;

  std::mutex mutex_;  // guards what follows
  std::deque<Message> waiting_;

  std::atomic<bool> connected_{false};
  std::atomic<std::uint64_t> published_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::uint64_t> connections_{0};
  std::atomic<std::uint64_t> commands_taken_{0};
  std::atomic<std::uint64_t> refused_{0};

  events::Log::Subscription heard_;
  std::jthread thread_;  // last: uses all of the above
};

Result<std::unique_ptr<Bridge>> Bridge::start(Options options, std::vector<jobs::Runner*> printers,
                                              events::Log& log) {
  auto impl = std::make_unique<Impl>(std::move(options), std::move(printers), log);
  if (auto started = impl->start(); !started) {
    return tl::unexpected(started.error());
  }
  return std::unique_ptr<Bridge>(new Bridge(std::move(impl)));
}

Bridge::Bridge(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Bridge::~Bridge() = default;
Bridge::State Bridge::state() const {
  return impl_->state();
}

}  // namespace stepcast::mqtt
