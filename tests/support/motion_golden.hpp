#pragma once

#include <fstream>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

namespace stepcast::test {

/// The figures of the numpy reference (tests/golden/data/README.md).
inline const nlohmann::json& motion_golden() {
  static const nlohmann::json kGolden = [] {
    const std::string path =
        std::string(STEPCAST_SOURCE_DIR) + "/tests/golden/data/motion_golden.json";
    std::ifstream file(path);
    if (!file) {
      throw std::runtime_error("cannot read " + path);
    }
    return nlohmann::json::parse(file);
  }();
  return kGolden;
}

}  // namespace stepcast::test
