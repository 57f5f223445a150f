#include "process_usage.hpp"

#include <charconv>
#include <fstream>
#include <string>
#include <string_view>

#include <sys/resource.h>

namespace stepcast::cli {
namespace {

double seconds(const timeval& t) {
  constexpr double kMicro = 1e-6;
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * kMicro;
}

}  // namespace

Seconds cpu_time() {
  rusage now{};
  getrusage(RUSAGE_SELF, &now);
  return Seconds(seconds(now.ru_utime) + seconds(now.ru_stime));
}

// Not from getrusage(): its figure begins with the size of the program that started this one.
double peak_rss_mib() {
  constexpr std::string_view kKey = "VmHWM:";
  constexpr double kKibInMib = 1024.0;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(kKey)) {
      continue;
    }
    const std::size_t digits = line.find_first_not_of(" \t", kKey.size());
    double kib = 0.0;
    if (digits != std::string::npos) {
      std::from_chars(line.data() + digits, line.data() + line.size(), kib);
    }
    return kib / kKibInMib;
  }
  return 0.0;
}

}  // namespace stepcast::cli
