#pragma once

#include <cstddef>
#include <random>
#include <vector>

#include "stepcast/training/labelled_picture.hpp"

namespace stepcast::training {

/// Pictures with rare classes come more often: by the root of how rare the rarest is
/// (Gupta et al., arXiv:1908.03195).
/// @returns how often each picture comes in an epoch, 1 or more
[[nodiscard]] std::vector<double> repeats_of(const std::vector<LabelledPicture>& pictures,
                                             std::size_t classes);

/// The order of an epoch; a repeat of 1.6 is one more in six of ten epochs.
[[nodiscard]] std::vector<std::size_t> order_of(const std::vector<double>& repeats,
                                                std::mt19937_64& random);

}  // namespace stepcast::training
