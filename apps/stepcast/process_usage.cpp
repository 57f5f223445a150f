#include "process_usage.hpp"

#include <sys/resource.h>

namespace stepcast::cli {
namespace {

rusage usage() {
  rusage value{};
  getrusage(RUSAGE_SELF, &value);
  return value;
}

double seconds(const timeval& t) {
  constexpr double kMicro = 1e-6;
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * kMicro;
}

}  // namespace

Seconds cpu_time() {
  const rusage now = usage();
  return Seconds(seconds(now.ru_utime) + seconds(now.ru_stime));
}

double peak_rss_mib() {
  constexpr double kKibInMib = 1024.0;
  return static_cast<double>(usage().ru_maxrss) / kKibInMib;
}

}  // namespace stepcast::cli
