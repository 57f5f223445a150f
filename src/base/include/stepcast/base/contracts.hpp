#pragma once

namespace stepcast {

/// Prints the broken promise and aborts. A broken contract is our bug, never the user's input.
[[noreturn]] void contract_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace stepcast

/// A promise that must hold in every build: step counts, limits, protocol invariants.
#define STEPCAST_CHECK(condition)                                  \
  do {                                                             \
    if (!(condition)) [[unlikely]] {                               \
      ::stepcast::contract_failed(#condition, __FILE__, __LINE__); \
    }                                                              \
  } while (false)

/// A promise too costly to test in a release: evaluated only in debug builds.
#ifdef NDEBUG
#define STEPCAST_DCHECK(condition) static_cast<void>(0)
#else
#define STEPCAST_DCHECK(condition) STEPCAST_CHECK(condition)
#endif
