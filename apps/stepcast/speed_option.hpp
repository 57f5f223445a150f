#pragma once

#include <cstdint>

#include <CLI/CLI.hpp>

namespace stepcast::cli {

/// `--speed N|max`: times real time, for devices with virtual motors.
void add_speed_option(CLI::App& command, std::uint32_t& speed);

}  // namespace stepcast::cli
