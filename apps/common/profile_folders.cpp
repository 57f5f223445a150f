#include "profile_folders.hpp"

#include <cstdlib>

namespace stepcast::cli {
namespace fs = std::filesystem;

std::vector<fs::path> profile_folders() {
  std::vector<fs::path> folders;
  const auto add = [&](const fs::path& folder) {
    std::error_code ignored;
    if (fs::is_directory(folder, ignored)) {
      folders.push_back(folder);
    }
  };
  // NOLINTBEGIN(concurrency-mt-unsafe): read once, before any thread
  if (const char* own = std::getenv("STEPCAST_PRINTERS")) {
    add(own);
  }
  if (const char* config = std::getenv("XDG_CONFIG_HOME")) {
    add(fs::path(config) / "stepcast" / "printers");
  } else if (const char* home = std::getenv("HOME")) {
    add(fs::path(home) / ".config" / "stepcast" / "printers");
  }
  // NOLINTEND(concurrency-mt-unsafe)
  std::error_code unknown;
  const fs::path program = fs::read_symlink("/proc/self/exe", unknown);
  for (fs::path folder = program.parent_path(); !unknown && folder.has_relative_path();
       folder = folder.parent_path()) {
    add(folder / "share" / "stepcast" / "printers");
    add(folder / "printers");
  }
  return folders;
}

}  // namespace stepcast::cli
