#include "stepcast/training/detector_training.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <future>
#include <numeric>
#include <string_view>

#include <fmt/format.h>
#include <torch/torch.h>

#include "augmentation.hpp"
#include "label_assignment.hpp"
#include "onnx_writer.hpp"
#include "torch_network.hpp"
#include "torch_tools.hpp"
#include "yolox_weights.hpp"

namespace stepcast::training {
namespace {

constexpr std::array kStrides = {8, 16, 32};
constexpr double kOverlapLossWeight = 5;
/// Averages over about this many of the last steps are what ships.
constexpr double kAverageSteps = 500;
constexpr double kWarmUpEpochs = 1;
constexpr double kLongestGradient = 10;
constexpr int kCalibrationBatches = 8;

struct Batch {
  torch::Tensor images;
  std::vector<std::vector<Mark>> marks;
};

/// The maps of all strides side by side: N x places x (5 + classes), and where each place is.
struct Places {
  torch::Tensor raw;
  torch::Tensor cells;    ///< places x 2
  torch::Tensor strides;  ///< places x 1
};

Places places_of(const std::array<torch::Tensor, 3>& maps) {
  std::vector<torch::Tensor> raw;
  std::vector<torch::Tensor> cells;
  std::vector<torch::Tensor> strides;
  for (std::size_t level = 0; level < maps.size(); ++level) {
    const auto rows = maps[level].size(2);
    const auto columns = maps[level].size(3);
    raw.push_back(maps[level].flatten(2).transpose(1, 2));
    const auto y = torch::arange(rows).view({rows, 1}).expand({rows, columns});
    const auto x = torch::arange(columns).view({1, columns}).expand({rows, columns});
    cells.push_back(torch::stack({x, y}, 2).reshape({-1, 2}).to(torch::kFloat32));
    strides.push_back(torch::full({rows * columns, 1}, static_cast<float>(kStrides[level])));
  }
  const auto device = maps[0].device();
  return {torch::cat(raw, 1), torch::cat(cells).to(device), torch::cat(strides).to(device)};
}

/// What the places of a batch shall say.
struct Targets {
  std::vector<std::int64_t> image;
  std::vector<std::int64_t> place;
  std::vector<std::int64_t> class_index;
  std::vector<float> overlap;
  std::vector<float> box;  ///< Middle and size, four each.
};

Targets targets_of(const Places& places, const std::vector<std::vector<Mark>>& marks, int classes) {
  const auto raw = places.raw.detach().to(torch::kCPU).contiguous();
  const auto cells = places.cells.to(torch::kCPU).contiguous();
  const auto strides = places.strides.to(torch::kCPU).contiguous();
  const auto count = static_cast<std::size_t>(raw.size(1));
  const auto width = static_cast<std::size_t>(raw.size(2));
  Targets targets;
  std::vector<Prediction> predictions(count);
  for (std::size_t image = 0; image < marks.size(); ++image) {
    if (marks[image].empty()) {
      continue;
    }
    for (std::size_t p = 0; p < count; ++p) {
      const float* says = raw.data_ptr<float>() + (image * count + p) * width;
      const double stride = strides.data_ptr<float>()[p];
      const double cell_x = cells.data_ptr<float>()[2 * p];
      const double cell_y = cells.data_ptr<float>()[2 * p + 1];
      const double box_width = std::exp(says[2]) * stride;
      const double box_height = std::exp(says[3]) * stride;
      predictions[p] = {
          .stride = stride,
          .cell_x = cell_x,
          .cell_y = cell_y,
          .box = {(says[0] + cell_x) * stride - box_width / 2,
                  (says[1] + cell_y) * stride - box_height / 2, box_width, box_height},
          .object_logit = says[4],
          .class_logits = says + 5};
    }
    for (const auto& assignment : assign_labels(predictions, marks[image], classes)) {
      const auto& mark = marks[image][assignment.mark];
      targets.image.push_back(static_cast<std::int64_t>(image));
      targets.place.push_back(static_cast<std::int64_t>(assignment.prediction));
      targets.class_index.push_back(mark.class_index);
      targets.overlap.push_back(static_cast<float>(assignment.overlap));
      for (const double value : {mark.box.x + mark.box.width / 2, mark.box.y + mark.box.height / 2,
                                 mark.box.width, mark.box.height}) {
        targets.box.push_back(static_cast<float>(value));
      }
    }
  }
  return targets;
}

torch::Tensor overlap_of(const torch::Tensor& a, const torch::Tensor& b) {
  const auto least =
      torch::max(a.slice(1, 0, 2) - a.slice(1, 2, 4) / 2, b.slice(1, 0, 2) - b.slice(1, 2, 4) / 2);
  const auto most =
      torch::min(a.slice(1, 0, 2) + a.slice(1, 2, 4) / 2, b.slice(1, 0, 2) + b.slice(1, 2, 4) / 2);
  const auto common = (most - least).clamp_min(0).prod(1);
  constexpr double kTiny = 1e-9;
  return common / (a.slice(1, 2, 4).prod(1) + b.slice(1, 2, 4).prod(1) - common + kTiny);
}

/// The loss of YOLOX: overlap, objectness, classes; in the closing epochs also the numbers of the
/// boxes themselves.
torch::Tensor loss_of(const std::array<torch::Tensor, 3>& maps,
                      const std::vector<std::vector<Mark>>& marks, int classes, bool closing) {
  namespace F = torch::nn::functional;
  const auto places = places_of(maps);
  const auto targets = targets_of(places, marks, classes);
  const auto device = places.raw.device();
  const auto sum = F::BinaryCrossEntropyWithLogitsFuncOptions().reduction(torch::kSum);
  const auto found = static_cast<std::int64_t>(targets.image.size());
  auto objects = torch::zeros({places.raw.size(0), places.raw.size(1)}, device);
  if (found == 0) {
    return F::binary_cross_entropy_with_logits(places.raw.select(2, 4), objects, sum);
  }
  const auto image = torch::tensor(targets.image).to(device);
  const auto place = torch::tensor(targets.place).to(device);
  const auto wanted = torch::tensor(targets.box).view({found, 4}).to(device);
  const auto overlaps = torch::tensor(targets.overlap).to(device);
  const auto says = places.raw.index({image, place});
  const auto cells = places.cells.index({place});
  const auto strides = places.strides.index({place});
  const auto boxes =
      torch::cat({(says.slice(1, 0, 2) + cells) * strides, says.slice(1, 2, 4).exp() * strides}, 1);
  auto loss = kOverlapLossWeight * (1 - overlap_of(boxes, wanted).square()).sum();
  objects.index_put_({image, place}, torch::ones({found}, device));
  loss = loss + F::binary_cross_entropy_with_logits(places.raw.select(2, 4), objects, sum);
  const auto which =
      torch::one_hot(torch::tensor(targets.class_index), classes).to(torch::kFloat32).to(device);
  loss = loss +
         F::binary_cross_entropy_with_logits(says.slice(1, 5), which * overlaps.unsqueeze(1), sum);
  if (closing) {
    constexpr double kTiny = 1e-8;
    const auto numbers = torch::cat({wanted.slice(1, 0, 2) / strides - cells,
                                     torch::log(wanted.slice(1, 2, 4) / strides + kTiny)},
                                    1);
    loss = loss + (says.slice(1, 0, 4) - numbers).abs().sum();
  }
  return loss / static_cast<double>(found);
}

/// Pictures with rare classes come more often: by the root of how rare the rarest is
/// (Gupta et al., arXiv:1908.03195).
std::vector<double> repeats_of(const std::vector<LabelledPicture>& pictures, std::size_t classes) {
  constexpr double kCommonShare = 0.15;  ///< Classes in more pictures than this are not rare.
  constexpr double kMostRepeats =
      4;  ///< A handful of pictures is learnt by heart before it is learnt.
  std::vector<double> share(classes, 0);
  for (const auto& picture : pictures) {
    std::vector<bool> seen(classes, false);
    for (const auto& mark : picture.marks) {
      seen[static_cast<std::size_t>(mark.class_index)] = true;
    }
    for (std::size_t c = 0; c < classes; ++c) {
      share[c] += seen[c] ? 1.0 / static_cast<double>(pictures.size()) : 0;
    }
  }
  std::vector<double> repeats;
  for (const auto& picture : pictures) {
    double most = 1;
    for (const auto& mark : picture.marks) {
      most = std::max(most,
                      std::sqrt(kCommonShare / share[static_cast<std::size_t>(mark.class_index)]));
    }
    repeats.push_back(std::min(most, kMostRepeats));
  }
  return repeats;
}

/// The order of an epoch; a repeat of 1.6 is one more in six of ten epochs.
std::vector<std::size_t> order_of(const std::vector<double>& repeats, std::mt19937_64& random) {
  std::vector<std::size_t> order;
  std::uniform_real_distribution<double> chance(0, 1);
  for (std::size_t i = 0; i < repeats.size(); ++i) {
    const auto times = static_cast<std::size_t>(repeats[i] + chance(random));
    order.insert(order.end(), times, i);
  }
  std::shuffle(order.begin(), order.end(), random);
  return order;
}

/// A number that differs with all that the network depends on (FNV-1a over its text).
std::int64_t fingerprint_of(const DetectorTraining& training) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&hash](std::string_view text) {
    constexpr std::uint64_t kPrime = 0x100000001b3;
    for (const char letter : text) {
      hash = (hash ^ static_cast<std::uint8_t>(letter)) * kPrime;
    }
  };
  add(fmt::format("{} {} {} {} {} {} {} {} {} {} {}", training.classes.size(), training.pretrained,
                  training.size, training.mosaic, training.epochs, training.closing_epochs,
                  training.batch, training.learning_rate, training.weight_decay, training.seed,
                  training.threads));
  for (const auto& picture : training.pictures) {
    add(picture.path);
    for (const auto& mark : picture.marks) {
      add(fmt::format(" {} {} {} {} {}", mark.class_index, mark.box.x, mark.box.y, mark.box.width,
                      mark.box.height));
    }
  }
  return static_cast<std::int64_t>(hash);
}

