#include "detector_batches.hpp"

#include <algorithm>

#include "torch_tools.hpp"

namespace stepcast::training {
namespace {

void add(Sample sample, Batch& batch, std::vector<cv::Mat>& pictures) {
  pictures.push_back(std::move(sample.picture));
  batch.marks.push_back(std::move(sample.marks));
}

}  // namespace

Result<std::vector<Sample>> load_samples(const std::vector<LabelledPicture>& pictures, int size) {
  std::vector<Sample> samples;
  samples.reserve(pictures.size());
  for (const auto& picture : pictures) {
    // Half as large again: what a mosaic enlarges shall not be blurred.
    auto sample = load_sample(picture, size * 3 / 2);
    if (!sample) {
      return tl::unexpected(sample.error());
    }
    samples.push_back(std::move(*sample));
  }
  return samples;
}

Batch changed_batch(const std::vector<Sample>& samples, const std::vector<std::size_t>& order,
                    std::size_t begin, std::size_t most, int size, const Augmentation& how,
                    std::uint64_t seed) {
  Batch batch;
  std::vector<cv::Mat> pictures;
  for (std::size_t i = begin; i < std::min(begin + most, order.size()); ++i) {
    std::seed_seq sequence{seed, static_cast<std::uint64_t>(i)};
    std::mt19937_64 random(sequence);
    add(augmented(samples, order[i], size, how, random), batch, pictures);
  }
  batch.images = images_of(pictures, size);
  return batch;
}

std::vector<Batch> plain_batches(const std::vector<Sample>& samples, std::size_t most, int size) {
  std::vector<Batch> batches;
  for (std::size_t begin = 0; begin < samples.size(); begin += most) {
    Batch& batch = batches.emplace_back();
    std::vector<cv::Mat> pictures;
    for (std::size_t i = begin; i < std::min(begin + most, samples.size()); ++i) {
      add(letterboxed(samples[i], size), batch, pictures);
    }
    batch.images = images_of(pictures, size);
  }
  return batches;
}

}  // namespace stepcast::training
