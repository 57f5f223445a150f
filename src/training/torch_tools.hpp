#pragma once

#include <cstdint>
#include <vector>

#include <opencv2/core.hpp>
#include <torch/torch.h>

namespace stepcast::training {

/// The graphics processor where LibTorch can use one.
[[nodiscard]] torch::Device best_device();

/// Threads, seeds and an allocator that keeps what it has: freed memory would go back to the system
/// and be asked for again with every step.
void prepare_torch(int threads, std::uint64_t seed);

/// Pictures of `size` by `size` as N x 3 x H x W of their values, channels last in memory.
[[nodiscard]] torch::Tensor images_of(const std::vector<cv::Mat>& pictures, int size);

/// Rises for some epochs, then falls along a cosine to a small rest.
[[nodiscard]] double falling_share(double epochs_done, double warm_up_epochs, double epochs);

void set_rate(torch::optim::AdamW& optimizer, double rate);

[[nodiscard]] std::uint64_t epoch_seed(std::uint64_t seed, int epoch);

/// While one lives, every operation stays on the thread that calls it: for threads of our own, each
/// with work of its own.
class OwnThreads {
 public:
  OwnThreads() { torch::set_num_threads(1); }
  OwnThreads(const OwnThreads&) = delete;
  OwnThreads& operator=(const OwnThreads&) = delete;
  ~OwnThreads() { torch::set_num_threads(before_); }

 private:
  int before_ = torch::get_num_threads();
};

}  // namespace stepcast::training
