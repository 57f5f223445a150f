#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stepcast/notify/channel.hpp"

#include "codes.hpp"

namespace stepcast::notify {
namespace {

using nlohmann::json;
using texts::Text;

struct Title {
  std::string_view type;
  Text text;
};
constexpr std::array kTitles{
    Title{"PrintStarted", Text::kPrintStarted},     Title{"PrintContinued", Text::kPrintContinued},
    Title{"PrintDone", Text::kPrintDone},           Title{"PrintFailed", Text::kPrintFailed},
    Title{"PrintCancelled", Text::kPrintCancelled}, Title{"PrintPaused", Text::kPrintPaused},
    Title{"PrintResumed", Text::kPrintResumed},     Title{"Connected", Text::kConnected},
    Title{"Disconnected", Text::kDisconnected},     Title{"Error", Text::kPrinterError},
    Title{"MaintenanceDue", Text::kMaintenanceDue}, Title{"SpoolShort", Text::kSpoolShort},
};

std::string text_in(const json& payload, const char* key) {
  const auto found = payload.find(key);
  return found != payload.end() && found->is_string() ? found->get<std::string>() : "";
}

std::optional<double> number_in(const json& payload, const char* key) {
  const auto found = payload.find(key);
  return found != payload.end() && found->is_number() ? std::optional(found->get<double>())
                                                      : std::nullopt;
}

json payload_of(const events::Event& event) {
  json payload = json::parse(event.payload, nullptr, /*allow_exceptions=*/false);
  return payload.is_object() ? payload : json::object();
}

}  // namespace

bool matches(const Rule& rule, const events::Event& event) {
  const auto has = [](const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return (has(rule.events, event.type) || has(rule.events, "*")) &&
         (rule.printers.empty() || has(rule.printers, event.printer));
}

Message message_of(const events::Event& event, std::string_view printer, texts::Language language) {
  const auto* const known = std::find_if(
      kTitles.begin(), kTitles.end(), [&](const Title& title) { return title.type == event.type; });
  const json payload = payload_of(event);
  Message message{.event = event, .title = {}, .text = {}, .picture = {}};
  message.title =
      texts::filled(known == kTitles.end() ? Text::kOtherEvent : known->text, language,
                    {{"printer", printer.empty() ? "Stepcast" : printer}, {"type", event.type}});
  const auto line = [&](Text text, std::string_view value) {
    if (!value.empty()) {
      message.text += message.text.empty() ? "" : "\n";
      message.text += texts::filled(text, language, {{"value", value}});
    }
  };
  line(Text::kFile, text_in(payload, "name"));
  if (const auto time = number_in(payload, "time"); time && *time > 0) {
    line(Text::kDuration, texts::duration(*time));
  } else if (const auto planned = number_in(payload, "estimated_s")) {
    line(Text::kPlanned, texts::duration(*planned));
  }
  line(Text::kReason, text_in(payload, "error"));
  line(Text::kTask, text_in(payload, "task"));
  if (event.type == "SpoolShort") {
    message.text += message.text.empty() ? "" : "\n";
    message.text += texts::filled(
        Text::kSpool, language,
        {{"value", text_in(payload, "spool")},
         {"left", fmt::format("{:.0f}", number_in(payload, "left_g").value_or(0))},
         {"needed", fmt::format("{:.0f}", number_in(payload, "needed_g").value_or(0))}});
  }
  return message;
}

std::string json_of(const Message& message) {
  const events::Event& event = message.event;
  json object{{"sequence", event.sequence}, {"at_ms", event.at}, {"type", event.type},
              {"printer", event.printer},   {"job", event.job},  {"payload", payload_of(event)}};
  if (!message.title.empty()) {
    object["title"] = message.title;
    object["text"] = message.text;
  }
  if (!message.picture.empty()) {
    object["picture_jpeg_base64"] = base64(message.picture);
  }
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace stepcast::notify
