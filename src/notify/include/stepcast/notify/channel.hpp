#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/events/log.hpp"
#include "stepcast/texts/texts.hpp"

namespace stepcast::notify {

/// A time of day, again and again: from 22:00 to 07:00, in local time.
struct QuietHours {
  int from_min{};  ///< Minutes after midnight, 0 to 1439.
  int to_min{};    ///< The first minute that is not quiet; before from_min: of the next day.
};
/// @returns kInvalidArgument unless it is like "22:00-07:00".
[[nodiscard]] Result<QuietHours> quiet_hours_from(std::string_view text);
/// Minutes until it may be loud; 0: now.
[[nodiscard]] int quiet_minutes_left(const QuietHours& quiet, int minute_of_day);

/// Where events go.
struct Channel {
  enum class Kind : std::uint8_t {
    kWebhook,   ///< POST of JSON to `url`, signed with `secret` if there is one.
    kEmail,     ///< By the server `url`, `smtp://` or `smtps://`, from `from` to `to`.
    kNtfy,      ///< To the topic `url`, `https://ntfy.example/topic`; `secret`: access token.
    kTelegram,  ///< To the chats `to`, by the bot whose token `secret` is.
    kCommand,   ///< Runs `command`, without a shell, with the JSON on its standard input.
  };
  std::string name;  ///< Unique; the key of what has been delivered.
  Kind kind = Kind::kWebhook;
  std::string url;
  std::string user;  ///< Of the mail server.
  std::string secret;
  std::string from;
  std::vector<std::string> to;
  bool require_tls = true;  ///< Of mail.
  std::vector<std::string> command;
  std::chrono::milliseconds time_limit{10'000};  ///< Of one delivery.
  texts::Language language = texts::Language::kEnglish;
  int per_hour = 0;  ///< What is more waits; 0: no limit.
  std::optional<QuietHours> quiet;
  bool snapshot = true;  ///< With a picture of the camera, if there is one.
};

/// Which events go where. Events that no rule names go nowhere.
struct Rule {
  std::vector<std::string> events;    ///< Types; "*": all.
  std::vector<std::string> printers;  ///< Ids; empty: all, and events of the server.
  std::vector<std::string> channels;  ///< Names.
  bool urgent = false;                ///< Does not wait for the end of quiet hours.
};
[[nodiscard]] bool matches(const Rule& rule, const events::Event& event);

/// What is said of an event.
struct Message {
  events::Event event;
  std::string title;
  std::string text;
  std::string picture;  ///< JPEG; empty: none.
};
/// @param printer what the printer is called; empty for events of the server.
[[nodiscard]] Message message_of(const events::Event& event, std::string_view printer,
                                 texts::Language language);
/// The event as hooks get it (docs/events.md): `sequence`, `at_ms`, `type`, `printer`, `job`,
/// `payload`; with `title`, `text` and `picture_jpeg_base64` if the message has them.
[[nodiscard]] std::string json_of(const Message& message);

/// Delivers once.
/// @returns kNetwork, kBusy: worth trying again; anything else: the other side will not have it.
///
/// Threads: any; blocks up to the time limit.
[[nodiscard]] Result<void> deliver(const Channel& channel, const Message& message);

}  // namespace stepcast::notify
