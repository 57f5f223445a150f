#pragma once

#include "stepcast/base/result.hpp"
#include "stepcast/training/npz.hpp"

namespace stepcast::training {

/// The published weights of YOLOX-nano for the network of architectures.hpp: focus and stem become
/// one 6x6 convolution, and the layers that name COCO's classes are left out unless there are as
/// many. @returns kMalformed when these are no weights of YOLOX-nano
[[nodiscard]] Result<NamedArrays> adapt_yolox(NamedArrays weights, int classes);

}  // namespace stepcast::training
