#include "stepcast/shaping/identity.hpp"

#include <algorithm>

#include "stepcast/base/contracts.hpp"

namespace stepcast::shaping {

namespace {
/// 0.1 s at the command rate: the same order as the blocks of the other compensators, so that a
/// pipeline moves similar amounts of data whichever one it runs.
constexpr std::size_t kBlock = 100;
}  // namespace

std::size_t Identity::block() const noexcept {
  return kBlock;
}

std::size_t Identity::look_ahead() const noexcept {
  return 0;
}

void Identity::start(double /*position_mm*/) noexcept {}

void Identity::advance(std::span<const double> plan_mm, std::span<double> command_mm) noexcept {
  STEPCAST_DCHECK(plan_mm.size() == kBlock && command_mm.size() == kBlock);
  std::copy(plan_mm.begin(), plan_mm.end(), command_mm.begin());
}

}  // namespace stepcast::shaping
