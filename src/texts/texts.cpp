#include "stepcast/texts/texts.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include <fmt/format.h>

namespace stepcast::texts {
namespace {

struct Entry {
  Text text;
  std::string_view english;
  std::string_view spanish;
};

// The one table of what people read. In the order of Text, which is checked below.
constexpr std::array kTable{
    Entry{Text::kPrintStarted, "{printer}: print started", "{printer}: impresión iniciada"},
    Entry{Text::kPrintContinued, "{printer}: print taken up again",
          "{printer}: impresión retomada"},
    Entry{Text::kPrintDone, "{printer}: print done", "{printer}: impresión terminada"},
    Entry{Text::kPrintFailed, "{printer}: print failed", "{printer}: la impresión falló"},
    Entry{Text::kPrintCancelled, "{printer}: print cancelled", "{printer}: impresión cancelada"},
    Entry{Text::kPrintPaused, "{printer}: print paused", "{printer}: impresión en pausa"},
    Entry{Text::kPrintResumed, "{printer}: print resumed", "{printer}: impresión reanudada"},
    Entry{Text::kConnected, "{printer}: connected", "{printer}: conectada"},
    Entry{Text::kDisconnected, "{printer}: disconnected", "{printer}: desconectada"},
    Entry{Text::kPrinterError, "{printer}: error", "{printer}: error"},
    Entry{Text::kMaintenanceDue, "{printer}: maintenance is due", "{printer}: toca mantenimiento"},
    Entry{Text::kSpoolShort, "{printer}: not enough filament",
          "{printer}: no hay suficiente filamento"},
    Entry{Text::kOtherEvent, "{printer}: {type}", "{printer}: {type}"},
    Entry{Text::kFile, "File: {value}", "Archivo: {value}"},
    Entry{Text::kDuration, "Duration: {value}", "Duración: {value}"},
    Entry{Text::kPlanned, "Planned: {value}", "Previsto: {value}"},
    Entry{Text::kReason, "Reason: {value}", "Motivo: {value}"},
    Entry{Text::kTask, "Task: {value}", "Tarea: {value}"},
    Entry{Text::kSpool, "Spool {value}: {left} g left, {needed} g needed",
          "Bobina {value}: quedan {left} g, hacen falta {needed} g"},
    Entry{Text::kStateName, "State", "Estado"},
    Entry{Text::kFileName, "File", "Archivo"},
    Entry{Text::kProgressName, "Progress", "Progreso"},
    Entry{Text::kElapsedName, "Elapsed", "Transcurrido"},
    Entry{Text::kLeftName, "Time left", "Tiempo restante"},
    Entry{Text::kLayerName, "Layer", "Capa"},
    Entry{Text::kActualName, "temperature", "temperatura"},
    Entry{Text::kTargetName, "target", "objetivo"},
    Entry{Text::kPauseName, "Pause", "Pausar"},
    Entry{Text::kResumeName, "Resume", "Reanudar"},
    Entry{Text::kCancelName, "Cancel", "Cancelar"},
    Entry{Text::kSetupTitle, "Stepcast: first user", "Stepcast: primer usuario"},
    Entry{Text::kSetupWelcome, "Welcome to Stepcast", "Te damos la bienvenida a Stepcast"},
    Entry{Text::kSetupWhy, "Make the first administrator. Nobody can use this server before.",
          "Crea el primer administrador. Antes nadie puede usar este servidor."},
    Entry{Text::kSetupUser, "User name", "Nombre de usuario"},
    Entry{Text::kSetupPassword, "Password, at least 10 characters",
          "Contraseña, al menos 10 caracteres"},
    Entry{Text::kSetupButton, "Create administrator", "Crear administrador"},
    Entry{Text::kSetupDone,
          "Done. Your API key, shown only now; paste it into your slicer or app: ",
          "Listo. Tu clave de API, que solo se muestra ahora; pégala en tu laminador o app: "},
    Entry{Text::kSetupGoOn, "Go to the printers", "Ir a las impresoras"},
};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (kTable.at(i).text != static_cast<Text>(i)) {
      return false;
    }
  }
  return kTable.size() == static_cast<std::size_t>(Text::kCount);
}
static_assert(is_in_order());

}  // namespace

std::optional<Language> language_from(std::string_view name) {
  const std::string_view language = name.substr(0, name.find('-'));
  if (language == "en") {
    return Language::kEnglish;
  }
  if (language == "es") {
    return Language::kSpanish;
  }
  return std::nullopt;
}

std::string_view language_name(Language language) {
  return language == Language::kSpanish ? "es" : "en";
}

Language language_of_header(std::string_view accept_language) {
  while (!accept_language.empty()) {
    const std::string_view item = accept_language.substr(0, accept_language.find(','));
    accept_language.remove_prefix(std::min(accept_language.size(), item.size() + 1));
    const std::string_view tag = item.substr(0, item.find(';'));
    const std::size_t begin = tag.find_first_not_of(' ');
    if (begin == std::string_view::npos) {
      continue;
    }
    const std::size_t end = tag.find_last_not_of(' ') + 1;
    if (const auto language = language_from(tag.substr(begin, end - begin))) {
      return *language;
    }
  }
  return Language::kEnglish;
}

std::string_view text(Text text, Language language) {
  const Entry& entry = kTable.at(static_cast<std::size_t>(text));
  return language == Language::kSpanish ? entry.spanish : entry.english;
}

std::string filled(Text which, Language language,
                   std::initializer_list<std::pair<std::string_view, std::string_view>> values) {
  const std::string_view from = text(which, language);
  std::string out;
  for (std::size_t at = 0; at < from.size();) {
    bool replaced = false;
    if (from[at] == '{') {
      for (const auto& [name, value] : values) {
        if (from.substr(at + 1, name.size()) == name &&
            from.substr(at + 1 + name.size(), 1) == "}") {
          out += value;
          at += name.size() + 2;
          replaced = true;
          break;
        }
      }
    }
    if (!replaced) {
      out += from[at++];
    }
  }
  return out;
}

std::string duration(double seconds) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 3600;
  const auto whole = std::int64_t{std::llround(seconds)};
  if (whole < kMinute) {
    return fmt::format("{} s", whole);
  }
  if (whole < kHour) {
    return fmt::format("{} min", whole / kMinute);
  }
  return fmt::format("{} h {:02} min", whole / kHour, whole % kHour / kMinute);
}

}  // namespace stepcast::texts
