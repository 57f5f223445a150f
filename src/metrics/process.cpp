#include "stepcast/metrics/process.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

namespace stepcast::metrics {
namespace {

constexpr double kMicro = 1e-6;

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + kMicro * static_cast<double>(time.tv_usec);
}

}  // namespace

void add_process(Page& page, double start_unix_s) {
  page.gauge("process_start_time_seconds", "Start of the process, in seconds since 1970.", {},
             start_unix_s);
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    page.counter("process_cpu_seconds_total", "CPU time used, in user and kernel mode.", {},
                 seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime));
  }
  std::int64_t total_pages = 0;
  std::int64_t resident_pages = 0;
  if (std::ifstream("/proc/self/statm") >> total_pages >> resident_pages) {
    const auto page_bytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
    page.gauge("process_virtual_memory_bytes", "Address space in use.", {},
               page_bytes * static_cast<double>(total_pages));
    page.gauge("process_resident_memory_bytes", "Memory in use.", {},
               page_bytes * static_cast<double>(resident_pages));
  }
  std::error_code code;
  std::uint64_t files = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", code), end; !code && entry != end;
       entry.increment(code)) {
    ++files;
  }
  if (!code && files > 0) {
    // One of them is the folder that was read.
    page.gauge("process_open_fds", "Open files and sockets.", {}, static_cast<double>(files - 1));
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    page.gauge("process_max_fds", "Most files and sockets that may be open.", {},
               static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace stepcast::metrics
