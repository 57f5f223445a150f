#pragma once

#include "stepcast/machine/profile.hpp"

namespace stepcast::test {

/// The axis responses published for the LulzBot TAZ 6 (Inventions 2018 3(3) 56, equations 1 and 2),
/// Y in its published, stiff form.
inline machine::TransferFunction taz6_response(Axis axis) {
  if (axis == Axis::kX) {
    return {{5.746e4, 3.108e6, 3.742e9, 9.138e10, 5.712e13},
            {1, 254.6, 1.314e5, 1.685e7, 4.993e9, 2.657e11, 5.712e13}};
  }
  if (axis == Axis::kY) {
    return {{1.612e16, 1.404e18, 2.247e21}, {1, 1.127e10, 8.872e16, 3.742e18, 2.247e21}};
  }
  return {};
}

/// A profile that knows its responses and nothing else: all that the compensators look at.
inline machine::Profile taz6_profile() {
  machine::Profile profile;
  profile.name = "taz6";
  for (const Axis axis : kAllAxes) {
    profile.axes[axis].response = taz6_response(axis);
  }
  return profile;
}

}  // namespace stepcast::test
