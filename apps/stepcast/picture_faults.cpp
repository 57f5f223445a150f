#include "picture_faults.hpp"

#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stepcast/base/whole_file.hpp"

#include "terminal.hpp"

namespace stepcast::cli {

std::vector<vision::FrameFault> faults_of(const std::string& path) {
  // Of the file, not of a decoded picture: a JPEG is decoded no larger than it is looked at.
  const auto frame = read_text(path).and_then([&](const std::string& file) {
    return vision::measure_frame(std::as_bytes(std::span(file)), path);
  });
  return frame ? vision::FrameWatch().look(*frame) : std::vector<vision::FrameFault>();
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
