#include "stepcast/training/detector_training.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <future>
#include <limits>
#include <numeric>
#include <optional>

#include <fmt/format.h>
#include <torch/torch.h>

#include "stepcast/training/fingerprint.hpp"

#include "augmentation.hpp"
#include "closing.hpp"
#include "detector_batches.hpp"
#include "detector_loss.hpp"
#include "onnx_writer.hpp"
#include "picture_order.hpp"
#include "shared_gradients.hpp"
#include "torch_network.hpp"
#include "torch_tools.hpp"
#include "yolox_weights.hpp"

namespace stepcast::training {
namespace {

/// Averages over about this many of the last steps are what ships.
constexpr double kAverageSteps = 500;
constexpr double kWarmUpEpochs = 1;
constexpr double kLongestGradient = 10;
constexpr int kCalibrationBatches = 8;

std::int64_t fingerprint_of(const DetectorTraining& training) {
  Fingerprint print;
  const auto add_pictures = [&](const std::vector<LabelledPicture>& pictures) {
    for (const auto& picture : pictures) {
      print.add(picture.path);
      for (const auto& mark : picture.marks) {
        print.add(fmt::format(" {} {} {} {} {}", mark.class_index, mark.box.x, mark.box.y,
                              mark.box.width, mark.box.height));
      }
    }
  };
  if (!training.rare_more_often) {
    print.add("as they are");
  }
  for (const int pasted : training.pasted) {
    print.add(fmt::format("pasted {} ", pasted));
  }
  print.add(fmt::format("{} ", training.backbone_rate));
  print.add(fmt::format("{} {} {} {} {} {} {} {} {} {} {}", training.classes.size(),
                        training.pretrained, training.size, training.mosaic, training.epochs,
                        training.closing_epochs, training.batch, training.learning_rate,
                        training.weight_decay, training.seed, training.threads));
  add_pictures(training.pictures);
  if (training.patience > 0) {
    print.add(fmt::format("{}", training.patience));
    add_pictures(training.validation);
  }
  return static_cast<std::int64_t>(print.value());
}

class Trainer {
 public:
  Trainer(const DetectorTraining& training, std::vector<Sample> samples,
          const std::vector<Sample>& validation, NamedArrays weights)
      : training_(training),
        samples_(std::move(samples)),
        validation_(
            plain_batches(validation, static_cast<std::size_t>(training.batch), training.size)),
        closing_{training.epochs, training.closing_epochs, training.patience},
        repeats_(training.rare_more_often ? repeats_of(training.pictures, training.classes.size())
                                          : std::vector<double>(training.pictures.size(), 1)),
        classes_(static_cast<int>(training.classes.size())),
        device_(best_device()),
        network_(std::make_shared<TorchNetwork>(weights, device_)),
        average_(std::make_shared<TorchNetwork>(weights, device_)) {
    much_.mosaic = training.mosaic;
    much_.pasted = little_.pasted = training.pasted;
    little_.mosaic = 0;
    little_.least_scale = 0.8;
    little_.most_scale = 1.2;
    prepare(!weights.empty());
    make_optimizer();
  }

  Result<void> run(const TrainingObserver& observer) {
    const auto first = resume();
    if (!first) {
      return tl::unexpected(first.error());
    }
    for (int epoch = *first; epoch <= closing_.last(history_); ++epoch) {
      if (!run_epoch(epoch, observer)) {
        return fail(Errc::kInterrupted, fmt::format("stopped in epoch {}", epoch), training_.folder,
                    "the same command goes on from there");
      }
      save(epoch);
    }
    return {};
  }

  [[nodiscard]] NamedArrays weights() const { return average_->folded(); }
  [[nodiscard]] const std::vector<EpochRecord>& history() const { return history_; }

