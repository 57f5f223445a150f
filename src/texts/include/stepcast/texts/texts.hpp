#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace stepcast::texts {

enum class Language : std::uint8_t { kEnglish, kSpanish };

/// "en", "es"; also with a region, "es-MX".
[[nodiscard]] std::optional<Language> language_from(std::string_view name);
[[nodiscard]] std::string_view language_name(Language language);
/// The first language of an Accept-Language header that is known, by its order; else English.
[[nodiscard]] Language language_of_header(std::string_view accept_language);

/// What the server says to people. Errors and logs are English: they are for search engines too.
enum class Text : std::uint8_t {
  kPrintStarted,
  kPrintContinued,
  kPrintDone,
  kPrintFailed,
  kPrintCancelled,
  kPrintPaused,
  kPrintResumed,
  kConnected,
  kDisconnected,
  kPrinterError,
  kMaintenanceDue,
  kSpoolShort,
  kOtherEvent,
  kFile,
  kDuration,
  kPlanned,
  kReason,
  kTask,
  kSpool,
  kStateName,
  kFileName,
  kProgressName,
  kElapsedName,
  kLeftName,
  kLayerName,
  kActualName,
  kTargetName,
  kPauseName,
  kResumeName,
  kCancelName,
  kSetupTitle,
  kSetupWelcome,
  kSetupWhy,
  kSetupUser,
  kSetupPassword,
  kSetupButton,
  kSetupDone,
  kSetupGoOn,
  kCount,
};

[[nodiscard]] std::string_view text(Text text, Language language);

/// text() with `{name}` replaced by values; names without a value stay as they are.
[[nodiscard]] std::string filled(
    Text text, Language language,
    std::initializer_list<std::pair<std::string_view, std::string_view>> values);

/// "45 s", "12 min", "3 h 05 min": the same in all languages.
[[nodiscard]] std::string duration(double seconds);

}  // namespace stepcast::texts
