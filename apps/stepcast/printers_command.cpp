#include <fmt/format.h>

#include "stepcast/machine/profile_loader.hpp"

#include "command.hpp"
#include "exit_status.hpp"
#include "profile_folders.hpp"
#include "terminal.hpp"

namespace stepcast::cli {
namespace {

int run() {
  const Terminal terminal(stdout);
  const auto folders = profile_folders();
  int status = kSuccess;
  for (const std::string& name : machine::list_profiles(folders)) {
    auto profile = machine::load_profile(name, folders);
    if (!profile) {
      status = report(profile.error());
      continue;
    }
    const auto& x = profile->axes[Axis::kX];
    const auto& y = profile->axes[Axis::kY];
    const auto& z = profile->axes[Axis::kZ];
    fmt::print("{:<20} {:<28} {:g} x {:g} x {:g} mm, {:g} mm/s, {:g} m/s2{}\n",
               terminal.strong(name), profile->title, (x.travel_max - x.travel_min).v,
               (y.travel_max - y.travel_min).v, (z.travel_max - z.travel_min).v, x.max_speed.v,
               profile->path.acceleration.v / 1000.0,
               x.response.den.empty() ? "" : ", with axis response");
  }
  return status;
}

}  // namespace

void add_printers_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("printers", "List the printer profiles");
  command->callback([&status] { status = run(); });
}

}  // namespace stepcast::cli
