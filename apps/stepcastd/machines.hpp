#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/control/motion_pipeline.hpp"
#include "stepcast/device/linux_device.hpp"
#include "stepcast/jobs/runner.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/printer/printer.hpp"

#include "daemon_config.hpp"

namespace stepcast::daemon {

/// A printer as the configuration describes it: its profile and how it is driven.
struct Machine {
  machine::Profile profile;
  std::string profile_text;  ///< As it stands in its file.
  std::string title;         ///< For people: no other printer of the configuration has it.
  control::ControllerChoice choice;
};

/// @returns errors of machine::load_profile(), with the place in the configuration.
[[nodiscard]] Result<Machine> load_machine(const PrinterConfig& printer);

/// One for each printer of the configuration, in its order. What would be called the same by its
/// profile is told apart by its id.
[[nodiscard]] Result<std::vector<Machine>> load_machines(const Config& config);

/// Whether it can be made, as far as this machine alone tells: profile, key, address.
[[nodiscard]] Result<void> check_printer(const PrinterConfig& printer);

/// For people and clients.
[[nodiscard]] jobs::Runner::Identity identity_of(const PrinterConfig& printer,
                                                 const Machine& machine);

/// A device that exists in this process alone.
struct VirtualDevice {
  std::unique_ptr<device::LinuxDevice> device;
  std::jthread thread;
};

/// Makes the back end of a printer; a virtual device that it needs is added to `virtual_devices`,
/// which must outlive it. What has to outlive the daemon is kept in `state_folder`; a virtual
/// device inside the daemon does not.
[[nodiscard]] Result<std::unique_ptr<printer::Printer>> make_printer(
    const PrinterConfig& printer, const Machine& machine, const std::filesystem::path& state_folder,
    std::vector<VirtualDevice>& virtual_devices);

}  // namespace stepcast::daemon
