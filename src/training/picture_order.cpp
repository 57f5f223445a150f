#include "picture_order.hpp"

#include <algorithm>
#include <cmath>

namespace stepcast::training {

std::vector<double> repeats_of(const std::vector<LabelledPicture>& pictures, std::size_t classes) {
  constexpr double kCommonShare = 0.15;  ///< Classes in more pictures than this are not rare.
  constexpr double kMostRepeats =
      4;  ///< A handful of pictures is learnt by heart before it is learnt.
  std::vector<double> share(classes, 0);
  for (const auto& picture : pictures) {
    std::vector<bool> seen(classes, false);
    for (const auto& mark : picture.marks) {
      seen[static_cast<std::size_t>(mark.class_index)] = true;
    }
    for (std::size_t c = 0; c < classes; ++c) {
      share[c] += seen[c] ? 1.0 / static_cast<double>(pictures.size()) : 0;
    }
  }
  std::vector<double> repeats;
  for (const auto& picture : pictures) {
    double most = 1;
    for (const auto& mark : picture.marks) {
      most = std::max(most,
                      std::sqrt(kCommonShare / share[static_cast<std::size_t>(mark.class_index)]));
    }
    repeats.push_back(std::min(most, kMostRepeats));
  }
  return repeats;
}

std::vector<std::size_t> order_of(const std::vector<double>& repeats, std::mt19937_64& random) {
  std::vector<std::size_t> order;
  std::uniform_real_distribution<double> chance(0, 1);
  for (std::size_t i = 0; i < repeats.size(); ++i) {
    const auto times = static_cast<std::size_t>(repeats[i] + chance(random));
    order.insert(order.end(), times, i);
  }
  std::shuffle(order.begin(), order.end(), random);
  return order;
}

}  // namespace stepcast::training
