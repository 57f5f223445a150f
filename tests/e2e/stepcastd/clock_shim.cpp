// Loaded into a program in front of the C library: moves its wall clock by as many seconds as the
// file that STEPCAST_CLOCK names holds, at any time. Monotonic clocks stay as they are.
#include <cstdint>
#include <cstdlib>
#include <ctime>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

const std::int64_t* open_offset() {
  static const std::int64_t kNone = 0;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment of the daemon
  const char* file = std::getenv("STEPCAST_CLOCK");
  const int handle = file != nullptr ? ::open(file, O_RDONLY | O_CLOEXEC) : -1;
  if (handle < 0) {
    return &kNone;
  }
  void* mapped = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, handle, 0);
  ::close(handle);
  return mapped == MAP_FAILED ? &kNone : static_cast<const std::int64_t*>(mapped);
}

time_t offset_s() {
  static const std::int64_t* const kOffset = open_offset();
  return static_cast<time_t>(__atomic_load_n(kOffset, __ATOMIC_RELAXED));
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* now) {
  using Function = int (*)(clockid_t, timespec*);
  static const auto kReal = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "clock_gettime"));
  const int status = kReal(clock, now);
  if (status == 0 && clock == CLOCK_REALTIME) {
    now->tv_sec += offset_s();
  }
  return status;
}

extern "C" time_t time(time_t* at) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (at != nullptr) {
    *at = now.tv_sec;
  }
  return now.tv_sec;
}
