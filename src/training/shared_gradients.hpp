#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <torch/torch.h>

namespace stepcast::training {

/// A sum of losses, and by what the sum over a whole batch is to be divided.
struct Loss {
  torch::Tensor sum;
  std::int64_t count = 0;
};

/// Puts the gradients of a batch at its parameters, where an optimizer finds them. Each of `shares`
/// threads takes its part of the pictures, which is faster than all threads at every layer; the
/// same number of shares gives the same gradients, to the last bit.
/// @param loss_of the pictures from the first number up to but without the second; called on
///     several threads at a time
/// @returns the loss
double find_gradients(const std::vector<torch::Tensor>& parameters, std::int64_t pictures,
                      int shares, const std::function<Loss(std::int64_t, std::int64_t)>& loss_of);

}  // namespace stepcast::training
