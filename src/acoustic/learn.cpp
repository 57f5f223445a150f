#include <algorithm>
#include <array>
#include <cmath>

#include <nlohmann/json.hpp>

#include "stepcast/base/contracts.hpp"

#include "folds.hpp"
#include "learners.hpp"
#include "network.hpp"
#include "random.hpp"

namespace stepcast::acoustic {
namespace {

constexpr int kInnerFolds = 5;
constexpr int kMostEpochs = 120;
constexpr int kNetworks = 8;             // of the model
constexpr int kCalibrationNetworks = 3;  // of an inner fold
constexpr auto kPenalties = std::to_array<double>({0.3, 3.0, 30.0});

double mean_log_odds(const std::vector<Network>& networks, const Features& normalised_x) {
  double sum = 0;
  for (const Network& network : networks) {
    sum += network.log_odds(normalised_x);
  }
  return sum / static_cast<double>(networks.size());
}

std::vector<Network> train_several(std::span<const Sample> samples, const NetworkChoice& choice,
                                   int count, std::uint64_t seed) {
  std::vector<Network> networks;
  for (int i = 0; i < count; ++i) {
    networks.push_back(
        train_network(samples, {.epochs = choice.epochs,
                                .weight_penalty = choice.weight_penalty,
                                .seed = mix_seeds(seed, static_cast<std::uint64_t>(i) + 1)}));
  }
  return networks;
}

// The penalty and the number of epochs with the smallest loss on inner folds: early stopping that
// needs no rows of its own.
NetworkChoice choose(std::span<const Sample> samples, std::span<const int> folds,
                     std::uint64_t seed) {
  NetworkChoice best{.inner_loss = kInfinity};
  for (const double penalty : kPenalties) {
    std::vector<double> losses(kMostEpochs, 0.0);
    for (int fold = 0; fold < kInnerFolds; ++fold) {
      const Split split = split_at(samples, folds, fold);
      const Normalisation normalisation = normalisation_of(split.train);
      const auto held_out = normalised(split.held_out, normalisation);
      const auto train = normalised(split.train, normalisation);
      static_cast<void>(
          train_network(train,
                        {.epochs = kMostEpochs,
                         .weight_penalty = penalty,
                         .seed = mix_seeds(seed, static_cast<std::uint64_t>(fold) + 1000)},
                        [&](int epoch, const Network& network) {
                          for (const Sample& sample : held_out) {
                            losses[static_cast<std::size_t>(epoch)] +=
                                loss_of(network.log_odds(sample.x), sample.label);
                          }
                        }));
    }
    // Single epochs are noisy; the mean of five tells the trend.
    constexpr std::size_t kAround = 2;
    for (std::size_t epoch = kAround; epoch + kAround < losses.size(); ++epoch) {
      double loss = 0;
      for (std::size_t k = epoch - kAround; k <= epoch + kAround; ++k) {
        loss += losses[k] / (2 * kAround + 1);
      }
      if (loss < best.inner_loss) {
        best = {
            .weight_penalty = penalty, .epochs = static_cast<int>(epoch) + 1, .inner_loss = loss};
      }
    }
  }
  best.inner_loss /= static_cast<double>(samples.size());
  return best;
}

}  // namespace

HitModel learn_networks(std::span<const Sample> samples, std::uint64_t seed,
                        const Progress& progress, NetworkChoice* chosen) {
  const auto report = [&](double share) {
    if (progress) {
      progress(share);
    }
  };
  const std::vector<int> folds = stratified_folds(samples, kInnerFolds, mix_seeds(seed, 1));
  const NetworkChoice choice = choose(samples, folds, mix_seeds(seed, 2));
  constexpr double kChosen = 0.5;
  report(kChosen);
  std::vector<double> held_out_odds;
  std::vector<int> labels;
  for (int fold = 0; fold < kInnerFolds; ++fold) {
    const Split split = split_at(samples, folds, fold);
    const Normalisation normalisation = normalisation_of(split.train);
    const auto networks =
        train_several(normalised(split.train, normalisation), choice, kCalibrationNetworks,
                      mix_seeds(seed, static_cast<std::uint64_t>(fold) + 10));
    for (const Sample& sample : split.held_out) {
      held_out_odds.push_back(mean_log_odds(networks, normalisation(sample.x)));
      labels.push_back(sample.label);
    }
  }
  constexpr double kCalibrated = 0.8;
  report(kCalibrated);
  const Calibration calibration = calibrate(held_out_odds, labels);
  const Normalisation normalisation = normalisation_of(samples);
  HitModel model;
  model.mean = normalisation.mean;
  model.scale = normalisation.scale;
  model.networks =
      train_several(normalised(samples, normalisation), choice, kNetworks, mix_seeds(seed, 3));
  model.slope = calibration.slope;
  model.offset = calibration.offset;
  model.prior = static_cast<double>(std::ranges::count(samples, 1, &Sample::label)) /
                static_cast<double>(samples.size());
  report(1.0);
  if (chosen != nullptr) {
    *chosen = choice;
  }
  return model;
}

HitModel learn_model(const LabelledTable& table, std::uint64_t seed, const Progress& progress) {
  NetworkChoice choice;
  HitModel model = learn_networks(table.samples, seed, progress, &choice);
  model.name = table.name;
  std::vector<double> kinds;
  for (const Sample& sample : table.samples) {
    kinds.push_back(rms_kind(sample.x));
  }
  const auto [lowest, highest] = std::ranges::minmax(kinds);
  model.rms_kind_range = {lowest, highest};
  nlohmann::ordered_json trained;
  trained["file"] = table.file;
  trained["rows"] = table.samples.size();
  trained["defected"] = table.defected();
  trained["seed"] = seed;
  trained["weight_penalty"] = choice.weight_penalty;
  trained["epochs"] = choice.epochs;
  trained["inner_log_loss"] = static_cast<float>(choice.inner_loss);
  model.trained = trained.dump();
  return model;
}

Learner network_learner() {
  return {"dense network", [](std::span<const Sample> samples, std::uint64_t seed) -> Predictor {
            return [model = learn_networks(samples, seed, {}, nullptr)](const Features& x) {
              return model.log_odds(x);
            };
          }};
}

}  // namespace stepcast::acoustic
