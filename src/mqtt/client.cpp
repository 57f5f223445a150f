#include "client.hpp"

#include <mutex>
#include <utility>

#include <fmt/format.h>
#include <mosquitto.h>

#include "payloads.hpp"

namespace stepcast::mqtt {
namespace {

constexpr int kKeepAliveS = 30;
constexpr int kAtMostOnce = 0;
constexpr int kAtLeastOnce = 1;
constexpr const char* kAuthorities = "/etc/ssl/certs";

Result<void> check(int code, std::string_view what) {
  if (code == MOSQ_ERR_SUCCESS) {
    return {};
  }
  return fail(Errc::kNetwork, fmt::format("{}: {}", what, ::mosquitto_strerror(code)));
}

Client& client_of(void* object) {
  return *static_cast<Client*>(object);
}

const char* or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

}  // namespace

void Client::Ends::operator()(mosquitto* handle) const {
  ::mosquitto_destroy(handle);
}

Client::Client(std::string host, std::uint16_t port, Observer observer)
    : host_(std::move(host)), port_(port), observer_(std::move(observer)) {}
Client::~Client() = default;

Result<std::unique_ptr<Client>> Client::create(const Bridge::Options& options,
                                               const std::string& will_topic, Observer observer) {
  static std::once_flag once;
  std::call_once(once, [] { ::mosquitto_lib_init(); });
  std::unique_ptr<Client> client(new Client(options.host, options.port, std::move(observer)));
  // A clean session: commands that came while nobody listened are stale.
  client->handle_.reset(
      ::mosquitto_new(options.client_id.c_str(), /*clean_session=*/true, client.get()));
  mosquitto* const handle = client->handle_.get();
  if (handle == nullptr) {
    return fail(Errc::kInvalidArgument, "the client of MQTT cannot be made", "mqtt");
  }
  ::mosquitto_connect_callback_set(
      handle, [](mosquitto*, void* object, int code) { client_of(object).connected(code); });
  ::mosquitto_message_callback_set(
      handle, [](mosquitto*, void* object, const mosquitto_message* message) {
        client_of(object).received(message->topic,
                                   {static_cast<const char*>(message->payload),
                                    static_cast<std::size_t>(message->payloadlen)},
                                   message->retain);
      });
  const std::string offline = kOffline;
  if (auto set =
          check(::mosquitto_will_set(handle, will_topic.c_str(), static_cast<int>(offline.size()),
                                     offline.data(), kAtLeastOnce, /*retain=*/true),
                "the last will");
      !set) {
    return tl::unexpected(set.error());
  }
  if (!options.user.empty()) {
    if (auto set = check(
            ::mosquitto_username_pw_set(handle, options.user.c_str(), or_null(options.password)),
            "the user");
        !set) {
      return tl::unexpected(set.error());
    }
  }
  if (options.tls) {
    const std::string ca = options.ca_file.string();
    const std::string certificate = options.certificate.string();
    const std::string key = options.key.string();
    if (auto set =
            check(::mosquitto_tls_set(handle, or_null(ca), ca.empty() ? kAuthorities : nullptr,
                                      or_null(certificate), or_null(key), nullptr),
                  "the certificates");
        !set) {
      Error error = set.error();
      error.code = Errc::kInvalidArgument;
      error.location = "mqtt.ca_file";
      return tl::unexpected(std::move(error));
    }
  }
  return client;
}

Result<void> Client::connect() {
  return check(::mosquitto_connect_async(handle_.get(), host_.c_str(), port_, kKeepAliveS),
               fmt::format("{} port {}", host_, port_));
}

Result<void> Client::work(int wait_ms) {
  return check(::mosquitto_loop(handle_.get(), wait_ms, 1), "the connection to the broker");
}

void Client::disconnect() {
  ::mosquitto_disconnect(handle_.get());
}

Result<void> Client::publish(const std::string& topic, const std::string& payload, bool retain) {
  return check(
      ::mosquitto_publish(handle_.get(), nullptr, topic.c_str(), static_cast<int>(payload.size()),
                          payload.data(), kAtLeastOnce, retain),
      topic);
}

Result<void> Client::subscribe(const std::string& topic) {
  return check(::mosquitto_subscribe(handle_.get(), nullptr, topic.c_str(), kAtMostOnce), topic);
}

void Client::connected(int code) const {
  if (code == 0) {
    observer_.on_connected();
  } else {
    observer_.on_refused(::mosquitto_connack_string(code));
  }
}

void Client::received(std::string_view topic, std::string_view payload, bool retained) const {
  observer_.on_message(topic, payload, retained);
}

}  // namespace stepcast::mqtt
