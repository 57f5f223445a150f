#include <algorithm>
#include <cmath>

#include "stepcast/acoustic/model.hpp"

namespace stepcast::acoustic {
namespace {

// Below what instruments resolve: 0.1 uV, 0.1 us, 0.001 eu, 1 nV.
constexpr double kAmplitudeFloor = 1e-7;
constexpr double kTimeFloor = 1e-7;
constexpr double kEnergyFloor = 1e-3;
constexpr double kRmsFloor = 1e-9;

// Rounded to a float: the last bit of a logarithm differs between C libraries, and what is learned
// must not.
double logarithm(double value, double floor) {
  return static_cast<double>(static_cast<float>(std::log(std::max(value, floor))));
}

}  // namespace

Features features_of(const Hit& hit) {
  return {logarithm(hit.amplitude.v, kAmplitudeFloor), logarithm(hit.duration.v, kTimeFloor),
          logarithm(hit.energy.v, kEnergyFloor),       logarithm(hit.rms.v, kRmsFloor),
          logarithm(hit.rise_time.v, kTimeFloor),      logarithm(hit.counts + 1.0, 1.0)};
}

double rms_kind(const Features& features) {
  static const double kLogEu = std::log(kVoltSquareSecondsPerEu);
  const double duration = features[1];
  const double energy = features[2];
  return features[3] - 0.5 * (energy + kLogEu - duration);
}

}  // namespace stepcast::acoustic
