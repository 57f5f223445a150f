#include "requirements.hpp"

#include <fmt/format.h>

#include "integrations.hpp"
#include "machines.hpp"
#include "printer_ports.hpp"

namespace stepcast::daemon {

std::vector<Unmet> unmet_requirements(const Config& config) {
  std::vector<Unmet> unmet;
  const auto need = [&unmet](const std::string& subject, const auto& result) {
    if (!result) {
      unmet.push_back({subject, result.error()});
    }
  };
  need("address", check_ports(config));
  for (const PrinterConfig& printer : config.printers) {
    need(fmt::format("printer {}", printer.id), check_printer(printer));
  }
  for (const ChannelConfig& channel : config.integrations.channels) {
    const std::string& name = channel.channel.name;  // "hook lamp" of a hook
    need(name.starts_with("hook ") ? name : fmt::format("channel {}", name), channel_of(channel));
  }
  if (config.integrations.mqtt) {
    need("mqtt", password_of(*config.integrations.mqtt));
  }
  return unmet;
}

}  // namespace stepcast::daemon
