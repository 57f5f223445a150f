#include "model_folder.hpp"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace stepcast::cli {
namespace fs = std::filesystem;

std::string model_path(std::string_view name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): read before any thread that could write it
  if (const char* own = std::getenv("STEPCAST_MODELS"); own != nullptr && *own != 0) {
    return fs::path(own) / name;
  }
  std::error_code unknown;
  const fs::path program = fs::read_symlink("/proc/self/exe", unknown);
  for (fs::path folder = program.parent_path(); !unknown && folder.has_relative_path();
       folder = folder.parent_path()) {
    for (const char* place : {"models", "share/stepcast/models"}) {
      fs::path file = folder / place / name;
      if (fs::exists(file, unknown)) {
        return file;
      }
    }
  }
  return fs::path(STEPCAST_MODELS_DIR) / name;
}

}  // namespace stepcast::cli
