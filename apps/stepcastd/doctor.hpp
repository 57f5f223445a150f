#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "daemon_config.hpp"

namespace stepcast::daemon {

/// One thing that was looked at.
struct Finding {
  enum class Grade : std::uint8_t { kGood, kWarning, kFailure } grade = Grade::kGood;
  std::string subject;  ///< "configuration", "printer taz6", "disk"
  std::string text;     ///< What is the case, with figures.
  std::string remedy;   ///< Of what is not good.
};

/// Looks at everything that the server needs, without changing anything: data folder, disk,
/// database, address, certificate, requirements.hpp, devices, clock, limits of the system. Takes up
/// to some seconds for each device or database that does not answer.
[[nodiscard]] std::vector<Finding> examine(const Config& config, const std::filesystem::path& data);

struct DoctorOptions {
  std::filesystem::path config;  ///< Empty: the one that is built in.
  std::filesystem::path data;
  bool json = false;
};
/// Loads the configuration, examines it and prints the findings. @returns an exit status.
[[nodiscard]] int run_doctor(const DoctorOptions& options);

}  // namespace stepcast::daemon
