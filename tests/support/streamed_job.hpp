#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "stepcast/printer/streamed_printer.hpp"

#include "test_profile.hpp"

/// What the tests of streamed printers print, and with which printer.
namespace stepcast::test {

/// Printed lines of a second each, ten to a layer; `first` is what the job begins with.
inline std::string zigzag(int seconds, std::string_view first = {}) {
  std::string job = "M83\n" + std::string(first) + ";LAYER:0\nG1 Z0.3 F300\nG1 X20.3 Y20.7 F6000\n";
  for (int i = 0; i < seconds; ++i) {
    job += i % 10 == 9 ? ";LAYER:" + std::to_string(i / 10 + 1) + "\n" : "";
    job += "G1 X" + std::to_string(i % 2 == 0 ? 70 : 20) + " Y" + std::to_string(20 + i % 50) +
           " E1.01 F3000\n";
  }
  return job;
}

inline printer::StreamedPrinter::Options streamed_options(std::uint16_t port, std::uint32_t speed) {
  using namespace std::chrono_literals;
  return {.id = "taz",
          .profile = limited_machine(),
          .device = {.host = "127.0.0.1", .port = port},
          .controller = {},
          .speed = speed,
          .connect_timeout = 2s,
          .status_interval = 5ms};
}

}  // namespace stepcast::test
