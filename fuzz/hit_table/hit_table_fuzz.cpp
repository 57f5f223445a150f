#include <cmath>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

#include "stepcast/acoustic/hit_table.hpp"
#include "stepcast/acoustic/model.hpp"
#include "stepcast/base/contracts.hpp"

/// Any bytes are refused with a place, or give hits that can be judged.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stepcast;
  using namespace stepcast::acoustic;
  std::istringstream stream(std::string(reinterpret_cast<const char*>(data), size));
  auto table = HitTable::read(stream, "fuzz.csv", {.keep_waveforms = true, .units = {}});
  if (!table) {
    STEPCAST_CHECK(!table.error().message.empty());
    STEPCAST_CHECK(table.error().location.starts_with("fuzz.csv"));
    return 0;
  }
  for (;;) {
    const auto row = table->next();
    if (!row) {
      STEPCAST_CHECK(!row.error().message.empty());
      STEPCAST_CHECK(row.error().location.starts_with("fuzz.csv:"));
      return 0;
    }
    if (!*row) {
      return 0;
    }
    for (const double feature : features_of((*row)->hit)) {
      STEPCAST_CHECK(std::isfinite(feature));
    }
  }
}
