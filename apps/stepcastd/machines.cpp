#include "machines.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "stepcast/machine/profile_loader.hpp"
#include "stepcast/octoprint_client/octoprint_printer.hpp"
#include "stepcast/printer/streamed_printer.hpp"

#include "heat_config_of.hpp"
#include "profile_folders.hpp"

namespace stepcast::daemon {
namespace {

Result<VirtualDevice> start_virtual_device(const machine::Profile& profile, std::uint32_t speed) {
  device::LinuxDevice::Options options;
  options.idle_heat_speed = speed;  // its time does not pass slower when it rests
  options.core.tick_hz = static_cast<std::uint32_t>(profile.tick_rate.v);
  options.core.heat = cli::heat_config_of(profile);
  auto device = device::LinuxDevice::open(options);
  if (!device) {
    return tl::unexpected(device.error());
  }
  VirtualDevice virtual_device{std::move(*device), {}};
  virtual_device.thread = std::jthread(
      [raw = virtual_device.device.get()](const std::stop_token& stop) { raw->run(stop); });
  return virtual_device;
}

}  // namespace

Result<Machine> load_machine(const PrinterConfig& printer) {
  const auto in_place = [&](Error error) {
    return error_of(printer.place, "printer.profile", std::move(error));
  };
  auto profile = machine::load_profile(printer.profile, cli::profile_folders());
  if (!profile) {
    return tl::unexpected(in_place(profile.error()));
  }
  auto text = machine::load_profile_text(printer.profile, cli::profile_folders());
  if (!text) {
    return tl::unexpected(in_place(text.error()));
  }
  std::string title = printer.name.empty() ? profile->title : printer.name;
  Machine machine{std::move(*profile), std::move(*text), std::move(title), {}};
  machine.choice.planner = printer.planner;
  machine.choice.compensator = printer.compensator;
  // A print host slows down what a slicer asks too much of; the analysis says how much.
  machine.choice.toolpath.over_speed = planner::OverSpeed::kSlowDown;
  return machine;
}

Result<std::vector<Machine>> load_machines(const Config& config) {
  std::vector<Machine> machines;
  std::map<std::string, int> named;
  for (const PrinterConfig& printer : config.printers) {
    auto machine = load_machine(printer);
    if (!machine) {
      return tl::unexpected(machine.error());
    }
    ++named[machine->title];
    machines.push_back(std::move(*machine));
  }
  for (std::size_t i = 0; i < machines.size(); ++i) {
    const PrinterConfig& printer = config.printers[i];
    if (printer.name.empty() && named[machines[i].profile.title] > 1) {
      machines[i].title = fmt::format("{} ({})", machines[i].profile.title, printer.id);
    }
  }
  return machines;
}

jobs::Runner::Identity identity_of(const PrinterConfig& printer, const Machine& machine) {
  constexpr double kUsualNozzleMm = 0.4;
  const machine::Profile& profile = machine.profile;
  return {
      .id = printer.id,
      .title = machine.title,
      .model = profile.title,
      .width_mm = profile.bed.x_max.v - profile.bed.x_min.v,
      .depth_mm = profile.bed.y_max.v - profile.bed.y_min.v,
      .height_mm = profile.axes[Axis::kZ].travel_max.v,
      .nozzle_mm = profile.nozzles.empty() ? kUsualNozzleMm : profile.nozzles.front().diameter.v,
      .tools = std::max<std::size_t>(profile.nozzles.size(), 1)};
}

namespace {

printer::StreamedPrinter::HeatPolicy heat_policy_of(const PrinterConfig& printer) {
  printer::StreamedPrinter::HeatPolicy policy;
  if (printer.nozzle_standby_c > 0) {
    policy.nozzle_standby = Celsius{static_cast<double>(printer.nozzle_standby_c)};
  }
  policy.nozzle_off_after = std::chrono::seconds(printer.nozzle_off_after_s);
  policy.all_off_after = std::chrono::seconds(printer.all_off_after_s);
  policy.idle_off_after = std::chrono::seconds(printer.idle_off_after_s);
  return policy;
}

using Made = Result<std::unique_ptr<printer::Printer>>;

Made make_streamed(const PrinterConfig& printer, const Machine& machine,
                   const std::filesystem::path& state_folder,
                   std::vector<VirtualDevice>& virtual_devices) {
  stream::Endpoint endpoint;
  if (printer.device.empty()) {
    auto device = start_virtual_device(machine.profile, printer.speed);
    if (!device) {
      return tl::unexpected(device.error());
    }
    endpoint = {.host = "127.0.0.1", .port = device->device->port()};
    virtual_devices.push_back(std::move(*device));
  } else {
    auto parsed = stream::parse_endpoint(printer.device);
    if (!parsed) {
      return tl::unexpected(parsed.error());
    }
    endpoint = *parsed;
  }
  return std::make_unique<printer::StreamedPrinter>(printer::StreamedPrinter::Options{
      .id = printer.id,
      .profile = machine.profile,
      .device = endpoint,
      .controller = machine.choice,
      .speed = printer.speed,
      .state_folder = printer.device.empty() ? std::filesystem::path{} : state_folder,
      .heat_policy = heat_policy_of(printer)});
}

/// The first line of a file that holds nothing else.
Result<std::string> read_key(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::string key;
  if (!std::getline(stream, key)) {
    return fail(Errc::kNotFound, "the API key cannot be read", file.string(),
                "put the key that OctoPrint shows into this file, readable for stepcastd alone");
  }
  key.erase(key.find_last_not_of(" \t\r") + 1);
  if (key.empty() || key.find_first_of(" \t") != std::string::npos) {
    return fail(Errc::kMalformed, "this is no API key", file.string(),
                "the file holds the key in its first line, and nothing else");
  }
  return key;
}

Made make_octoprint(const PrinterConfig& printer, const Machine& /*machine*/,
                    const std::filesystem::path& /*state_folder*/,
                    std::vector<VirtualDevice>& /*virtual_devices*/) {
  auto key = read_key(printer.api_key_file);
  if (!key) {
    return tl::unexpected(error_of(printer.place, "printer.api_key_file", key.error()));
  }
  auto made = octoprint_client::OctoPrintPrinter::make({.id = printer.id,
                                                        .url = printer.url,
                                                        .api_key = std::move(*key),
                                                        .authorities = printer.ca_file,
                                                        .has_camera = !printer.camera.empty()});
  if (!made) {
    return tl::unexpected(error_of(printer.place, "printer.url", made.error()));
  }
  return std::move(*made);
}

/// A back end of another kind (Moonraker, Marlin on a serial line) is one more line here, and its
/// keys in daemon_config.cpp.
struct Kind {
  std::string_view name;
  Made (*make)(const PrinterConfig&, const Machine&, const std::filesystem::path&,
               std::vector<VirtualDevice>&);
};
constexpr std::array kKinds{Kind{"streamed", &make_streamed}, Kind{"octoprint", &make_octoprint}};

}  // namespace

Result<void> check_printer(const PrinterConfig& printer) {
  return load_machine(printer).and_then([&](const Machine& machine) -> Result<void> {
    if (printer.kind != "octoprint") {
      return {};
    }
    std::vector<VirtualDevice> none;
    return make_octoprint(printer, machine, {}, none).map([](const auto& /*made*/) {});
  });
}

Result<std::unique_ptr<printer::Printer>> make_printer(
    const PrinterConfig& printer, const Machine& machine, const std::filesystem::path& state_folder,
    std::vector<VirtualDevice>& virtual_devices) {
  for (const Kind& kind : kKinds) {
    if (kind.name == printer.kind) {
      return kind.make(printer, machine, state_folder, virtual_devices);
    }
  }
  return fail(Errc::kUnsupported, fmt::format("there is no kind '{}' of printer", printer.kind),
              printer.id);
}

}  // namespace stepcast::daemon
