#include "commands.hpp"

#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stepcast/mqtt/bridge.hpp"

namespace stepcast::mqtt {
namespace {

using nlohmann::json;

// Ids that are remembered: those of a day of a person who presses a button a minute.
constexpr std::size_t kMostSeen = 1440;

std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

bool Commands::is_new(const std::string& id) {
  if (id.empty()) {
    return true;
  }
  if (!seen_.insert(id).second) {
    return false;
  }
  order_.push_back(id);
  if (order_.size() > kMostSeen) {
    seen_.erase(order_.front());
    order_.pop_front();
  }
  return true;
}

Result<void> Commands::check_and_run(jobs::Runner& printer, std::string_view payload, bool retained,
                                     std::string& command, std::string& id) {
  command = payload;
  json object = json::object();
  if (payload.find('{') != std::string_view::npos) {
    object = json::parse(payload, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) {
      return fail(Errc::kMalformed, "the command is not a JSON object");
    }
    const auto text = [&](const char* key) {
      const auto found = object.find(key);
      return found != object.end() && found->is_string() ? found->get<std::string>() : "";
    };
    command = text("command");
    id = text("id");
    if (const auto expires = object.find("expires_ms"); expires != object.end()) {
      if (!expires->is_number() || expires->get<std::int64_t>() < unix_now()) {
        return fail(Errc::kDenied, "the command has expired");
      }
    }
    const std::string job = text("job");
    if (const std::string now = printer.status().job_id; !job.empty() && job != now) {
      return fail(Errc::kDenied,
                  fmt::format("the command is for the job '{}', this is '{}'", job, now));
    }
  }
  if (retained) {
    return fail(Errc::kDenied, "the command was retained: nobody knows how old it is", {},
                "send commands without the retain flag");
  }
  if (!is_new(id)) {
    return fail(Errc::kDenied, fmt::format("the command '{}' has been carried out", id));
  }
  if (command == "pause") {
    return printer.pause(Bridge::kUser);
  }
  if (command == "resume") {
    return printer.resume(Bridge::kUser);
  }
  if (command == "cancel") {
    return printer.cancel(Bridge::kUser);
  }
  return fail(Errc::kInvalidArgument, fmt::format("unknown command '{}'", command), {},
              "pause, resume or cancel");
}

Commands::Outcome Commands::carry_out(jobs::Runner& printer, std::string_view payload,
                                      bool retained) {
  std::string command;
  std::string id;
  const auto done = check_and_run(printer, payload, retained, command, id);
  json answer{{"id", id}, {"command", command}, {"ok", done.has_value()}};
  answer["error"] = done ? json(nullptr) : json(done.error().to_string());
  return {std::move(command), answer.dump(-1, ' ', false, json::error_handler_t::replace),
          done.has_value()};
}

}  // namespace stepcast::mqtt