 private:
  /// The mean over all validation pictures, of the network as it would ship.
  [[nodiscard]] std::optional<double> validation_loss() const {
    if (validation_.empty()) {
      return std::nullopt;
    }
    // Each processor every so many batches; summed in their order.
    const OwnThreads own;
    const auto judge = [this](std::size_t first) {
      const torch::NoGradGuard no_gradients;
      std::pair<double, std::int64_t> sum{0, 0};
      for (std::size_t i = first; i < validation_.size(); i += static_cast<std::size_t>(shares_)) {
        const auto& batch = validation_[i];
        const auto loss = detector_loss(forward(*average_, batch.images.to(device_)), batch.marks,
                                        classes_, false);
        sum.first += loss.sum.item<double>();
        sum.second += loss.count;
      }
      return sum;
    };
    std::vector<std::future<std::pair<double, std::int64_t>>> parts;
    for (int share = 0; share < shares_; ++share) {
      parts.push_back(std::async(std::launch::async, judge, static_cast<std::size_t>(share)));
    }
    double loss = 0;
    std::int64_t found = 0;
    for (auto& part : parts) {
      const auto sum = part.get();
      loss += sum.first;
      found += sum.second;
    }
    return loss / static_cast<double>(std::max<std::int64_t>(1, found));
  }
  [[nodiscard]] std::array<torch::Tensor, 3> forward(TorchNetwork& network,
                                                     const torch::Tensor& images) const {
    return YoloxNano<TorchNetwork>(network, classes_)(images);
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
            forward(*network_,
                    changed_batch(samples_, order, begin, static_cast<std::size_t>(training_.batch),
                                  training_.size, {}, training_.seed)
                        .images.to(device_)));
      }
      network_->end_calibration();
      network_->freeze_statistics();
      // Edges, colours and textures are the same everywhere; at the highest resolution, to learn
      // them anew would be half of the time.
      for (const auto* prefix : {"backbone.stem", "backbone.dark2", "backbone.dark3"}) {
        network_->freeze_weights(prefix);
      }
    }
    static_cast<void>(forward(*average_, empty));
    average_->move_towards(*network_, 1);
    shares_ = device_.is_cpu() ? training_.threads : 1;
  }

  void make_optimizer() {
    using Options = torch::optim::AdamWOptions;
    // Weights of the backbone, its scales and biases, those of the rest.
    std::array<std::vector<torch::Tensor>, 4> parts;
    for (const auto& named : network_->named_parameters()) {
      const auto& parameter = named.value();
      if (!parameter.requires_grad()) {
        continue;
      }
      const bool rest = named.key().rfind("backbone", 0) != 0;
      parts[(rest ? 2U : 0U) + (parameter.dim() > 1 ? 0U : 1U)].push_back(parameter);
      learning_.push_back(parameter);
    }
    std::vector<torch::optim::OptimizerParamGroup> groups;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (!parts[i].empty()) {
        groups.emplace_back(parts[i], std::make_unique<Options>(Options(0).weight_decay(
                                          i % 2 == 0 ? training_.weight_decay : 0)));
        rates_.push_back(i < 2 ? training_.backbone_rate : 1);
      }
    }
    optimizer_ = std::make_unique<torch::optim::AdamW>(groups, Options(training_.learning_rate));
  }

  void set_rates(double rate) {
    for (std::size_t i = 0; i < rates_.size(); ++i) {
      auto& options = optimizer_->param_groups()[i].options();
      static_cast<torch::optim::AdamWOptions&>(options).lr(rate * rates_[i]);
    }
  }

  double find_gradients_of(const Batch& batch, bool closing) {
    return find_gradients(
        learning_, batch.images.size(0), shares_, [&](std::int64_t begin, std::int64_t end) {
          TorchShare share(*network_, begin == 0);
          const auto images = batch.images.slice(0, begin, end).to(device_);
          return detector_loss(YoloxNano<TorchShare>(share, classes_)(images),
                               {batch.marks.begin() + begin, batch.marks.begin() + end}, classes_,
                               closing);
        });
  }

  bool run_epoch(int epoch, const TrainingObserver& observer) {
    const auto seed = epoch_seed(training_.seed, epoch);
    std::mt19937_64 random(seed);
    const auto order = order_of(repeats_, random);
    const bool closing = epoch >= closing_.first(history_);
    const int done = closing_.done_before(epoch, history_);
    const auto batch = static_cast<std::size_t>(training_.batch);
    const int steps = static_cast<int>((order.size() + batch - 1) / batch);
    const auto fetch = [&](int step) {
      return std::async(std::launch::async, [&, step] {
        return changed_batch(samples_, order, static_cast<std::size_t>(step) * batch, batch,
                             training_.size, closing ? little_ : much_, seed);
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
      set_rates(training_.learning_rate * falling_share(done + static_cast<double>(step) / steps,
                                                        kWarmUpEpochs, training_.epochs));
      const double loss = find_gradients_of(now, closing);
      torch::nn::utils::clip_grad_norm_(learning_, kLongestGradient);
      optimizer_->step();
      ++steps_done_;
      // Short at first, so that the average forgets where it began.
      average_->move_towards(*network_,
                             1 / std::min(kAverageSteps, 1 + static_cast<double>(steps_done_) / 4));
      sum += loss;
      TrainingProgress progress{.epoch = epoch,
                                .epochs = closing_.last(history_),
                                .step = step + 1,
                                .steps = steps,
                                .loss = sum / (step + 1)};
      if (step + 1 == steps) {
        progress.validation_loss = validation_loss();
        history_.push_back({epoch, progress.loss, progress.validation_loss});
      }
      if (!observer(progress)) {
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
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    auto history = torch::empty({static_cast<std::int64_t>(history_.size()), 3}, torch::kFloat64);
    for (std::size_t i = 0; i < history_.size(); ++i) {
      double* row = history.data_ptr<double>() + 3 * i;
      row[0] = history_[i].epoch;
      row[1] = history_[i].loss;
      row[2] = history_[i].validation_loss.value_or(kNone);
    }
    whole.write("history", history);
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
    torch::Tensor history;
    whole.read("history", history);
    for (std::int64_t i = 0; i < history.size(0); ++i) {
      const double* row = history.data_ptr<double>() + 3 * i;
      EpochRecord record{.epoch = static_cast<int>(row[0]), .loss = row[1]};
      if (!std::isnan(row[2])) {
        record.validation_loss = row[2];
      }
      history_.push_back(record);
    }
    whole.read("epoch", value);
    return static_cast<int>(value.toInt()) + 1;
  }

  const DetectorTraining& training_;
  std::vector<Sample> samples_;
  std::vector<Batch> validation_;
  Closing closing_;
  std::vector<double> repeats_;
  int classes_;
  torch::Device device_;
  std::shared_ptr<TorchNetwork> network_;
  std::shared_ptr<TorchNetwork> average_;
  std::unique_ptr<torch::optim::AdamW> optimizer_;
  std::vector<double> rates_;            ///< Of its groups, relative to the learning rate.
  std::vector<torch::Tensor> learning_;  ///< What the optimizer changes.
  int shares_ = 1;                       ///< Of a batch, each on its own processor.
  Augmentation much_;                    ///< How far pictures are changed,
  Augmentation little_;                  ///< and how far at the end.
  std::int64_t steps_done_ = 0;
  std::vector<EpochRecord> history_;
};

Result<void> check(const DetectorTraining& training) {
  if (training.size < 64 || training.size % 32 != 0) {
    return fail(Errc::kInvalidArgument,
                fmt::format("a size of {} pixels is no multiple of 32 from 64 on", training.size));
  }
  if (training.pictures.empty()) {
    return fail(Errc::kInvalidArgument, "there are no pictures to learn from");
  }
  if (training.closing_epochs < 0 || training.closing_epochs > training.epochs) {
    return fail(Errc::kInvalidArgument,
                fmt::format("{} closing epochs of {}", training.closing_epochs, training.epochs));
  }
  if (training.patience > 0 && training.validation.empty()) {
    return fail(Errc::kInvalidArgument,
                "there are no validation pictures to tell when it has learnt enough", {},
                "a patience of 0 needs none");
  }
  for (const auto* pictures : {&training.pictures, &training.validation}) {
    for (const auto& picture : *pictures) {
      for (const auto& mark : picture.marks) {
        if (mark.class_index < 0 || mark.class_index >= static_cast<int>(training.classes.size())) {
          return fail(
              Errc::kOutOfRange,
              fmt::format("class {} is none of {}", mark.class_index, training.classes.size()),
              picture.path);
        }
      }
    }
  }
  return {};
}

}  // namespace

DetectorTraining published_recipe(DetectorTraining training) {
  training.pretrained.clear();
  training.size = 416;
  training.batch = 64;
  training.epochs = 30;
  training.closing_epochs = 0;
  training.patience = 0;
  training.mosaic = 1;
  training.pasted.clear();
  training.backbone_rate = 1;
  training.rare_more_often = false;
  training.learning_rate = 2e-3;
  return training;
}

Result<void> TrainedDetector::write(const std::string& onnx_path,
                                    const std::string& description) const {
  OnnxWriter writer(weights_);
  const auto maps = YoloxNano<OnnxWriter>(writer, classes_)(writer.input("images", 3, 0, 0));
  for (std::size_t level = 0; level < maps.size(); ++level) {
    writer.output(maps[level], fmt::format("p{}", kDetectorStrides[level]), 5 + classes_, true);
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
  auto samples = load_samples(training.pictures, training.size);
  if (!samples) {
    return tl::unexpected(samples.error());
  }
  const auto validation = load_samples(training.validation, training.size);
  if (!validation) {
    return tl::unexpected(validation.error());
  }
  std::error_code error;
  std::filesystem::create_directories(training.folder, error);
  Trainer trainer(training, std::move(*samples), *validation, std::move(weights));
  if (auto done = trainer.run(observer); !done) {
    return tl::unexpected(done.error());
  }
  return TrainedDetector(trainer.weights(), static_cast<int>(training.classes.size()),
                         trainer.history());
}

}  // namespace stepcast::training
