#include "event_payloads.hpp"

#include <cctype>
#include <string_view>

#include <nlohmann/json.hpp>

namespace stepcast::jobs {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& payload) {
  // Names of files and reasons of printers may hold anything.
  return payload.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

Json json_or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json json_of(const store::JobRow& row, const std::string& user) {
  Json payload{{"name", name_of(row.file)},
               {"path", row.file},
               {"origin", "local"},
               {"sha256", row.sha256},
               {"owner", row.user},
               {"user", user},
               {"estimated_s", json_or_null(row.estimated_s)},
               {"filament_mm", json_or_null(row.filament_mm)}};
  if (!row.recovers.empty()) {
    payload["recovers"] = row.recovers;
  }
  return payload;
}

}  // namespace

std::string file_payload(const files::Entry& file, const std::string& user) {
  return text_of({{"name", name_of(file.path)},
                  {"path", file.path},
                  {"origin", "local"},
                  {"size", file.size},
                  {"sha256", file.sha256},
                  {"user", user}});
}

std::string print_payload(const store::JobRow& row, const std::string& user) {
  return text_of(json_of(row, user));
}

std::string print_end_payload(const store::JobRow& row, const std::string& user) {
  Json payload = json_of(row, user);
  payload["time"] = row.actual_s.value_or(0.0);
  if (row.state == "failed") {
    payload["reason"] = "error";
    payload["error"] = row.reason;
  }
  return text_of(payload);
}

std::string state_payload(const printer::Status& status) {
  const std::string_view text = printer::state_text(status.state);
  std::string id;
  for (const char c : text) {
    id.push_back(static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  }
  return text_of({{"state_id", id}, {"state_string", text}});
}

std::string queue_payload(const store::QueueRow& row, std::string_view user) {
  return text_of({{"entry", row.id},
                  {"path", row.file},
                  {"sha256", row.sha256},
                  {"printer", row.printer},
                  {"group", row.group},
                  {"owner", row.user},
                  {"user", user},
                  {"priority", row.priority},
                  {"copies", row.copies}});
}

std::string setup_payload(const store::PrinterSetupRow& setup, std::string_view user) {
  return text_of({{"material", setup.material},
                  {"nozzle_mm", json_or_null(setup.nozzle_mm)},
                  {"bed_job", setup.bed_job},
                  {"queue_paused", setup.queue_paused},
                  {"user", user}});
}

std::string error_payload(const std::string& error) {
  return text_of({{"error", error}});
}

}  // namespace stepcast::jobs
