#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "stepcast/http/problem.hpp"

#include "api_operation.hpp"

namespace stepcast::server::api {
namespace {

// Bounds what one request may queue up; a longer conversation comes in several.
constexpr std::size_t kMostLines = 200;
constexpr std::size_t kMostLineBytes = 512;
constexpr std::size_t kMostPath = 1024;
// Wider than any machine; each has limits of its own and names them.
constexpr double kFarthestMm = 10'000;
constexpr double kFastestMmS = 10'000;
constexpr double kHottestC = 600;

// What a person has to say before a print goes on after a loss of power.
constexpr std::array<std::string_view, 2> kRecoveryClaims{"part_is_firm", "xy_is_home"};

using Apply = Result<void> (*)(Call&);

std::optional<MmPerS> speed_of(const Json& body) {
  const auto found = body.find("speed_mm_s");
  return found == body.end() ? std::nullopt : std::optional(MmPerS(found->get<double>()));
}

Result<void> start(Call& call) {
  if (call.body.contains("path")) {
    if (!call.who.may("FILES_SELECT")) {
      return fail(Errc::kDenied, "selecting a file needs the permission FILES_SELECT");
    }
    auto selected = files::LibraryPath::parse(call.text("path")).and_then([&](const auto& path) {
      return call.runner->select(path, call.who.user);
    });
    if (!selected) {
      return selected;
    }
  }
  return call.hand().start();
}

Result<void> set_targets(Call& call) {
  const Json& targets = call.body.at("targets_c");
  for (const auto& [heater, target] : targets.items()) {
    if (!call.runner->status().heaters.contains(heater)) {
      return fail(Errc::kNotFound, fmt::format("there is no heater '{}'", heater), "targets_c",
                  "the printer's state lists them");
    }
  }
  for (const auto& [heater, target] : targets.items()) {
    const jobs::SetTarget command{heater, Celsius{target.get<double>()}};
    if (auto set = call.hand().command(command); !set) {
      return set;
    }
  }
  return {};
}

std::optional<Axis> axis_named(std::string_view name) {
  for (const Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
    if (name == axis_name(axis)) {
      return axis;
    }
  }
  return std::nullopt;
}

Result<void> jog(Call& call) {
  jobs::Jog jog;
  for (const auto& [name, distance] : call.body.at("axes_mm").items()) {
    if (const auto axis = axis_named(name)) {
      jog.axes[*axis] = Mm(distance.get<double>());
    }
  }
  jog.absolute = call.body.value("absolute", false);
  jog.speed = speed_of(call.body);
  return call.hand().command(jog);
}

Result<void> home(Call& call) {
  std::vector<Axis> axes;
  const Json names = call.body.value("axes", Json::array());
  for (const Json& name : names) {
    if (const auto axis = axis_named(name.get_ref<const std::string&>())) {
      axes.push_back(*axis);
    }
  }
  return call.hand().command(jobs::Home{std::move(axes)});
}

Result<void> send_lines(Call& call) {
  return call.hand().command(
      jobs::SendGcode{call.body.at("lines").get<std::vector<std::string>>()});
}

Result<void> recover(Call& call) {
  for (const std::string_view claim : kRecoveryClaims) {
    if (!call.body.at(claim).get<bool>()) {
      return fail(Errc::kInvalidArgument, "a print goes on only if this is so", std::string(claim),
                  "look at the machine: the part has to be firmly on the bed, and the tool at home "
                  "in X and Y");
    }
  }
  const auto height = call.body.find(printer::kNozzleHeight);
  return call.hand().recover(height == call.body.end() ? std::nullopt
                                                       : std::optional(Mm(height->get<double>())));
}

// A program can tell from `needs` what would have to be said instead.
http::Response refuse_recovery(const Call& call, const Error& error) {
  // That the job is planned differently, say, is no fault of the server.
  const int status = error.code == Errc::kFault ? 409 : http::status_of(error.code);
  http::Response response = http::problem(status, error.to_string(), call.request.path);
  const bool is_claim = std::find(kRecoveryClaims.begin(), kRecoveryClaims.end(), error.location) !=
                        kRecoveryClaims.end();
  if (is_claim || error.location == printer::kNozzleHeight) {
    Json problem = Json::parse(response.body);
    problem["needs"] = error.location;
    response.body = problem.dump();
  }
  return response;
}

struct Command {
  const char* path;
  const char* id;
  const char* permission;
  const char* summary;
  Json request;
  Apply apply;
  http::Response (*refuse)(const Call&, const Error&) = api::refuse;
};

// Accepted, not done: the state afterwards tells what became of it, and so do the events.
http::Response accept(Call& call, const Command& command) {
  if (auto applied = command.apply(call); !applied) {
    return command.refuse(call, applied.error());
  }
  const printer::Status status = call.runner->status();
  http::Response response = answer(state_json(status), 202);
  response.headers.set("ETag", state_tag(call.site, status));
  return response;
}

}  // namespace

void add_command_operations(Table& table) {
  using namespace shape;  // NOLINT(google-build-using-namespace)
  const Json speed = described(number(0, kFastestMmS), "Left out: the machine's own.");
  const Json distance = number(-kFarthestMm, kFarthestMm);
  Json targets = map(number(0, kHottestC));
  targets["minProperties"] = 1;
  targets["maxProperties"] = kMostTools;
  Json axes = object({optional("x", distance), optional("y", distance), optional("z", distance)});
  axes["minProperties"] = 1;
  const Command commands[] = {
      {"connect", "connectPrinter", "CONNECTION", "Looks for the machine.", nullptr,
       [](Call& call) { return call.hand().connect(); }},
      {"disconnect", "disconnectPrinter", "CONNECTION", "Leaves the machine alone.", nullptr,
       [](Call& call) { return call.hand().disconnect(); }},
      {"start", "startPrint", "PRINT",
       "Prints a file of the library, at most once; without `path` the one that is selected.",
       object({optional("path", text(1, kMostPath))}), start},
      {"recover", "recoverPrint", "PRINT",
       "Goes on with the print of `recovery`, that was broken off by a loss of power, as a job of "
       "its own: heats, lifts the nozzle, primes at home, and prints the rest.",
       object({{"part_is_firm",
                described(boolean(), "Is the part still firmly on the bed? Somebody has looked.")},
               {"xy_is_home",
                described(boolean(), "X and Y were brought home by hand, Z was left alone.")},
               optional(std::string(printer::kNozzleHeight),
                        described(number(0, kFarthestMm),
                                  "Of the nozzle above the bed, measured; left out: as it was. A "
                                  "problem whose `needs` names it asks for it."))}),
       recover, refuse_recovery},
      {"pause", "pausePrint", "PRINT", "Brings the print to a halt that can be resumed.", nullptr,
       [](Call& call) { return call.hand().pause(); }},
      {"resume", "resumePrint", "PRINT", "Goes on from exactly where it was paused.", nullptr,
       [](Call& call) { return call.hand().resume(); }},
      {"cancel", "cancelPrint", "PRINT", "Ends the print under way.", nullptr,
       [](Call& call) { return call.hand().cancel(); }},
      {"targets", "setTargets", "CONTROL", "Sets temperatures of heaters by name; 0 is off.",
       object({{"targets_c", std::move(targets)}}), set_targets},
      {"jog", "jog", "CONTROL", "Moves the tool by hand.",
       object({{"axes_mm", std::move(axes)},
               optional("absolute", described(boolean(), "To a position, not by a distance.")),
               optional("speed_mm_s", speed)}),
       jog},
      {"home", "home", "CONTROL", "Moves to the home position; without `axes` all of them.",
       object({optional("axes", list(choice({"x", "y", "z"}), 1, 3))}), home},
      {"extrude", "extrude", "CONTROL", "Pushes filament, or pulls it when negative.",
       object({{"length_mm", distance}, optional("speed_mm_s", speed)}),
       [](Call& call) {
         return call.hand().command(
             jobs::Extrude{Mm(call.body.at("length_mm").get<double>()), speed_of(call.body)});
       }},
      {"feed-rate", "setFeedRate", "CONTROL", "Scales the speed of the print.",
       object({{"factor", number(0.5, 2)}}),
       [](Call& call) {
         return call.hand().command(jobs::SetFeedRate{call.body.at("factor").get<double>()});
       }},
      {"flow", "setFlow", "CONTROL", "Scales the extruded material.",
       object({{"factor", number(0.75, 1.25)}}),
       [](Call& call) {
         return call.hand().command(jobs::SetFlow{call.body.at("factor").get<double>()});
       }},
      {"fan", "setFan", "CONTROL", "Sets the fan of the part.", object({{"share", number(0, 1)}}),
       [](Call& call) {
         return call.hand().command(jobs::SetFan{call.body.at("share").get<double>()});
       }},
      {"z-offset", "setZOffset", "CONTROL", "Raises or lowers the rest of the print.",
       object({{"offset_mm", number(-2, 2)}}),
       [](Call& call) {
         return call.hand().command(jobs::SetZOffset{Mm(call.body.at("offset_mm").get<double>())});
       }},
      {"cancel-object", "cancelObject", "PRINT", "Leaves out the rest of one object of the job.",
       object({{"name", text(1, kMostPath)}}),
       [](Call& call) { return call.hand().command(jobs::CancelObject{call.text("name")}); }},
      {"gcode", "sendGcode", "CONTROL", "Sends lines as they are, to machines that take them.",
       object({{"lines", list(text(1, kMostLineBytes), 1, kMostLines)}}), send_lines},
  };
  for (const Command& command : commands) {
    table.operations.push_back({.method = http::Method::kPost,
                                .path = fmt::format("/printers/{{printer}}/{}", command.path),
                                .permission = command.permission,
                                .id = command.id,
                                .tag = "commands",
                                .summary = command.summary,
                                .request = command.request,
                                .answer = {.status = 202, .shape = named("PrinterState")},
                                .repeats = Repeats::kByKey,
                                .conditional = true,
                                .handle = [command](Call& call) { return accept(call, command); }});
  }
}

}  // namespace stepcast::server::api
