#pragma once

#include <cstddef>

namespace stepcast::vision {

/// to[i] = from[i] / (1 + exp(-from[i])), within 1e-6 of it or of its size; `to` may be `from`.
/// Eight numbers at a time where the processor can.
void silu(const float* from, float* to, std::size_t count);

}  // namespace stepcast::vision
