#pragma once

#include <cmath>
#include <compare>
#include <cstdint>

#include "stepcast/base/units.hpp"

namespace stepcast::acoustic {

/// Electric tension at the output of the sensor.
struct Volts {
  double v{};
  friend constexpr auto operator<=>(Volts, Volts) = default;
};

/// Energy of a signal: 1 eu is 1e-14 V^2 s.
struct EnergyUnits {
  double v{};
  friend constexpr auto operator<=>(EnergyUnits, EnergyUnits) = default;
};

/// V^2 s in one eu.
inline constexpr double kVoltSquareSecondsPerEu = 1e-14;

/// One burst of acoustic emission as the usual instruments describe it. The signal belongs to it
/// from where it first leaves the band of plus and minus the threshold to where it last does.
struct Hit {
  Seconds time;              ///< Of the first threshold crossing, since the recording began.
  std::uint64_t record = 0;  ///< Number of its waveform (`trai`); 0: none.
  Volts amplitude;           ///< Largest magnitude.
  Seconds duration;          ///< From the first to the last sample beyond the threshold.
  EnergyUnits energy;        ///< Integral of the square.
  Volts rms;                 ///< Of the hit, or of the noise around it: instruments differ.
  Seconds rise_time;         ///< From the first crossing to the largest magnitude.
  double counts = 0;         ///< How often it rose through the positive threshold.
};

/// dB(AE): 0 dB is 1 uV at the sensor. Magnitudes below 1 pV count as 1 pV.
[[nodiscard]] inline double decibels(Volts amplitude) {
  constexpr double kSmallest = 1e-12;
  constexpr double kReference = 1e-6;
  return 20.0 * std::log10(std::fmax(amplitude.v, kSmallest) / kReference);
}

[[nodiscard]] inline Volts from_decibels(double decibels_ae) {
  return Volts{1e-6 * std::pow(10.0, decibels_ae / 20.0)};
}

}  // namespace stepcast::acoustic