class Trainer {
 public:
  Trainer(const DetectorTraining& training, std::vector<Sample> samples, NamedArrays weights)
      : training_(training),
        samples_(std::move(samples)),
        repeats_(repeats_of(training.pictures, training.classes.size())),
        classes_(static_cast<int>(training.classes.size())),
        device_(best_device()),
        network_(std::make_shared<TorchNetwork>(weights, device_)),
        average_(std::make_shared<TorchNetwork>(weights, device_)) {
    opening_.mosaic = training.mosaic;
    closing_.mosaic = 0;
    closing_.least_scale = 0.8;
    closing_.most_scale = 1.2;
    prepare(!weights.empty());
    make_optimizer();
  }

  Result<void> run(const TrainingObserver& observer) {
    const auto first = resume();
    if (!first) {
      return tl::unexpected(first.error());
    }
    for (int epoch = *first; epoch <= training_.epochs; ++epoch) {
      if (!run_epoch(epoch, observer)) {
        return fail(Errc::kInterrupted, fmt::format("stopped in epoch {}", epoch), training_.folder,
                    "the same command goes on from there");
      }
      save(epoch);
    }
    return {};
  }

  [[nodiscard]] NamedArrays weights() const { return average_->folded(); }

 private:
  [[nodiscard]] std::array<torch::Tensor, 3> forward(TorchNetwork& network,
                                                     const torch::Tensor& images) const {
    return YoloxNano<TorchNetwork>(network, classes_)(images);
  }

