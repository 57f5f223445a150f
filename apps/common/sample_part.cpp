#include "sample_part.hpp"

#include <system_error>

namespace stepcast::cli {
namespace fs = std::filesystem;

fs::path sample_part() {
  std::error_code unknown;
  const fs::path program = fs::read_symlink("/proc/self/exe", unknown);
  for (fs::path folder = program.parent_path(); !unknown && folder.has_relative_path();
       folder = folder.parent_path()) {
    for (const char* place : {"examples", "share/stepcast/examples"}) {
      fs::path file = folder / place / "nut.gcode";
      if (fs::exists(file, unknown)) {
        return file;
      }
    }
  }
  return {};
}

}  // namespace stepcast::cli
