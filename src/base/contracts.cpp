#include "stepcast/base/contracts.hpp"

#include <cstdio>
#include <cstdlib>

namespace stepcast {

void contract_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "stepcast: internal error: %s does not hold (%s:%d)\n", condition, file,
               line);
  std::abort();
}

}  // namespace stepcast
