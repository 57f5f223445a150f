#pragma once

namespace stepcast::test {

/// Fits every printer that ships, and has what jobs are made of: layers, travel, arcs, retractions,
/// a dwell, moves of Z and E alone, and an end between two steps.
inline constexpr const char* kSampleJob =
    "M83\n"
    ";LAYER_COUNT:2\n"
    "M104 S200\n"
    ";LAYER:0\n"
    "G1 Z0.3 F300\n"
    "G1 X50 Y50 F6000\n"
    "G1 X70 Y50 E1 F3000\n"
    "G3 X70 Y70 I0 J10 E2\n"
    "G1 E-1 F1500\n"
    "G1 X60.5 Y61.3 F7000\n"
    "G1 E1 F1500\n"
    "G4 P50\n"
    ";LAYER:1\n"
    "G1 Z0.5 F300\n"
    "G1 X50.123 Y50.771 E1.1234 F3000\n";

}  // namespace stepcast::test
