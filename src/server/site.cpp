#include "stepcast/server/site.hpp"

#include <random>

#include <fmt/format.h>

#include "stepcast/server/setup.hpp"

namespace stepcast::server {

jobs::Runner* Site::find_printer(std::string_view id) const {
  for (const auto& runner : printers) {
    if (runner->identity().id == id) {
      return runner.get();
    }
  }
  return nullptr;
}

camera::Camera* Site::find_camera(std::string_view printer) const {
  const auto found = cameras.find(printer);
  return found == cameras.end() ? nullptr : found->second.get();
}

std::string random_token() {
  std::random_device random;  // the system's generator
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

}  // namespace stepcast::server
