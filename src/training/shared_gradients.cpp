#include "shared_gradients.hpp"

#include <algorithm>
#include <future>
#include <memory>

#include "torch_tools.hpp"

namespace stepcast::training {
namespace {

struct Share {
  std::vector<torch::Tensor> gradients;  ///< Undefined where the loss does not depend on it.
  double loss = 0;
  std::int64_t count = 0;
};

}  // namespace

double find_gradients(const std::vector<torch::Tensor>& parameters, std::int64_t pictures,
                      int shares, const std::function<Loss(std::int64_t, std::int64_t)>& loss_of) {
  const auto threads = std::min<std::int64_t>(shares, pictures);
  const auto own = threads > 1 ? std::make_unique<OwnThreads>() : nullptr;
  const auto share_of = [&](std::int64_t i) -> Share {
    const auto loss = loss_of(i * pictures / threads, (i + 1) * pictures / threads);
    return {torch::autograd::grad({loss.sum}, parameters, {}, c10::nullopt, false, true),
            loss.sum.item<double>(), loss.count};
  };
  std::vector<std::future<Share>> others;
  for (std::int64_t i = 1; i < threads; ++i) {
    others.push_back(std::async(std::launch::async, share_of, i));
  }
  auto whole = share_of(0);
  // In their order: floating point knows no other way to the same sum.
  for (auto& other : others) {
    const auto share = other.get();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (whole.gradients[i].defined() && share.gradients[i].defined()) {
        whole.gradients[i].add_(share.gradients[i]);
      } else if (share.gradients[i].defined()) {
        whole.gradients[i] = share.gradients[i];
      }
    }
    whole.loss += share.loss;
    whole.count += share.count;
  }
  const double scale = 1 / static_cast<double>(std::max<std::int64_t>(1, whole.count));
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    parameters[i].mutable_grad() =
        whole.gradients[i].defined() ? whole.gradients[i].mul_(scale) : torch::Tensor();
  }
  return whole.loss * scale;
}

}  // namespace stepcast::training
