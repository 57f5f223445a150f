// What users ask of a printer behind OctoPrint.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "octoprint_printer_impl.hpp"

namespace stepcast::octoprint_client {

using Json = nlohmann::json;
using printer::Command;
using printer::State;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

// OctoPrint answers before it has begun to look for its printer.
constexpr milliseconds kBeginsToConnect{3'000};
constexpr milliseconds kBetweenLooks{50};
// For the first temperatures after connecting.
constexpr milliseconds kFirstTemperatures{3'000};
// No hot end of the market gets hotter; OctoPrint itself passes on any number.
constexpr Celsius kHottest{500.0};

bool is_closed(State state) {
  return state == State::kOffline || state == State::kError;
}

Result<void> expect_range(std::string_view what, double value, double least, double most) {
  if (value >= least && value <= most) {
    return {};
  }
  return fail(Errc::kOutOfRange, fmt::format("{} of {} is not possible", what, value), {},
              fmt::format("from {} to {}", least, most));
}

double per_minute(MmPerS speed) {
  return std::round(speed.v * kSecondsPerMinute);
}

}  // namespace

std::string name_of_copy(const std::string& job_id, const std::filesystem::path& file) {
  constexpr std::size_t kMostLetters = 60;
  std::string name = file.stem().string().substr(0, kMostLetters);
  // OctoPrint renames what it does not like; then the copy could not be found again.
  std::replace_if(
      name.begin(), name.end(),
      [](char c) {
        return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
      },
      '_');
  return name + "-" + job_id + ".gcode";
}

printer::Status OctoPrintPrinter::Impl::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void OctoPrintPrinter::Impl::observe(printer::Observer observer) {
  const std::lock_guard lock(mutex_);
  notifier_ = std::make_unique<printer::Notifier>(std::move(observer));
}

Result<State> OctoPrintPrinter::Impl::allow(Command command) const {
  return printer::state_after(status_.state, command);
}

Result<void> OctoPrintPrinter::Impl::expect_connection() const {
  if (!following_ || is_closed(status_.state)) {
    return fail(Errc::kBusy, fmt::format("the printer is {}", state_text(status_.state)), {},
                "connect first");
  }
  return {};
}

Result<void> OctoPrintPrinter::Impl::let_octoprint_connect() {
  const auto version = rest_.get("/api/version");
  if (!version) {
    return tl::unexpected(version.error());
  }
  if (version->find("\"OctoPrint ") == std::string::npos) {
    return fail(Errc::kProtocol, "what answers there is no OctoPrint", options_.url,
                "give the address at which a browser shows OctoPrint");
  }
  bool asked = false;
  auto patience = steady_clock::now() + kBeginsToConnect;
  const auto end = steady_clock::now() + options_.connect_timeout;
  for (;;) {
    const auto text = rest_.get("/api/connection").and_then([](const std::string& answer) {
      return parse_connection(answer);
    });
    if (!text) {
      return tl::unexpected(text.error());
    }
    const KnownState known = state_of_text(*text);
    if (!is_closed(known.state)) {
      return {};
    }
    if (!known.connecting && !asked) {
      if (auto posted = rest_.post("/api/connection", R"({"command":"connect"})"); !posted) {
        return tl::unexpected(posted.error());
      }
      asked = true;
      patience = steady_clock::now() + kBeginsToConnect;
    } else if ((!known.connecting && steady_clock::now() > patience) || steady_clock::now() > end) {
      return fail(Errc::kFault, fmt::format("OctoPrint cannot reach its printer: '{}'", *text),
                  options_.url, "is it on, and connected with OctoPrint?");
    }
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

Result<void> OctoPrintPrinter::Impl::connect() {
  const std::lock_guard connecting(connect_mutex_);
  {
    const std::lock_guard lock(mutex_);
    if (const auto allowed = allow(Command::kConnect); !allowed) {
      return tl::unexpected(allowed.error());
    }
    if (following_ && status_.state == State::kOperational) {
      return {};
    }
  }
  auto report = let_octoprint_connect().and_then([this] { return ask(); });
  if (report && report->state == State::kOperational && report->heaters &&
      report->heaters->empty()) {
    // OctoPrint asks for temperatures every few seconds only.
    const auto end = steady_clock::now() + kFirstTemperatures;
    static_cast<void>(rest_.post("/api/printer/command", R"({"commands":["M105"]})"));
    while (report && report->heaters && report->heaters->empty() && steady_clock::now() < end) {
      std::this_thread::sleep_for(kBetweenLooks);
      report = ask();
    }
  }
  const auto volume = rest_.get("/api/printerprofiles").and_then([](const std::string& answer) {
    return parse_volume(answer);
  });
  {
    const std::lock_guard lock(mutex_);
    if (!report) {
      if (status_.state == State::kOffline) {
        enter(State::kOffline, report.error().to_string());
      }
      return tl::unexpected(report.error());
    }
    volume_ = volume ? std::optional(*volume) : std::nullopt;
    following_ = true;
    unanswered_ = 0;
    ask_position_ = true;
    apply(*report);
    if (job_) {
      doubt();
    } else {
      enter(report->state, report->error);
    }
  }
  if (options_.use_push && socket_ == nullptr) {
    socket_ = std::make_unique<PushSocket>(
        rest_, 2 * options_.timeout,
        PushSocket::Callbacks{
            .on_message = [this](std::string_view text) { return on_message(text); },
            .on_listening = [this](bool listening) { on_listening(listening); }});
  }
  return {};
}

Result<void> OctoPrintPrinter::Impl::disconnect() {
  const std::lock_guard connecting(connect_mutex_);
  bool is_there = false;
  {
    const std::lock_guard lock(mutex_);
    if (const auto allowed = allow(Command::kDisconnect); !allowed) {
      return tl::unexpected(allowed.error());
    }
    is_there = following_ && status_.state != State::kOffline;
    following_ = false;
    listening_ = false;
    if (job_) {
      end({.path = {},
           .outcome = printer::PrintResult::Outcome::kFailed,
           .reason = "given up: OctoPrint did not tell any more what became of it",
           .duration = {}},
          State::kOffline, {});
    }
    status_.z_offset = {};
    enter(State::kOffline);
  }
  socket_.reset();
  if (is_there) {
    const auto posted = rest_.post("/api/connection", R"({"command":"disconnect"})");
    if (!posted && posted.error().code != Errc::kNetwork) {
      return tl::unexpected(posted.error());
    }
  }
  return {};
}

Result<void> OctoPrintPrinter::Impl::start(const printer::PrintRequest& request) {
  const std::lock_guard lock(mutex_);
  const auto next = allow(Command::kStart);
  if (!next) {
    return tl::unexpected(next.error());
  }
  std::error_code error;
  const auto bytes = std::filesystem::file_size(request.file, error);
  if (error) {
    return fail(Errc::kNotFound, "the job cannot be read: " + error.message(),
                request.file.string());
  }
  job_.emplace();
  job_->id = request.job_id;
  job_->file = request.file;
  job_->bytes = static_cast<std::int64_t>(bytes);
  status_.job_id = request.job_id;
  status_.progress = {};
  ++epoch_;
  enter(*next);
  wake_.notify_all();
  return {};
}

Result<void> OctoPrintPrinter::Impl::command(Command command, const char* path,
                                             const std::string& body) {
  State before{};
  Result<State> next = State::kOffline;
  {
    const std::lock_guard lock(mutex_);
    next = allow(command);
    if (!next) {
      return tl::unexpected(next.error());
    }
    before = status_.state;
    ++epoch_;
    enter(*next);
    if (command == Command::kCancel && job_ && job_->phase != Job::Phase::kOn) {
      job_->cancel = true;
      job_->stop.request_stop();
      return {};
    }
  }
  const auto posted = rest_.post(path, body);
  const std::lock_guard lock(mutex_);
  ++epoch_;
  if (!posted) {
    if (status_.state == *next) {
      enter(before);
    }
    doubt();
    return tl::unexpected(posted.error());
  }
  return {};
}

Result<void> OctoPrintPrinter::Impl::pause() {
  return command(Command::kPause, "/api/job", R"({"command":"pause","action":"pause"})");
}
Result<void> OctoPrintPrinter::Impl::resume() {
  return command(Command::kResume, "/api/job", R"({"command":"pause","action":"resume"})");
}
Result<void> OctoPrintPrinter::Impl::cancel() {
  return command(Command::kCancel, "/api/job", R"({"command":"cancel"})");
}

Result<void> OctoPrintPrinter::Impl::continue_print(const printer::PrintRequest& request) {
  std::uint64_t asked_in = 0;
  {
    const std::lock_guard lock(mutex_);
    if (auto connected = expect_connection(); !connected) {
      return connected;
    }
    if (job_) {
      return fail(Errc::kBusy, "a job is under way", job_->id);
    }
    asked_in = ++epoch_;
  }
  const auto report = ask();
  if (!report) {
    return tl::unexpected(report.error());
  }
  const std::string path = std::string(kFolder) + "/" + name_of_copy(request.job_id, request.file);
  const std::lock_guard lock(mutex_);
  if (job_ || asked_in != epoch_) {
    return fail(Errc::kBusy, "something else was asked at the same time", request.job_id,
                "try again");
  }
  if (report->path != path) {
    // Should it be there but never have been started, it is not to be started by accident.
    litter_.push_back(path);
    doubt();
    return fail(Errc::kNotFound, "OctoPrint does not print this job", request.job_id);
  }
  job_.emplace();
  job_->id = request.job_id;
  job_->path = path;
  job_->phase = Job::Phase::kOn;
  std::error_code absent;
  const auto bytes = std::filesystem::file_size(request.file, absent);
  job_->bytes = absent ? report->file_position : static_cast<std::int64_t>(bytes);
  status_.job_id = request.job_id;
  status_.progress = {};
  apply(*report);
  if (report->state == State::kOperational) {
    end(end_of(*report), report->state, report->error);
  } else {
    enter(report->state, report->error);
    announce();
  }
  return {};
}

Result<void> OctoPrintPrinter::Impl::move(const char* path, const std::string& body) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto allowed = allow(Command::kMove); !allowed) {
      return tl::unexpected(allowed.error());
    }
  }
  if (const auto posted = rest_.post(path, body); !posted) {
    return tl::unexpected(posted.error());
  }
  const std::lock_guard lock(mutex_);
  ask_position_ = true;
  positions_asked_ = 0;
  wake_.notify_all();
  return {};
}

Result<void> OctoPrintPrinter::Impl::jog(const Jog& jog) {
  Json body = {{"command", "jog"}, {"absolute", jog.absolute}};
  if (jog.axes[Axis::kE]) {
    return fail(Errc::kInvalidArgument, "E is no axis to jog", {}, "use extrude");
  }
  bool moves = false;
  for (const Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
    const auto& value = jog.axes[axis];
    if (!value) {
      continue;
    }
    moves = true;
    if (!std::isfinite(value->v)) {
      return fail(Errc::kInvalidArgument, fmt::format("{} is no number", axis_name(axis)));
    }
    body[std::string(axis_name(axis))] = value->v;
    const std::lock_guard lock(mutex_);
    const auto& from = status_.position[axis];
    if (volume_ && (jog.absolute || from)) {
      const Mm target = jog.absolute ? *value : *from + *value;
      if (target < volume_->least[axis] || target > volume_->most[axis]) {
        return fail(Errc::kOutOfRange,
                    fmt::format("{} would be at {} mm", axis_name(axis), target.v), {},
                    fmt::format("the printer profile in OctoPrint allows {} to {} mm",
                                volume_->least[axis].v, volume_->most[axis].v));
      }
    }
  }
  if (!moves) {
    return fail(Errc::kInvalidArgument, "nothing is to move", {}, "name x, y or z");
  }
  if (jog.speed) {
    if (!(jog.speed->v > 0) || !std::isfinite(jog.speed->v)) {
      return fail(Errc::kOutOfRange, fmt::format("a speed of {} mm/s is none", jog.speed->v));
    }
    body["speed"] = per_minute(*jog.speed);
  }
  return move("/api/printer/printhead", body.dump());
}

Result<void> OctoPrintPrinter::Impl::home(const std::vector<Axis>& axes) {
  Json names = Json::array();
  for (const Axis axis : axes) {
    if (axis == Axis::kE) {
      return fail(Errc::kInvalidArgument, "E has no home");
    }
    names.push_back(axis_name(axis));
  }
  if (names.empty()) {
    names = {"x", "y", "z"};
  }
  const Json body = {{"command", "home"}, {"axes", names}};
  return move("/api/printer/printhead", body.dump());
}

Result<void> OctoPrintPrinter::Impl::extrude(Mm length, std::optional<MmPerS> speed) {
  if (!std::isfinite(length.v) || length.v == 0) {
    return fail(Errc::kInvalidArgument, fmt::format("{} mm cannot be extruded", length.v));
  }
  Json body = {{"command", "extrude"}, {"amount", length.v}};
  if (speed) {
    if (!(speed->v > 0) || !std::isfinite(speed->v)) {
      return fail(Errc::kOutOfRange, fmt::format("a speed of {} mm/s is none", speed->v));
    }
    body["speed"] = per_minute(*speed);
  }
  return move("/api/printer/tool", body.dump());
}

Result<void> OctoPrintPrinter::Impl::set_target(const std::string& heater, Celsius target) {
  if (!(target >= Celsius{0} && target <= kHottest)) {
    return fail(Errc::kOutOfRange,
                fmt::format("a target of {} C is outside 0 to {} C", target.v, kHottest.v), heater,
                "0 switches the heater off");
  }
  {
    const std::lock_guard lock(mutex_);
    if (auto connected = expect_connection(); !connected) {
      return connected;
    }
    if (!status_.heaters.contains(heater)) {
      std::string known;
      for (const auto& [name, value] : status_.heaters) {
        known.append(known.empty() ? "" : ", ").append(name);
      }
      return fail(Errc::kNotFound, fmt::format("there is no heater '{}'", heater), {},
                  "there are: " + known);
    }
  }
  const bool is_tool = heater.starts_with("tool");
  Json body = {{"command", "target"}};
  if (is_tool) {
    body["targets"] = {{heater, target.v}};
  } else {
    body["target"] = target.v;
  }
  const std::string path = "/api/printer/" + (is_tool ? std::string("tool") : heater);
  if (const auto posted = rest_.post(path, body.dump()); !posted) {
    return tl::unexpected(posted.error());
  }
  const std::lock_guard lock(mutex_);
  if (const auto found = status_.heaters.find(heater); found != status_.heaters.end()) {
    found->second.target = target;  // until the printer itself tells
    announce();
  }
  return {};
}

Result<void> OctoPrintPrinter::Impl::send_gcode(const std::vector<std::string>& lines) {
  {
    const std::lock_guard lock(mutex_);
    if (auto connected = expect_connection(); !connected) {
      return connected;
    }
  }
  for (const std::string& line : lines) {
    if (line.find_first_of("\r\n") != std::string::npos) {
      return fail(Errc::kInvalidArgument, "a line of G-code has a line break", line);
    }
  }
  const Json body = {{"commands", lines}};
  return rest_.post("/api/printer/command", body.dump()).map([](const std::string& /*answer*/) {});
}

Result<void> OctoPrintPrinter::Impl::set_feed_rate(double factor) {
  if (auto possible = expect_range("a feed rate", factor, 0.5, 2.0); !possible) {
    return possible;
  }
  return set_factor("/api/printer/printhead", "feedrate", factor, status_.feed_rate_factor);
}

Result<void> OctoPrintPrinter::Impl::set_flow(double factor) {
  if (auto possible = expect_range("a flow", factor, 0.75, 1.25); !possible) {
    return possible;
  }
  return set_factor("/api/printer/tool", "flowrate", factor, status_.flow_factor);
}

Result<void> OctoPrintPrinter::Impl::set_factor(const char* path, const char* name, double factor,
                                                double& shown) {
  {
    const std::lock_guard lock(mutex_);
    if (auto connected = expect_connection(); !connected) {
      return connected;
    }
  }
  constexpr double kPercent = 100.0;
  const Json body = {{"command", name}, {"factor", std::lround(factor * kPercent)}};
  if (const auto posted = rest_.post(path, body.dump()); !posted) {
    return tl::unexpected(posted.error());
  }
  const std::lock_guard lock(mutex_);
  shown = factor;
  announce();
  return {};
}

Result<void> OctoPrintPrinter::Impl::set_fan(double share) {
  constexpr double kFull = 255.0;
  if (auto possible = expect_range("a fan speed", share, 0.0, 1.0); !possible) {
    return possible;
  }
  const long level = std::lround(share * kFull);
  if (auto sent = send_gcode({level == 0 ? "M107" : fmt::format("M106 S{}", level)}); !sent) {
    return sent;
  }
  const std::lock_guard lock(mutex_);
  status_.fan = share;
  announce();
  return {};
}

Result<void> OctoPrintPrinter::Impl::set_z_offset(Mm offset) {
  if (auto possible = expect_range("a Z offset", offset.v, -2.0, 2.0); !possible) {
    return possible;
  }
  // M290 adds; two of them at the same time would add up to something nobody asked for.
  const std::lock_guard one_at_a_time(connect_mutex_);
  const Mm step = offset - status().z_offset;
  if (step.v == 0) {
    return {};
  }
  if (auto sent = send_gcode({fmt::format("M290 Z{:.3f}", step.v)}); !sent) {
    return sent;
  }
  const std::lock_guard lock(mutex_);
  status_.z_offset = offset;
  announce();
  return {};
}

}  // namespace stepcast::octoprint_client
