#pragma once

#include <cstdint>
#include <string>

#include "stepcast/base/units.hpp"

namespace stepcast::cli {

/// "1 h 02 min 05 s", "21 min 06 s", "3.4 s".
[[nodiscard]] std::string duration_text(Seconds duration);
/// "12 345 678".
[[nodiscard]] std::string grouped(std::int64_t number);
/// "5.66 m" or "830 mm".
[[nodiscard]] std::string length_text(Mm length);
/// "26.1 MB".
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

}  // namespace stepcast::cli
