#include "open_files.hpp"

#include <algorithm>

#include <sys/resource.h>

namespace stepcast::daemon {
namespace {

// Database connections with their logs, uploads, downloads, printers, cameras and log files.
constexpr std::size_t kForOthers = 256;
constexpr std::size_t kFewest = 16;

}  // namespace

std::size_t raise_open_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) {
    return kForOthers + kFewest;
  }
  const auto before = files.rlim_cur;
  files.rlim_cur = files.rlim_max;
  return static_cast<std::size_t>(::setrlimit(RLIMIT_NOFILE, &files) == 0 ? files.rlim_cur
                                                                          : before);
}

std::size_t connections_within(std::size_t open_files, std::size_t wanted) {
  return std::clamp(open_files > kForOthers ? open_files - kForOthers : kFewest, kFewest, wanted);
}

}  // namespace stepcast::daemon
