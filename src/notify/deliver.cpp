#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stepcast/notify/channel.hpp"
#include "stepcast/outbound/client.hpp"

#include "codes.hpp"
#include "command.hpp"

namespace stepcast::notify {
namespace {

using nlohmann::json;

constexpr const char* kJson = "application/json; charset=utf-8";
constexpr const char* kJpeg = "image/jpeg";
constexpr std::string_view kTelegram = "https://api.telegram.org";

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// What an answer means for whoever may try again. Bodies of refusals often say why; addresses are
// not named, since they may hold tokens.
Result<void> understand(const Result<outbound::Answer>& answer) {
  constexpr int kTimeout = 408;
  constexpr int kTooEarly = 425;
  constexpr int kTooMany = 429;
  constexpr std::size_t kLongestWhy = 200;
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  if (answer->status >= 200 && answer->status < 300) {
    return {};
  }
  const bool again = answer->status >= 500 || answer->status == kTimeout ||
                     answer->status == kTooEarly || answer->status == kTooMany;
  return fail(
      again ? Errc::kBusy : Errc::kProtocol,
      fmt::format("was answered with {}: {}", answer->status, answer->body.substr(0, kLongestWhy)));
}

outbound::Request post_to(const Channel& channel, std::string url) {
  outbound::Request request;
  request.method = "POST";
  request.url = std::move(url);
  request.timeout = channel.time_limit;
  return request;
}

Result<void> to_webhook(const Channel& channel, const Message& message) {
  outbound::Request request = post_to(channel, channel.url);
  request.body = json_of(message);
  request.headers = {{"Content-Type", kJson},
                     {"X-Stepcast-Event", message.event.type},
                     {"X-Stepcast-Delivery", std::to_string(message.event.sequence)}};
  if (!channel.secret.empty()) {
    request.headers.emplace_back("X-Stepcast-Signature",
                                 "sha256=" + hmac_sha256(channel.secret, request.body));
  }
  return understand(outbound::ask(request));
}

Result<void> to_ntfy(const Channel& channel, const Message& message) {
  const std::size_t slash = channel.url.rfind('/');
  outbound::Request request = post_to(channel, channel.url);
  if (!channel.secret.empty()) {
    request.headers.emplace_back("Authorization", "Bearer " + channel.secret);
  }
  if (message.picture.empty()) {
    // JSON goes to the root of the server and names the topic.
    const json body{{"topic", channel.url.substr(slash + 1)},
                    {"title", message.title},
                    {"message", message.text.empty() ? message.title : message.text}};
    request.url = channel.url.substr(0, slash);
    request.headers.emplace_back("Content-Type", kJson);
    request.body = text_of(body);
  } else {
    request.method = "PUT";
    request.headers.emplace_back("X-Title", header_text(message.title));
    request.headers.emplace_back("X-Message", header_text(message.text));
    request.headers.emplace_back("X-Filename", "snapshot.jpg");
    request.headers.emplace_back("Content-Type", kJpeg);
    request.body = message.picture;
  }
  return understand(outbound::ask(request));
}

Result<void> to_telegram(const Channel& channel, const Message& message) {
  const std::string base =
      fmt::format("{}/bot{}/", channel.url.empty() ? kTelegram : channel.url, channel.secret);
  const std::string text =
      message.text.empty() ? message.title : fmt::format("{}\n{}", message.title, message.text);
  for (const std::string& chat : channel.to) {
    outbound::Request request = post_to(channel, base + "sendMessage");
    if (message.picture.empty()) {
      const json body{{"chat_id", chat}, {"text", text}};
      request.headers.emplace_back("Content-Type", kJson);
      request.body = text_of(body);
    } else {
      request.url = base + "sendPhoto";
      request.parts = {
          {.name = "chat_id", .value = chat, .file = {}, .file_name = {}, .content_type = {}},
          {.name = "caption", .value = text, .file = {}, .file_name = {}, .content_type = {}},
          {.name = "photo",
           .value = message.picture,
           .file = {},
           .file_name = "snapshot.jpg",
           .content_type = kJpeg}};
    }
    if (auto sent = understand(outbound::ask(request)); !sent) {
      return sent;
    }
  }
  return {};
}

Result<void> to_mail(const Channel& channel, const Message& message) {
  outbound::Mail mail;
  mail.server = channel.url;
  mail.user = channel.user;
  mail.password = channel.secret;
  mail.require_tls = channel.require_tls;
  mail.from = channel.from;
  mail.to = channel.to;
  mail.subject = message.title;
  mail.text = message.text.empty() ? message.title : message.text;
  mail.timeout = channel.time_limit;
  if (!message.picture.empty()) {
    mail.attachment = {"snapshot.jpg", kJpeg, message.picture};
  }
  return outbound::send_mail(mail);
}

}  // namespace

Result<void> deliver(const Channel& channel, const Message& message) {
  switch (channel.kind) {
    case Channel::Kind::kWebhook:
      return to_webhook(channel, message);
    case Channel::Kind::kEmail:
      return to_mail(channel, message);
    case Channel::Kind::kNtfy:
      return to_ntfy(channel, message);
    case Channel::Kind::kTelegram:
      return to_telegram(channel, message);
    case Channel::Kind::kCommand:
      break;
  }
  return run_command(channel.command, json_of(message), channel.time_limit);
}

}  // namespace stepcast::notify
