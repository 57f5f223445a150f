#include "picture_faults.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "terminal.hpp"

namespace stepcast::cli {

std::vector<vision::FrameFault> faults_of(const std::string& path) {
  const auto picture = vision::read_picture(path);
  return picture ? vision::FrameWatch().look(vision::measure_frame(*picture))
                 : std::vector<vision::FrameFault>();
}

nlohmann::ordered_json json_of(const std::vector<vision::FrameFault>& faults) {
  auto names = nlohmann::ordered_json::array();
  for (const auto fault : faults) {
    names.push_back(vision::frame_fault_name(fault));
  }
  return names;
}

void warn_of(const std::vector<vision::FrameFault>& faults, const std::string& path) {
  const Terminal terminal(stderr);
  for (const auto fault : faults) {
    fmt::print(stderr, "{} {}: this picture is {}: what it does not show may still be there\n",
               terminal.warn("stepcast:"), path, vision::frame_fault_name(fault));
  }
}

}  // namespace stepcast::cli