  [[nodiscard]] Batch batch_of(const std::vector<std::size_t>& order, std::size_t begin,
                               std::uint64_t seed, const Augmentation& how) const {
    const auto end = std::min(order.size(), begin + static_cast<std::size_t>(training_.batch));
    std::vector<cv::Mat> chosen;
    Batch batch;
    for (std::size_t i = begin; i < end; ++i) {
      std::seed_seq sequence{seed, static_cast<std::uint64_t>(i)};
      std::mt19937_64 random(sequence);
      auto sample = augmented(samples_, order[i], training_.size, how, random);
      chosen.push_back(std::move(sample.picture));
      batch.marks.push_back(std::move(sample.marks));
    }
    batch.images = images_of(chosen, training_.size);
    return batch;
  }

  void prepare(bool pretrained) {
    const torch::NoGradGuard no_gradients;
    network_->eval();
    average_->eval();
    const auto empty = torch::zeros({1, 3, training_.size, training_.size}, device_);
    static_cast<void>(forward(*network_, empty));
    if (pretrained) {
      std::mt19937_64 random(training_.seed);
      const auto order = order_of(repeats_, random);
      network_->begin_calibration();
      for (int i = 0; i < kCalibrationBatches; ++i) {
        const auto begin = static_cast<std::size_t>(i * training_.batch) % order.size();
        static_cast<void>(
            forward(*network_, batch_of(order, begin, training_.seed, {}).images.to(device_)));
      }
      network_->end_calibration();
      network_->freeze_statistics();
      // Edges and colours are the same everywhere; at the highest resolution, to learn them anew
      // would be a third of the time.
      for (const auto* prefix : {"backbone.stem", "backbone.dark2"}) {
        network_->freeze_weights(prefix);
      }
    }
    static_cast<void>(forward(*average_, empty));
    average_->move_towards(*network_, 1);
  }

