#include "stepcast/device/thermal_plant.hpp"

#include <cmath>

namespace stepcast::device {
namespace {

// What a thermistor with a broken or bridged wire looks like to its converter.
constexpr double kOpenC = -273.0;
constexpr double kShortC = 999.0;

}  // namespace

void ThermalPlant::advance(double seconds, const std::array<double, wire::kHeaterCount>& power,
                           double fan) {
  for (std::size_t i = 0; i < kHeaters.size(); ++i) {
    const Heater& heater = kHeaters[i];
    const double given = defects_[i] == Defect::kDeadCartridge ? 0.0
                         : defects_[i] == Defect::kStuckSwitch ? 1.0
                                                               : power[i];
    // Balance at full power defines the loss; both relax exponentially, exact for any step.
    const double loss_per_s =
        heater.heating_c_s / (heater.hottest_c - kRoomC) * (1.0 + heater.fan_loss * fan);
    const double ends_c = kRoomC + given * heater.heating_c_s / loss_per_s;
    block_c_[i] = ends_c + (block_c_[i] - ends_c) * std::exp(-loss_per_s * seconds);
    const double felt_c = defects_[i] == Defect::kLooseSensor ? kRoomC : block_c_[i];
    sensor_c_[i] = felt_c + (sensor_c_[i] - felt_c) * std::exp(-seconds / heater.sensor_lag_s);
  }
}

std::array<wire::CentiC, wire::kHeaterCount> ThermalPlant::readings() const {
  std::array<wire::CentiC, wire::kHeaterCount> readings{};
  for (std::size_t i = 0; i < readings.size(); ++i) {
    const double read_c = defects_[i] == Defect::kOpenSensor    ? kOpenC
                          : defects_[i] == Defect::kShortSensor ? kShortC
                                                                : sensor_c_[i];
    readings[i] = static_cast<wire::CentiC>(std::lround(read_c * 100.0));
  }
  return readings;
}

}  // namespace stepcast::device
