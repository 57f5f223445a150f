#pragma once

#include <string>

namespace stepcast::plot {

/// "#rrggbb" for a share from 0 (dark violet) to 1 (light yellow).
///
/// The ramp is a straight line of lightness in the Oklab space, with the hue turning from violet
/// over teal to yellow: equal steps look equal, also in grey print and to colour-blind readers.
/// @pre 0 <= share <= 1
[[nodiscard]] std::string heat_color(double share);

}  // namespace stepcast::plot
