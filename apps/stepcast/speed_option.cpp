#include "speed_option.hpp"

#include <map>
#include <string>

#include "stepcast/wire/control_line.hpp"

namespace stepcast::cli {

void add_speed_option(CLI::App& command, std::uint32_t& speed) {
  constexpr std::uint32_t kFastest = 100000;  // the protocol's limit (protocol/control.md)
  command
      .add_option("-s,--speed", speed,
                  "Times real time, or max; only for a device with virtual motors")
      ->transform(CLI::Transformer(std::map<std::string, std::uint32_t>{{"max", wire::kSpeedMax}})
                      .description(""))
      ->check(CLI::Range(std::uint32_t{0}, kFastest).description(""))
      ->capture_default_str()
      ->type_name("N|max");
}

}  // namespace stepcast::cli
