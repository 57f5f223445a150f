#include "stepcast/training/classifier_training.hpp"

#include <algorithm>
#include <cmath>
#include <future>
#include <numeric>

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>
#include <torch/torch.h>

#include "augmentation.hpp"
#include "onnx_writer.hpp"
#include "torch_network.hpp"
#include "torch_tools.hpp"

namespace stepcast::training {
namespace {

/// Pixel values to what the published weights expect: -1 to 1, red first.
constexpr double kMiddle = 127.5;
constexpr double kHeadWeightDecay = 0.05;
constexpr double kFineWeightDecay = 0.01;
constexpr double kFeatureDropout = 0.3;
/// Larger than the network's side: a changed view is cut from it.
constexpr int kLoadFactorPercent = 130;

/// A view of the whole picture, as the product will see it.
cv::Mat plain_view(const cv::Mat& picture, int size) {
  cv::Mat view;
  cv::resize(picture, view, {size, size}, 0, 0, cv::INTER_LINEAR);
  return view;
}

torch::Tensor input_of(const std::vector<cv::Mat>& views, int size) {
  auto images =
      torch::empty({static_cast<std::int64_t>(views.size()), size, size, 3}, torch::kUInt8);
  const auto bytes = static_cast<std::size_t>(size) * static_cast<std::size_t>(size) * 3;
  for (std::size_t i = 0; i < views.size(); ++i) {
    std::memcpy(images.data_ptr<std::uint8_t>() + i * bytes, views[i].data, bytes);
  }
  return images.to(torch::kFloat32).flip({3}).permute({0, 3, 1, 2}).sub_(kMiddle).div_(kMiddle);
}

/// How far a photograph of a print may be changed.
Augmentation gentle() {
  Augmentation how;
  how.mosaic = 0;
  how.least_scale = 0.95;
  how.most_scale = 1.5;
  how.rotation_deg = 15;
  how.shear_deg = 3;
  how.translation = 0.1;
  how.saturation = 0.4;
  how.brightness = 0.3;
  return how;
}

/// Weight of each picture so that every class has the same sum, and the mean is 1.
std::vector<double> balanced_weights(const ClassifierTraining& training) {
  std::vector<double> sums(training.classes.size(), 0);
  for (const auto& picture : training.pictures) {
    sums[static_cast<std::size_t>(picture.class_index)] += picture.weight;
  }
  const auto present =
      static_cast<double>(std::count_if(sums.begin(), sums.end(), [](double s) { return s > 0; }));
  const double total = static_cast<double>(training.pictures.size());
  std::vector<double> weights;
  for (const auto& picture : training.pictures) {
    weights.push_back(picture.weight * total /
                      (present * sums[static_cast<std::size_t>(picture.class_index)]));
  }
  return weights;
}

/// Cross entropy with softened labels, each picture by its weight.
torch::Tensor loss_of(const torch::Tensor& logits, const torch::Tensor& labels,
                      const torch::Tensor& weights, double smoothing) {
  const auto says = torch::log_softmax(logits, 1);
  const auto right = says.gather(1, labels.unsqueeze(1)).squeeze(1);
  const auto each = -(1 - smoothing) * right - smoothing * says.mean(1);
  return (each * weights).sum() / weights.sum();
}

}  // namespace

class TrainedClassifier::Network {
 public:
  Network(NamedArrays weights, int classes, int size)
      : classes_(classes),
        size_(size),
        network_(std::make_shared<TorchNetwork>(std::move(weights), best_device())) {
    const torch::NoGradGuard no_gradients;
    static_cast<void>(forward(torch::zeros({1, 3, size, size})));
  }

  [[nodiscard]] TorchNetwork& torch_network() { return *network_; }
  [[nodiscard]] int size() const { return size_; }
  [[nodiscard]] int classes() const { return classes_; }

  /// N x 1280 x 1 x 1
  [[nodiscard]] torch::Tensor features(const torch::Tensor& images) {
    return MobileNetV2<TorchNetwork>(*network_)(images.to(best_device()));
  }
  /// N x classes
  [[nodiscard]] torch::Tensor head(const torch::Tensor& features) {
    return network_->conv(features, last()).flatten(1);
  }
  [[nodiscard]] torch::Tensor forward(const torch::Tensor& images) {
    return head(features(images));
  }

  [[nodiscard]] Convolution last() const {
    return {.name = "classifier", .in = MobileNetV2<TorchNetwork>::kFeatures, .out = classes_};
  }

