#include "stepcast/training/classifier_training.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>
#include <torch/torch.h>

#include "augmentation.hpp"
#include "onnx_writer.hpp"
#include "shared_gradients.hpp"
#include "torch_network.hpp"
#include "torch_tools.hpp"

namespace stepcast::training {
namespace {

constexpr double kFineDecay = 0.01;
/// Changed views are cut from pictures larger than the network's side.
constexpr int kLoadPercent = 130;
using Model = MobileNetV2<TorchNetwork>;

/// The whole picture, stretched, as the product will see it.
cv::Mat stretched(const cv::Mat& picture, int size) {
  cv::Mat view;
  const bool smaller = picture.cols > size;
  cv::resize(picture, view, {size, size}, 0, 0, smaller ? cv::INTER_AREA : cv::INTER_LINEAR);
  return view;
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
  how.other_colour = 0;
  how.grey = 0;
  how.saturation = 0.4;
  how.brightness = 0.3;
  return how;
}

/// Mean 1; where classes are to be balanced, each has the same sum.
std::vector<double> weights_of(const ClassifierTraining& training,
                               std::span<const std::size_t> chosen) {
  std::vector<double> sums(training.classes.size(), 0);
  for (const auto i : chosen) {
    const auto& picture = training.pictures[i];
    sums[static_cast<std::size_t>(picture.class_index)] += picture.weight;
  }
  std::vector<double> weights;
  double total = 0;
  for (const auto i : chosen) {
    const auto& picture = training.pictures[i];
    const double sum = sums[static_cast<std::size_t>(picture.class_index)];
    weights.push_back(training.balanced ? picture.weight / sum : picture.weight);
    total += weights.back();
  }
  for (auto& weight : weights) {
    weight *= static_cast<double>(chosen.size()) / total;
  }
  return weights;
}

/// Cross entropy with softened labels, each picture by its weight; the sum.
torch::Tensor loss_of(const torch::Tensor& logits, const torch::Tensor& labels,
                      const torch::Tensor& weights, double smoothing) {
  const auto says = torch::log_softmax(logits, 1);
  const auto right = says.gather(1, labels.unsqueeze(1)).squeeze(1);
  const auto each = -(1 - smoothing) * right - smoothing * says.mean(1);
  return (each * weights).sum();
}

/// Cuts 0 .. count - 1, in a random order, into batches.
std::vector<std::vector<std::int64_t>> batches_of(std::size_t count, std::size_t batch,
                                                  std::mt19937_64& random) {
  std::vector<std::int64_t> order(count);
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::shuffle(order.begin(), order.end(), random);
  std::vector<std::vector<std::int64_t>> batches;
  for (std::size_t begin = 0; begin < count; begin += batch) {
    const auto end = std::min(begin + batch, count);
    batches.emplace_back(order.begin() + static_cast<std::ptrdiff_t>(begin),
                         order.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return batches;
}

}  // namespace

ClassifierTraining published_recipe(ClassifierTraining training) {
  training.hidden = 128;
  training.middle = 0;
  training.scale = 1 / 255.0;
  training.views = 20;
  training.head_epochs = 1;
  training.head_batch = 8;
  training.head_rate = 1e-3;
  training.head_decay = 0;
  training.fine_epochs = 0;
  training.dropout = 0.3;
  training.label_smoothing = 0;
  training.balanced = false;
  return training;
}

/// MobileNetV2 with a head for the classes.
class TrainedClassifier::Network {
 public:
  Network(const NamedArrays& weights, const ClassifierTraining& training)
      : training_(training), network_(std::make_shared<TorchNetwork>(weights, best_device())) {
    const torch::NoGradGuard no_gradients;
    network_->eval();
    static_cast<void>(head(features(torch::zeros({1, 3, training.size, training.size}))));
  }

  [[nodiscard]] TorchNetwork& torch_network() { return *network_; }
  [[nodiscard]] const ClassifierTraining& training() const { return training_; }

  /// N x 3 x H x W of what the network wants to N x 1280 x 1 x 1.
  [[nodiscard]] torch::Tensor features(const torch::Tensor& images) {
    return Model(*network_)(images.to(best_device()));
  }
  /// To N x classes. @param kept factors of the last layer's inputs, as dropout() draws them
  [[nodiscard]] torch::Tensor head(const torch::Tensor& features, const torch::Tensor& kept = {}) {
    auto x = training_.hidden > 0 ? network_->conv(features, hidden()) : features;
    return network_->conv(kept.defined() ? x * kept : x, last()).flatten(1);
  }
  /// For N pictures: 0 for what is dropped, more than 1 for the rest. Drawn beforehand, because
  /// threads would draw in any order.
  [[nodiscard]] torch::Tensor dropout(std::int64_t pictures) const {
    const auto width = training_.hidden > 0 ? training_.hidden : Model::kFeatures;
    const auto ones = torch::ones({pictures, width, 1, 1}, best_device());
    return torch::dropout(ones, training_.dropout, true);
  }
  /// Those of the head only.
  [[nodiscard]] std::vector<torch::Tensor> head_parameters() {
    std::vector<torch::Tensor> parameters;
    for (const auto& parameter : network_->named_parameters()) {
      if (parameter.key().rfind("head/", 0) == 0) {
        parameters.push_back(parameter.value());
      }
    }
    return parameters;
  }
  [[nodiscard]] torch::Tensor input_of(const std::vector<cv::Mat>& views) const {
    return images_of(views, training_.size)
        .flip({1})
        .sub_(training_.middle)
        .mul_(training_.scale)
        .contiguous(torch::MemoryFormat::ChannelsLast);
  }

  [[nodiscard]] Result<void> write(const std::string& path, const std::string& description) const {
    const auto folded = network_->folded();
    OnnxWriter writer(folded);
    auto x =
        MobileNetV2<OnnxWriter>(writer)(writer.input("images", 3, training_.size, training_.size));
    if (training_.hidden > 0) {
      x = writer.conv(x, hidden());
    }
    const auto classes = static_cast<int>(training_.classes.size());
    writer.output(writer.flatten(writer.conv(x, last())), "logits", classes, false);
    writer.describe("stepcast", description);
    return writer.write(path);
  }

 private:
  [[nodiscard]] Convolution hidden() const {
    return {.name = "head.hidden",
            .in = Model::kFeatures,
            .out = training_.hidden,
            .activation = Activation::kRelu};
  }
  [[nodiscard]] Convolution last() const {
    return {.name = "head.classes",
            .in = training_.hidden > 0 ? training_.hidden : Model::kFeatures,
            .out = static_cast<int>(training_.classes.size())};
  }

  ClassifierTraining training_;
  std::shared_ptr<TorchNetwork> network_;
};

TrainedClassifier::TrainedClassifier(std::unique_ptr<Network> network)
    : network_(std::move(network)) {}
TrainedClassifier::TrainedClassifier(TrainedClassifier&&) noexcept = default;
TrainedClassifier& TrainedClassifier::operator=(TrainedClassifier&&) noexcept = default;
TrainedClassifier::~TrainedClassifier() = default;

Result<std::vector<std::vector<double>>> TrainedClassifier::logits(
    const std::vector<std::string>& paths) {
  const torch::NoGradGuard no_gradients;
  network_->torch_network().eval();
  const int size = network_->training().size;
  std::vector<std::vector<double>> all;
  for (const auto& path : paths) {
    auto picture = vision::read_picture(path);
    if (!picture) {
      return tl::unexpected(picture.error());
    }
    const cv::Mat view(picture->height, picture->width, CV_8UC3, picture->bgr.data());
    const auto input = network_->input_of({stretched(view, size)});
    const auto values =
        network_->head(network_->features(input)).to(torch::kCPU, torch::kFloat64).contiguous();
    all.emplace_back(values.data_ptr<double>(), values.data_ptr<double>() + values.numel());
  }
  return all;
}

Result<void> TrainedClassifier::write(const std::string& onnx_path,
                                      const std::string& description) const {
  return network_->write(onnx_path, description);
}

class ClassifierTrainer::Implementation {
 public:
  Implementation(ClassifierTraining training, NamedArrays weights)
      : training_(std::move(training)), weights_(std::move(weights)) {}

  Result<void> prepare(const TrainingObserver& observer) {
    const int side = training_.size * kLoadPercent / 100;
    for (const auto& picture : training_.pictures) {
      auto sample = load_sample({picture.path, {}}, std::numeric_limits<int>::max());
      if (!sample) {
        return tl::unexpected(sample.error());
      }
      plain_.push_back(stretched(sample->picture, training_.size));
      sample->picture = stretched(sample->picture, side);
      samples_.push_back(std::move(*sample));
    }
    TrainedClassifier::Network network(weights_, training_);
    const torch::NoGradGuard no_gradients;
    constexpr std::size_t kBatch = 16;
    for (int view = 0; view < training_.views; ++view) {
      std::vector<torch::Tensor> parts;
      for (std::size_t begin = 0; begin < samples_.size(); begin += kBatch) {
        std::vector<cv::Mat> views;
        for (std::size_t i = begin; i < std::min(begin + kBatch, samples_.size()); ++i) {
          views.push_back(view == 0 ? plain_[i] : changed(i, epoch_seed(training_.seed, view)));
        }
        parts.push_back(network.features(network.input_of(views)));
      }
      features_.push_back(torch::cat(parts));
      if (!observer({.epoch = 0,
                     .epochs = training_.fine_epochs,
                     .step = view + 1,
                     .steps = training_.views,
                     .loss = 0})) {
        return fail(Errc::kInterrupted, "stopped");
      }
    }
    return {};
  }

  Result<std::unique_ptr<TrainedClassifier::Network>> train(std::span<const std::size_t> chosen,
                                                            const TrainingObserver& observer) {
    torch::manual_seed(training_.seed);
    auto network = std::make_unique<TrainedClassifier::Network>(weights_, training_);
    std::vector<std::int64_t> indices;
    std::vector<std::int64_t> labels;
    std::vector<float> weights;
    for (const double weight : weights_of(training_, chosen)) {
      weights.push_back(static_cast<float>(weight));
    }
    for (const auto i : chosen) {
      indices.push_back(static_cast<std::int64_t>(i));
      labels.push_back(training_.pictures[i].class_index);
    }
    const Chosen some{.indices = torch::tensor(indices),
                      .labels = torch::tensor(labels).to(best_device()),
                      .weights = torch::tensor(weights).to(best_device())};
    train_head(*network, some);
    if (!train_all(*network, some, observer)) {
      return fail(Errc::kInterrupted, "stopped");
    }
    return network;
  }

 private:
  struct Chosen {
    torch::Tensor indices;  ///< Into the pictures.
    torch::Tensor labels;
    torch::Tensor weights;
  };

  [[nodiscard]] cv::Mat changed(std::size_t index, std::uint64_t seed) const {
    std::seed_seq sequence{seed, static_cast<std::uint64_t>(index)};
    std::mt19937_64 random(sequence);
    return augmented(samples_, index, training_.size, gentle(), random).picture;
  }

  void train_head(TrainedClassifier::Network& network, const Chosen& chosen) const {
    torch::optim::AdamW optimizer(
        network.head_parameters(),
        torch::optim::AdamWOptions(training_.head_rate).weight_decay(training_.head_decay));
    std::mt19937_64 random(training_.seed);
    const auto count = static_cast<std::size_t>(chosen.indices.size(0));
    const auto batch =
        training_.head_batch > 0 ? static_cast<std::size_t>(training_.head_batch) : count;
    for (int epoch = 0; epoch < training_.head_epochs; ++epoch) {
      for (const auto& view : features_) {
        const auto features = view.index({chosen.indices});
        for (const auto& rows : batches_of(count, batch, random)) {
          const auto some = torch::tensor(rows).to(best_device());
          const auto logits = network.head(features.index({some}), network.dropout(some.size(0)));
          const auto loss = loss_of(logits, chosen.labels.index({some}),
                                    chosen.weights.index({some}), training_.label_smoothing) /
                            some.size(0);
          optimizer.zero_grad();
          loss.backward();
          optimizer.step();
        }
      }
    }
  }

  bool train_all(TrainedClassifier::Network& network, const Chosen& chosen,
                 const TrainingObserver& observer) const {
    if (training_.fine_epochs == 0) {
      return true;
    }
    const auto parameters = network.torch_network().parameters();
    torch::optim::AdamW optimizer(
        parameters, torch::optim::AdamWOptions(training_.fine_rate).weight_decay(kFineDecay));
    for (int epoch = 1; epoch <= training_.fine_epochs; ++epoch) {
      const auto seed = epoch_seed(training_.seed, training_.views + epoch);
      std::mt19937_64 random(seed);
      const auto batches = batches_of(static_cast<std::size_t>(chosen.indices.size(0)),
                                      static_cast<std::size_t>(training_.fine_batch), random);
      const int steps = static_cast<int>(batches.size());
      double sum = 0;
      for (int step = 0; step < steps; ++step) {
        const auto& rows = batches[static_cast<std::size_t>(step)];
        std::vector<cv::Mat> views;
        for (const auto row : rows) {
          const auto index = chosen.indices[row].item<std::int64_t>();
          views.push_back(changed(static_cast<std::size_t>(index), seed));
        }
        const auto some = torch::tensor(rows).to(best_device());
        const double done = epoch - 1 + static_cast<double>(step) / steps;
        set_rate(optimizer, training_.fine_rate * falling_share(done, 1, training_.fine_epochs));
        const auto images = network.input_of(views);
        const auto labels_now = chosen.labels.index({some});
        const auto weights_now = chosen.weights.index({some});
        const auto kept = network.dropout(some.size(0));
        sum += find_gradients(
            parameters, some.size(0), best_device().is_cpu() ? training_.threads : 1,
            [&](std::int64_t begin, std::int64_t end) -> Loss {
              const auto logits = network.head(network.features(images.slice(0, begin, end)),
                                               kept.slice(0, begin, end));
              return {loss_of(logits, labels_now.slice(0, begin, end),
                              weights_now.slice(0, begin, end), training_.label_smoothing),
                      end - begin};
            });
        optimizer.step();
        if (!observer({.epoch = epoch,
                       .epochs = training_.fine_epochs,
                       .step = step + 1,
                       .steps = steps,
                       .loss = sum / (step + 1)})) {
          return false;
        }
      }
    }
    return true;
  }

  ClassifierTraining training_;
  NamedArrays weights_;
  std::vector<cv::Mat> plain_;           ///< As the product sees them.
  std::vector<Sample> samples_;          ///< Larger, to be changed.
  std::vector<torch::Tensor> features_;  ///< Of each view: pictures x 1280 x 1 x 1.
};

ClassifierTrainer::ClassifierTrainer(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
ClassifierTrainer::ClassifierTrainer(ClassifierTrainer&&) noexcept = default;
ClassifierTrainer& ClassifierTrainer::operator=(ClassifierTrainer&&) noexcept = default;
ClassifierTrainer::~ClassifierTrainer() = default;

Result<ClassifierTrainer> ClassifierTrainer::create(ClassifierTraining training,
                                                    const TrainingObserver& observer) {
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
  auto weights = read_npz(training.pretrained);
  if (!weights) {
    return tl::unexpected(weights.error());
  }
  if (weights->find("features.18.0.weight") == weights->end()) {
    return fail(Errc::kMalformed, "these are no weights of MobileNetV2: no features.18.0",
                training.pretrained);
  }
  prepare_torch(training.threads, training.seed);
  auto implementation = std::make_unique<Implementation>(std::move(training), std::move(*weights));
  if (auto ready = implementation->prepare(observer); !ready) {
    return tl::unexpected(ready.error());
  }
  return ClassifierTrainer(std::move(implementation));
}

Result<TrainedClassifier> ClassifierTrainer::train(std::span<const std::size_t> chosen,
                                                   const TrainingObserver& observer) {
  auto network = implementation_->train(chosen, observer);
  if (!network) {
    return tl::unexpected(network.error());
  }
  return TrainedClassifier(std::move(*network));
}

}  // namespace stepcast::training
