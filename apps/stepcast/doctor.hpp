#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "daemon_config.hpp"

namespace stepcast::cli {

/// One thing that was looked at.
struct Finding {
  enum class Grade : std::uint8_t { kGood, kWarning, kFailure } grade = Grade::kGood;
  std::string subject;  ///< "configuration", "printer taz6", "disk"
  std::string text;     ///< What is the case, with figures.
  std::string remedy;   ///< Of what is not good.
};

/// Looks at everything that `stepcastd` needs, without changing anything: data folder, disk,
/// database, address, certificate, printers, clock, limits of the system. Takes up to some seconds
/// for each device that does not answer.
[[nodiscard]] std::vector<Finding> examine(const daemon::Config& config,
                                           const std::filesystem::path& data);

}  // namespace stepcast::cli
