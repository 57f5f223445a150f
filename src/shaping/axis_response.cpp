#include "stepcast/shaping/axis_response.hpp"

namespace stepcast::shaping {

Result<math::StateSpace> sampled_response(const machine::TransferFunction& response,
                                          Seconds period) {
  const math::RationalFunction published{response.num, response.den};
  return math::check_axis_response(published)
      .and_then([&] { return math::drop_fast_poles(published, period); })
      .and_then([&](const math::RationalFunction& reduced) {
        return math::discretise(math::with_unit_gain(reduced), period, math::Hold::kFirstOrder);
      });
}

}  // namespace stepcast::shaping