  [[nodiscard]] Result<void> write(const std::string& path, const std::string& description) const {
    const auto folded = network_->folded();
    OnnxWriter writer(folded, Opset::kClassic);
    const auto features = MobileNetV2<OnnxWriter>(writer)(writer.input("images", 3, size_, size_));
    writer.output(writer.flatten(writer.conv(features, last())), "logits", classes_, false);
    writer.describe("stepcast", description);
    return writer.write(path);
  }

 private:
  int classes_;
  int size_;
  std::shared_ptr<TorchNetwork> network_;
};

namespace {

using Network = TrainedClassifier;

class ClassifierTrainer {
 public:
  template <class Net>
  static Result<void> run(Net& network, const ClassifierTraining& training,
                          const TrainingObserver& observer) {
    std::vector<Sample> samples;
    for (const auto& picture : training.pictures) {
      auto sample = load_sample({picture.path, {}}, training.size * kLoadFactorPercent / 100);
      if (!sample) {
        return tl::unexpected(sample.error());
      }
      // The product stretches pictures to a square; so are those to learn from.
      const int side = training.size * kLoadFactorPercent / 100;
      sample->picture = plain_view(sample->picture, side);
      samples.push_back(std::move(*sample));
    }
    const auto weights = balanced_weights(training);
    if (!learn_head(network, training, samples, weights, observer) ||
        !learn_all(network, training, samples, weights, observer)) {
      return fail(Errc::kInterrupted, "stopped");
    }
    return {};
  }

 private:
  static torch::Tensor labels_of(const ClassifierTraining& training,
                                 const std::vector<std::size_t>& chosen) {
    std::vector<std::int64_t> labels;
    for (const auto i : chosen) {
      labels.push_back(training.pictures[i].class_index);
    }
    return torch::tensor(labels).to(best_device());
  }
  static torch::Tensor weights_of(const std::vector<double>& weights,
                                  const std::vector<std::size_t>& chosen) {
    std::vector<float> values;
    for (const auto i : chosen) {
      values.push_back(static_cast<float>(weights[i]));
    }
    return torch::tensor(values).to(best_device());
  }
  static torch::Tensor views_of(const std::vector<Sample>& samples,
                                const std::vector<std::size_t>& chosen, int size,
                                std::uint64_t seed, bool changed) {
    std::vector<cv::Mat> views;
    for (const auto i : chosen) {
      std::seed_seq sequence{seed, static_cast<std::uint64_t>(i)};
      std::mt19937_64 random(sequence);
      views.push_back(changed ? augmented(samples, i, size, gentle(), random).picture
                              : plain_view(samples[i].picture, size));
    }
    return input_of(views, size);
  }

  /// The features are computed once for some views of each picture; the last layer learns from
  /// them.
  template <class Net>
  static bool learn_head(Net& network, const ClassifierTraining& training,
                         const std::vector<Sample>& samples, const std::vector<double>& weights,
                         const TrainingObserver& observer) {
    network.torch_network().eval();
    std::vector<torch::Tensor> views;
    std::vector<std::size_t> everyone(samples.size());
    std::iota(everyone.begin(), everyone.end(), std::size_t{0});
    const auto batch = static_cast<std::size_t>(training.batch);
    {
      const torch::NoGradGuard no_gradients;
      for (int view = 0; view < training.views; ++view) {
        std::vector<torch::Tensor> parts;
        for (std::size_t begin = 0; begin < samples.size(); begin += batch) {
          const std::vector<std::size_t> chosen(
              everyone.begin() + static_cast<std::ptrdiff_t>(begin),
              everyone.begin() +
                  static_cast<std::ptrdiff_t>(std::min(begin + batch, samples.size())));
          parts.push_back(network.features(
              views_of(samples, chosen, training.size,
                       training.seed + static_cast<std::uint64_t>(view), view > 0)));
        }
        views.push_back(torch::cat(parts));
        if (!observer({.epoch = 0,
                       .epochs = training.fine_epochs,
                       .step = view + 1,
                       .steps = training.views,
                       .loss = 0})) {
          return false;
        }
      }
    }
    const auto labels = labels_of(training, everyone);
    const auto sample_weights = weights_of(weights, everyone);
    std::vector<torch::Tensor> learning;
    for (const auto& parameter : network.torch_network().named_parameters()) {
      if (parameter.key().rfind("classifier", 0) == 0) {
        learning.push_back(parameter.value());
      }
    }
    torch::optim::AdamW optimizer(
        learning, torch::optim::AdamWOptions(training.head_rate).weight_decay(kHeadWeightDecay));
    torch::manual_seed(training.seed);
    for (int epoch = 0; epoch < training.head_epochs; ++epoch) {
      for (const auto& view : views) {
        const auto dropped = torch::dropout(view, kFeatureDropout, true);
        const auto loss =
            loss_of(network.head(dropped), labels, sample_weights, training.label_smoothing);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
      }
    }
    return true;
  }

