#include <algorithm>
#include <array>
#include <cmath>

#include <Eigen/Dense>

#include "folds.hpp"
#include "learners.hpp"
#include "network.hpp"
#include "random.hpp"

namespace stepcast::acoustic {
namespace {

constexpr int kBaselineFolds = 5;
constexpr int kNewtonSteps = 25;
constexpr auto kRidges = std::to_array<double>({0.1, 1.0, 10.0, 100.0});
constexpr auto kNeighbours = std::to_array<std::size_t>({5, 9, 15, 25, 41, 61});

double sigmoid_of(double x) {
  return 1.0 / (1.0 + portable_exp(-x));
}

// Weights and a bias by Newton's method; the bias is not pulled to zero.
template <int N>
Eigen::Matrix<double, N + 1, 1> fit_logistic(
    std::span<const std::array<double, static_cast<std::size_t>(N)>> xs,
    std::span<const int> labels, double ridge, const Eigen::Matrix<double, N + 1, 1>& start) {
  using Vector = Eigen::Matrix<double, N + 1, 1>;
  using Square = Eigen::Matrix<double, N + 1, N + 1>;
  Vector weights = start;
  for (int step = 0; step < kNewtonSteps; ++step) {
    Vector gradient = ridge * (weights - start);
    Square curvature = Square::Identity() * ridge;
    gradient[N] = 0;
    curvature(N, N) = 1e-9;
    for (std::size_t i = 0; i < xs.size(); ++i) {
      Vector x;
      for (int j = 0; j < N; ++j) {
        x[j] = xs[i][static_cast<std::size_t>(j)];
      }
      x[N] = 1.0;
      const double p = sigmoid_of(weights.dot(x));
      gradient += (p - static_cast<double>(labels[i])) * x;
      curvature += std::max(p * (1.0 - p), 1e-6) * x * x.transpose();
    }
    const Vector change = curvature.ldlt().solve(gradient);
    weights -= change;
    if (change.norm() < 1e-9) {
      break;
    }
  }
  return weights;
}

using LogisticWeights = Eigen::Matrix<double, static_cast<int>(kFeatureCount) + 1, 1>;

LogisticWeights fit_samples(std::span<const Sample> samples, double ridge) {
  std::vector<Features> xs;
  std::vector<int> labels;
  for (const Sample& sample : samples) {
    xs.push_back(sample.x);
    labels.push_back(sample.label);
  }
  return fit_logistic<static_cast<int>(kFeatureCount)>(xs, labels, ridge, LogisticWeights::Zero());
}

double logistic_odds(const LogisticWeights& weights, const Features& x) {
  double sum = weights[static_cast<int>(kFeatureCount)];
  for (std::size_t j = 0; j < kFeatureCount; ++j) {
    sum += weights[static_cast<int>(j)] * x[j];
  }
  return sum;
}

double neighbours_odds(std::span<const Sample> known, const Features& x, std::size_t count) {
  std::vector<std::pair<double, int>> distances;
  distances.reserve(known.size());
  for (const Sample& sample : known) {
    double square = 0;
    for (std::size_t j = 0; j < kFeatureCount; ++j) {
      square += (sample.x[j] - x[j]) * (sample.x[j] - x[j]);
    }
    distances.emplace_back(square, sample.label);
  }
  count = std::min(count, distances.size());
  std::ranges::nth_element(distances, distances.begin() + static_cast<std::ptrdiff_t>(count) - 1);
  double defected = 0;
  for (std::size_t i = 0; i < count; ++i) {
    defected += distances[i].second;
  }
  // One more of each, so that no answer is certain.
  return std::log((defected + 1.0) / (static_cast<double>(count) - defected + 1.0));
}

// The option of the smallest loss on inner folds.
template <class Options, class LossOf>
auto choose_by_folds(std::span<const Sample> samples, std::uint64_t seed, const Options& options,
                     const LossOf& loss_on) {
  const std::vector<int> folds = stratified_folds(samples, kBaselineFolds, seed);
  std::vector<double> losses(options.size(), 0.0);
  for (int fold = 0; fold < kBaselineFolds; ++fold) {
    const Split split = split_at(samples, folds, fold);
    const Normalisation normalisation = normalisation_of(split.train);
    const auto train = normalised(split.train, normalisation);
    const auto held_out = normalised(split.held_out, normalisation);
    for (std::size_t i = 0; i < options.size(); ++i) {
      losses[i] += loss_on(options[i], train, held_out);
    }
  }
  return options[static_cast<std::size_t>(std::ranges::min_element(losses) - losses.begin())];
}

}  // namespace

Features Normalisation::operator()(const Features& x) const {
  Features out;
  for (std::size_t j = 0; j < kFeatureCount; ++j) {
    out[j] = (x[j] - mean[j]) / scale[j];
  }
  return out;
}

Normalisation normalisation_of(std::span<const Sample> samples) {
  Normalisation out;
  const auto count = static_cast<double>(samples.size());
  for (std::size_t j = 0; j < kFeatureCount; ++j) {
    double sum = 0;
    for (const Sample& sample : samples) {
      sum += sample.x[j];
    }
    out.mean[j] = sum / count;
    double squares = 0;
    for (const Sample& sample : samples) {
      squares += (sample.x[j] - out.mean[j]) * (sample.x[j] - out.mean[j]);
    }
    // A feature that never changes says nothing; it must not divide by zero either.
    out.scale[j] = squares > 0 ? std::sqrt(squares / count) : 1.0;
  }
  return out;
}

std::vector<Sample> normalised(std::span<const Sample> samples,
                               const Normalisation& normalisation) {
  std::vector<Sample> out(samples.begin(), samples.end());
  for (Sample& sample : out) {
    sample.x = normalisation(sample.x);
  }
  return out;
}

double loss_of(double log_odds, int label) {
  const double toward = label == 1 ? log_odds : -log_odds;
  return toward > 0 ? std::log1p(portable_exp(-toward)) : std::log1p(portable_exp(toward)) - toward;
}

Calibration calibrate(std::span<const double> log_odds, std::span<const int> labels) {
  std::vector<std::array<double, 1>> xs;
  for (const double value : log_odds) {
    xs.push_back({value});
  }
  constexpr double kPull = 1.0;
  const Eigen::Vector2d weights = fit_logistic<1>(xs, labels, kPull, Eigen::Vector2d{1.0, 0.0});
  return {.slope = weights[0], .offset = weights[1]};
}

Learner logistic_learner() {
  return {
      "logistic regression", [](std::span<const Sample> samples, std::uint64_t seed) -> Predictor {
        const double ridge = choose_by_folds(
            samples, seed, kRidges, [](double option, const auto& train, const auto& held_out) {
              const LogisticWeights weights = fit_samples(train, option);
              double loss = 0;
              for (const Sample& sample : held_out) {
                loss += loss_of(logistic_odds(weights, sample.x), sample.label);
              }
              return loss;
            });
        const Normalisation normalisation = normalisation_of(samples);
        return [normalisation, weights = fit_samples(normalised(samples, normalisation), ridge)](
                   const Features& x) { return logistic_odds(weights, normalisation(x)); };
      }};
}

Learner neighbours_learner() {
  return {
      "k nearest neighbours", [](std::span<const Sample> samples, std::uint64_t seed) -> Predictor {
        const std::size_t count = choose_by_folds(
            samples, seed, kNeighbours,
            [](std::size_t option, const auto& train, const auto& held_out) {
              double loss = 0;
              for (const Sample& sample : held_out) {
                loss += loss_of(neighbours_odds(train, sample.x, option), sample.label);
              }
              return loss;
            });
        const Normalisation normalisation = normalisation_of(samples);
        return [normalisation, count, known = normalised(samples, normalisation)](
                   const Features& x) { return neighbours_odds(known, normalisation(x), count); };
      }};
}

}  // namespace stepcast::acoustic
