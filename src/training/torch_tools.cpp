#include "torch_tools.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

#include <malloc.h>
#include <opencv2/core/utility.hpp>

namespace stepcast::training {

torch::Device best_device() {
  return torch::cuda::is_available() ? torch::kCUDA : torch::kCPU;
}

void prepare_torch(int threads, std::uint64_t seed) {
  constexpr int kNeverGiveBack = 1 << 30;
  ::mallopt(M_MMAP_THRESHOLD, kNeverGiveBack);
  ::mallopt(M_TRIM_THRESHOLD, kNeverGiveBack);
  // The other arenas do give back.
  ::mallopt(M_ARENA_MAX, 1);
  // Pictures are changed beside the network: a second pool of threads would only be in its way.
  cv::setNumThreads(1);
  torch::set_num_threads(threads);
  torch::manual_seed(seed);
}

torch::Tensor images_of(const std::vector<cv::Mat>& pictures, int size) {
  auto images =
      torch::empty({static_cast<std::int64_t>(pictures.size()), size, size, 3}, torch::kUInt8);
  const auto bytes = static_cast<std::size_t>(size) * static_cast<std::size_t>(size) * 3;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    std::memcpy(images.data_ptr<std::uint8_t>() + i * bytes, pictures[i].data, bytes);
  }
  return images.to(torch::kFloat32).permute({0, 3, 1, 2});
}

double falling_share(double epochs_done, double warm_up_epochs, double epochs) {
  constexpr double kRest = 0.05;
  if (epochs_done < warm_up_epochs) {
    return epochs_done / warm_up_epochs;
  }
  const double done = (epochs_done - warm_up_epochs) / std::max(1.0, epochs - warm_up_epochs);
  return kRest + (1 - kRest) * 0.5 * (1 + std::cos(std::numbers::pi * done));
}

void set_rate(torch::optim::AdamW& optimizer, double rate) {
  for (auto& group : optimizer.param_groups()) {
    static_cast<torch::optim::AdamWOptions&>(group.options()).lr(rate);
  }
}

std::uint64_t epoch_seed(std::uint64_t seed, int epoch) {
  constexpr std::uint64_t kApart = 1'000'003;  // more than any number of epochs
  return seed * kApart + static_cast<std::uint64_t>(epoch);
}

}  // namespace stepcast::training