  template <class Net>
  static bool learn_all(Net& network, const ClassifierTraining& training,
                        const std::vector<Sample>& samples, const std::vector<double>& weights,
                        const TrainingObserver& observer) {
    if (training.fine_epochs == 0) {
      return true;
    }
    torch::optim::AdamW optimizer(
        network.torch_network().parameters(),
        torch::optim::AdamWOptions(training.fine_rate).weight_decay(kFineWeightDecay));
    const auto batch = static_cast<std::size_t>(training.batch);
    const int steps = static_cast<int>((samples.size() + batch - 1) / batch);
    for (int epoch = 1; epoch <= training.fine_epochs; ++epoch) {
      const auto seed = epoch_seed(training.seed, epoch);
      std::mt19937_64 random(seed);
      std::vector<std::size_t> order(samples.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::shuffle(order.begin(), order.end(), random);
      double sum = 0;
      for (int step = 0; step < steps; ++step) {
        const auto begin = static_cast<std::size_t>(step) * batch;
        const std::vector<std::size_t> chosen(
            order.begin() + static_cast<std::ptrdiff_t>(begin),
            order.begin() + static_cast<std::ptrdiff_t>(std::min(begin + batch, order.size())));
        set_rate(optimizer,
                 training.fine_rate * falling_share(epoch - 1 + static_cast<double>(step) / steps,
                                                    1, training.fine_epochs));
        const auto features =
            network.features(views_of(samples, chosen, training.size, seed, true));
        const auto logits = network.head(torch::dropout(features, kFeatureDropout, true));
        const auto loss = loss_of(logits, labels_of(training, chosen), weights_of(weights, chosen),
                                  training.label_smoothing);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        sum += loss.template item<double>();
        if (!observer({.epoch = epoch,
                       .epochs = training.fine_epochs,
                       .step = step + 1,
                       .steps = steps,
                       .loss = sum / (step + 1)})) {
          return false;
        }
      }
    }
    return true;
  }
};

Result<void> check(const ClassifierTraining& training) {
  if (training.pictures.empty()) {
    return fail(Errc::kInvalidArgument, "there are no pictures to learn from");
  }
  for (const auto& picture : training.pictures) {
    if (picture.class_index < 0 ||
        picture.class_index >= static_cast<int>(training.classes.size())) {
      return fail(
          Errc::kOutOfRange,
          fmt::format("class {} is none of {}", picture.class_index, training.classes.size()),
          picture.path);
    }
  }
  return {};
}

}  // namespace

TrainedClassifier::TrainedClassifier(std::unique_ptr<Network> network)
    : network_(std::move(network)) {}
TrainedClassifier::TrainedClassifier(TrainedClassifier&&) noexcept = default;
TrainedClassifier& TrainedClassifier::operator=(TrainedClassifier&&) noexcept = default;
TrainedClassifier::~TrainedClassifier() = default;

Result<std::vector<std::vector<double>>> TrainedClassifier::logits(
    const std::vector<std::string>& paths) {
  const torch::NoGradGuard no_gradients;
  network_->torch_network().eval();
  std::vector<std::vector<double>> all;
  for (const auto& path : paths) {
    auto sample = load_sample({path, {}}, network_->size() * 8);
    if (!sample) {
      return tl::unexpected(sample.error());
    }
    const auto values =
        network_
            ->forward(input_of({plain_view(sample->picture, network_->size())}, network_->size()))
            .to(torch::kCPU, torch::kFloat64)
            .contiguous();
    all.emplace_back(values.data_ptr<double>(), values.data_ptr<double>() + values.numel());
  }
  return all;
}

Result<void> TrainedClassifier::write(const std::string& onnx_path,
                                      const std::string& description) const {
  return network_->write(onnx_path, description);
}

Result<TrainedClassifier> train_classifier(const ClassifierTraining& training,
                                           const TrainingObserver& observer) {
  if (auto fine = check(training); !fine) {
    return tl::unexpected(fine.error());
  }
  prepare_torch(training.threads, training.seed);
  auto weights = read_npz(training.pretrained);
  if (!weights) {
    return tl::unexpected(weights.error());
  }
  // The published last layer names ImageNet's classes.
  weights->erase("classifier.1.weight");
  weights->erase("classifier.1.bias");
  auto network = std::make_unique<TrainedClassifier::Network>(
      std::move(*weights), static_cast<int>(training.classes.size()), training.size);
  if (auto done = ClassifierTrainer::run(*network, training, observer); !done) {
    return tl::unexpected(done.error());
  }
  return TrainedClassifier(std::move(network));
}

}  // namespace stepcast::training
