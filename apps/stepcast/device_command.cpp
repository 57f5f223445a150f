#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "stepcast/device/linux_device.hpp"
#include "stepcast/device/recorder.hpp"
#include "stepcast/machine/profile_loader.hpp"
#include "stepcast/wire/paper_ack.hpp"

#include "command.hpp"
#include "exit_status.hpp"
#include "format.hpp"
#include "heat_config_of.hpp"
#include "interrupt.hpp"
#include "profile_folders.hpp"
#include "terminal.hpp"

namespace stepcast::cli {
namespace {

struct DeviceOptions {
  device::LinuxDevice::Options device{.port = 9000};
  std::string printer = "taz6";
  bool no_heaters = false;
  std::string record;
  bool quiet = false;
};

// Redraws one line about the device until it stops.
void watch(const device::LinuxDevice& device, const std::stop_token& stop) {
  constexpr std::chrono::milliseconds kRefresh{250};
  while (!stop.stop_requested()) {
    const auto s = device.statistics();
    fmt::print(stderr, "\r{:<9} x {} y {} z {} e {} steps, buffer {}/100 packets, pauses {}",
               wire::state_name(s.state), s.progress.positions[0], s.progress.positions[1],
               s.progress.positions[2], s.progress.positions[3], s.fill, s.pauses);
    for (std::size_t i = 0; i < s.targets.size(); ++i) {
      if (s.targets[i] != 0) {
        fmt::print(stderr, ", {} {:.0f}/{:.0f} C", wire::kHeaterNames[i], s.readings[i] / 100.0,
                   s.targets[i] / 100.0);
      }
    }
    fmt::print(stderr, "\033[K");
    std::fflush(stderr);
    std::this_thread::sleep_for(kRefresh);
  }
}

int run(const DeviceOptions& options) {
  const Interrupt interrupt;
  std::unique_ptr<device::FileRecorder> recorder;
  device::LinuxDevice::Options settings = options.device;
  if (!options.no_heaters) {
    const auto profile = machine::load_profile(options.printer, profile_folders());
    if (!profile) {
      return report(profile.error());
    }
    settings.core.heat = heat_config_of(*profile);
  }
  if (!options.record.empty()) {
    auto opened = device::FileRecorder::open(options.record);
    if (!opened) {
      return report(opened.error());
    }
    recorder = std::move(*opened);
    settings.sink = recorder.get();
  }
  auto device = device::LinuxDevice::open(settings);
  if (!device) {
    return report(device.error());
  }
  const Terminal terminal(stderr);
  fmt::print(stderr,
             "Virtual printer on {}:{} (UDP and TCP), {:g} kHz step grid{}. Ctrl-C ends it.\n",
             settings.bind_address, (*device)->port(), settings.core.tick_hz / 1000.0,
             settings.core.heat.any() ? ", simulated heaters" : "");
  fmt::print(stderr, "  {} stepcast print FILE --device {}:{}\n", terminal.dim("try:"),
             settings.bind_address, (*device)->port());
  {
    std::jthread view;
    if (terminal.interactive() && !options.quiet) {
      view = std::jthread([&](const std::stop_token& stop) { watch(**device, stop); });
    }
    (*device)->run(interrupt.token());
  }
  const auto s = (*device)->statistics();
  fmt::print(stderr, "\nStopped at x {} y {} z {} e {} steps.\n", s.progress.positions[0],
             s.progress.positions[1], s.progress.positions[2], s.progress.positions[3]);
  if (recorder) {
    if (auto closed = recorder->close(); !closed) {
      return report(closed.error());
    }
  }
  return kSuccess;
}

}  // namespace

void add_device_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("device", "Run a virtual printer: the device core, no motors");
  auto options = std::make_shared<DeviceOptions>();
  command->add_option("--port", options->device.port, "UDP and TCP port; 0: any free one")
      ->capture_default_str();
  command->add_option("--bind", options->device.bind_address, "Address to listen on")
      ->capture_default_str()
      ->type_name("ADDRESS");
  command->add_flag("--accept-unauthenticated-network",
                    options->device.accept_unauthenticated_network,
                    "Listen beyond this machine although anybody who reaches the port can move "
                    "the printer");
  command->add_option("--tick-rate", options->device.core.tick_hz, "Step grid, Hz")
      ->check(CLI::Range(std::uint32_t{1000}, std::uint32_t{255000}))
      ->capture_default_str();
  command->add_option("-p,--printer", options->printer, "Profile whose heaters are simulated")
      ->capture_default_str();
  command->add_flag("--no-heaters", options->no_heaters, "Motors only");
  command->add_option("--record", options->record, "Write every executed tick here, a byte each")
      ->type_name("FILE");
  command->add_flag("-q,--quiet", options->quiet, "Show no live line");
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace stepcast::cli