  void make_optimizer() {
    std::vector<torch::Tensor> decaying;
    std::vector<torch::Tensor> others;
    for (const auto& parameter : network_->parameters()) {
      if (!parameter.requires_grad()) {
        continue;
      }
      (parameter.dim() > 1 ? decaying : others).push_back(parameter);
    }
    using Options = torch::optim::AdamWOptions;
    std::vector<torch::optim::OptimizerParamGroup> groups;
    groups.emplace_back(decaying,
                        std::make_unique<Options>(
                            Options(training_.learning_rate).weight_decay(training_.weight_decay)));
    groups.emplace_back(
        others, std::make_unique<Options>(Options(training_.learning_rate).weight_decay(0)));
    optimizer_ = std::make_unique<torch::optim::AdamW>(groups, Options(training_.learning_rate));
  }

  bool run_epoch(int epoch, const TrainingObserver& observer) {
    const auto seed = epoch_seed(training_.seed, epoch);
    std::mt19937_64 random(seed);
    const auto order = order_of(repeats_, random);
    const bool closing = epoch > training_.epochs - training_.closing_epochs;
    const auto batch = static_cast<std::size_t>(training_.batch);
    const int steps = static_cast<int>((order.size() + batch - 1) / batch);
    const auto fetch = [&](int step) {
      return std::async(std::launch::async, [&, step] {
        return batch_of(order, static_cast<std::size_t>(step) * batch, seed,
                        closing ? closing_ : opening_);
      });
    };
    auto next = fetch(0);
    double sum = 0;
    network_->train();
    for (int step = 0; step < steps; ++step) {
      const auto now = next.get();
      if (step + 1 < steps) {
        next = fetch(step + 1);
      }
      set_rate(*optimizer_, training_.learning_rate *
                                falling_share(epoch - 1 + static_cast<double>(step) / steps,
                                              kWarmUpEpochs, training_.epochs));
      const auto loss =
          loss_of(forward(*network_, now.images.to(device_)), now.marks, classes_, closing);
      optimizer_->zero_grad();
      loss.backward();
      torch::nn::utils::clip_grad_norm_(network_->parameters(), kLongestGradient);
      optimizer_->step();
      ++steps_done_;
      // Short at first, so that the average forgets where it began.
      average_->move_towards(*network_,
                             1 / std::min(kAverageSteps, 1 + static_cast<double>(steps_done_) / 4));
      sum += loss.item<double>();
      if (!observer({.epoch = epoch,
                     .epochs = training_.epochs,
                     .step = step + 1,
                     .steps = steps,
                     .loss = sum / (step + 1)})) {
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] std::string checkpoint() const { return training_.folder + "/checkpoint.pt"; }

  void save(int epoch) {
    torch::serialize::OutputArchive whole;
    torch::serialize::OutputArchive parts[3];
    network_->save(parts[0]);
    average_->save(parts[1]);
    optimizer_->save(parts[2]);
    whole.write("network", parts[0]);
    whole.write("average", parts[1]);
    whole.write("optimizer", parts[2]);
    whole.write("training", c10::IValue(fingerprint_of(training_)));
    whole.write("epoch", c10::IValue(epoch));
    whole.write("steps", c10::IValue(steps_done_));
    const auto unfinished = checkpoint() + ".part";
    whole.save_to(unfinished);
    std::filesystem::rename(unfinished, checkpoint());
  }

  /// @returns the epoch to go on with.
  Result<int> resume() {
    if (!std::filesystem::exists(checkpoint())) {
      return 1;
    }
    torch::serialize::InputArchive whole;
    whole.load_from(checkpoint());
    c10::IValue training;
    if (!whole.try_read("training", training) || training.toInt() != fingerprint_of(training_)) {
      return fail(Errc::kInvalidArgument, "belongs to a training with other pictures or options",
                  checkpoint(), "remove it to begin anew, or repeat the former command");
    }
    torch::serialize::InputArchive part;
    whole.read("network", part);
    network_->load(part);
    torch::serialize::InputArchive part2;
    whole.read("average", part2);
    average_->load(part2);
    torch::serialize::InputArchive part3;
    whole.read("optimizer", part3);
    optimizer_->load(part3);
    c10::IValue value;
    whole.read("steps", value);
    steps_done_ = value.toInt();
    whole.read("epoch", value);
    return static_cast<int>(value.toInt()) + 1;
  }

  const DetectorTraining& training_;
  std::vector<Sample> samples_;
  std::vector<double> repeats_;
  int classes_;
  torch::Device device_;
  std::shared_ptr<TorchNetwork> network_;
  std::shared_ptr<TorchNetwork> average_;
  std::unique_ptr<torch::optim::AdamW> optimizer_;
  Augmentation opening_;
  Augmentation closing_;
  std::int64_t steps_done_ = 0;
};

Result<void> check(const DetectorTraining& training) {
  if (training.size < 64 || training.size % 32 != 0) {
    return fail(Errc::kInvalidArgument,
                fmt::format("a size of {} pixels is no multiple of 32 from 64 on", training.size));
  }
  if (training.pictures.empty()) {
    return fail(Errc::kInvalidArgument, "there are no pictures to learn from");
  }
  for (const auto& picture : training.pictures) {
    for (const auto& mark : picture.marks) {
      if (mark.class_index < 0 || mark.class_index >= static_cast<int>(training.classes.size())) {
        return fail(
            Errc::kOutOfRange,
            fmt::format("class {} is none of {}", mark.class_index, training.classes.size()),
            picture.path);
      }
    }
  }
  return {};
}

}  // namespace

Result<void> TrainedDetector::write(const std::string& onnx_path,
                                    const std::string& description) const {
  OnnxWriter writer(weights_);
  const auto maps = YoloxNano<OnnxWriter>(writer, classes_)(writer.input("images", 3, 0, 0));
  for (std::size_t level = 0; level < maps.size(); ++level) {
    writer.output(maps[level], fmt::format("p{}", kStrides[level]), 5 + classes_, true);
  }
  writer.describe("stepcast", description);
  return writer.write(onnx_path);
}

Result<TrainedDetector> train_detector(const DetectorTraining& training,
                                       const TrainingObserver& observer) {
  if (auto fine = check(training); !fine) {
    return tl::unexpected(fine.error());
  }
  prepare_torch(training.threads, training.seed);
  NamedArrays weights;
  if (!training.pretrained.empty()) {
    auto read = read_npz(training.pretrained);
    if (!read) {
      return tl::unexpected(read.error());
    }
    auto fitting = adapt_yolox(std::move(*read), static_cast<int>(training.classes.size()));
    if (!fitting) {
      return tl::unexpected(fitting.error());
    }
    weights = std::move(*fitting);
  }
  std::vector<Sample> samples;
  samples.reserve(training.pictures.size());
  for (const auto& picture : training.pictures) {
    // Half as large again: what a mosaic enlarges shall not be blurred.
    auto sample = load_sample(picture, training.size * 3 / 2);
    if (!sample) {
      return tl::unexpected(sample.error());
    }
    samples.push_back(std::move(*sample));
  }
  std::error_code error;
  std::filesystem::create_directories(training.folder, error);
  Trainer trainer(training, std::move(samples), std::move(weights));
  if (auto done = trainer.run(observer); !done) {
    return tl::unexpected(done.error());
  }
  return TrainedDetector(trainer.weights(), static_cast<int>(training.classes.size()));
}

}  // namespace stepcast::training
