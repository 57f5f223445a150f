#include "network.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "stepcast/base/contracts.hpp"

#include "random.hpp"

namespace stepcast::acoustic {
namespace {

constexpr std::size_t kBatch = 32;

using Row = std::array<double, kHiddenCount>;

// Sums in a fixed order that still fits vector registers.
double dot(const Row& a, const Row& b) {
  std::array<double, 4> sums{};
  for (std::size_t i = 0; i < kHiddenCount; i += sums.size()) {
    for (std::size_t k = 0; k < sums.size(); ++k) {
      sums[k] += a[i + k] * b[i + k];
    }
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

Row hidden_sums(const Network& network, const Features& x) {
  Row sums = network.hidden_biases;
  for (std::size_t j = 0; j < kFeatureCount; ++j) {
    const double value = x[j];
    const Row& weights = network.hidden_weights[j];
    for (std::size_t h = 0; h < kHiddenCount; ++h) {
      sums[h] += value * weights[h];
    }
  }
  return sums;
}

// The derivative of a batch, in the shape of what it derives by.
void add_gradient(const Network& network, const Sample& sample, const Row& kept,
                  Network& gradient) {
  const Row sums = hidden_sums(network, sample.x);
  Row active;
  for (std::size_t h = 0; h < kHiddenCount; ++h) {
    active[h] = (sums[h] > 0 ? sums[h] : 0.0) * kept[h];
  }
  const double log_odds = network.output_bias + dot(active, network.output_weights);
  const double probability = 1.0 / (1.0 + portable_exp(-log_odds));
  const double error = probability - static_cast<double>(sample.label);
  gradient.output_bias += error;
  Row back;
  for (std::size_t h = 0; h < kHiddenCount; ++h) {
    gradient.output_weights[h] += error * active[h];
    back[h] = (sums[h] > 0 ? error : 0.0) * network.output_weights[h] * kept[h];
    gradient.hidden_biases[h] += back[h];
  }
  for (std::size_t j = 0; j < kFeatureCount; ++j) {
    const double value = sample.x[j];
    Row& row = gradient.hidden_weights[j];
    for (std::size_t h = 0; h < kHiddenCount; ++h) {
      row[h] += value * back[h];
    }
  }
}

Row random_mask(Random& random, double dropout) {
  Row kept;
  kept.fill(1.0);
  if (dropout <= 0) {
    return kept;
  }
  // A byte a unit is fine enough a share.
  constexpr double kBytes = 256.0;
  const auto limit = static_cast<std::uint64_t>(dropout * kBytes);
  const double share = static_cast<double>(limit) / kBytes;
  for (std::size_t h = 0; h < kHiddenCount; h += 8) {
    std::uint64_t bits = random.bits();
    for (std::size_t k = 0; k < 8; ++k, bits >>= 8U) {
      kept[h + k] = (bits & 0xFFU) < limit ? 0.0 : 1.0 / (1.0 - share);
    }
  }
  return kept;
}

Network random_network(Random& random) {
  Network network;
  const double hidden_bound = std::sqrt(6.0 / (kFeatureCount + kHiddenCount));
  const double output_bound = std::sqrt(6.0 / (kHiddenCount + 1));
  for (Row& row : network.hidden_weights) {
    for (double& weight : row) {
      weight = (2.0 * random.unit() - 1.0) * hidden_bound;
    }
  }
  for (double& weight : network.output_weights) {
    weight = (2.0 * random.unit() - 1.0) * output_bound;
  }
  return network;
}

class Adam {
 public:
  explicit Adam(double rate) : rate_(rate) {}

  void step(Network& network, const Network& gradient, double factor, double penalty) {
    constexpr double kFirst = 0.9;
    constexpr double kSecond = 0.999;
    first_power_ *= kFirst;
    second_power_ *= kSecond;
    const double rate = rate_ * std::sqrt(1.0 - second_power_) / (1.0 - first_power_);
    const auto update = [&](double& value, double& first, double& second, double slope) {
      constexpr double kSmall = 1e-8;
      first = kFirst * first + (1.0 - kFirst) * slope;
      second = kSecond * second + (1.0 - kSecond) * slope * slope;
      value -= rate * first / (std::sqrt(second) + kSmall);
    };
    for (std::size_t j = 0; j < kFeatureCount; ++j) {
      for (std::size_t h = 0; h < kHiddenCount; ++h) {
        update(network.hidden_weights[j][h], first_.hidden_weights[j][h],
               second_.hidden_weights[j][h],
               gradient.hidden_weights[j][h] * factor + penalty * network.hidden_weights[j][h]);
      }
    }
    for (std::size_t h = 0; h < kHiddenCount; ++h) {
      update(network.hidden_biases[h], first_.hidden_biases[h], second_.hidden_biases[h],
             gradient.hidden_biases[h] * factor);
      update(network.output_weights[h], first_.output_weights[h], second_.output_weights[h],
             gradient.output_weights[h] * factor + penalty * network.output_weights[h]);
    }
    update(network.output_bias, first_.output_bias, second_.output_bias,
           gradient.output_bias * factor);
  }

 private:
  double rate_;
  double first_power_ = 1.0;
  double second_power_ = 1.0;
  Network first_;
  Network second_;
};

}  // namespace

double portable_exp(double x) {
  constexpr double kLargest = 700.0;  // the result stays a normal number
  constexpr double kLog2OfE = 1.4426950408889634;
  constexpr double kLn2High =
      0.693147180369123816490;  // its low bits are zero: the product is exact
  constexpr double kLn2Low = 1.90821492927058770002e-10;
  x = std::clamp(x, -kLargest, kLargest);
  const double whole = std::floor(x * kLog2OfE + 0.5);
  const double rest = (x - whole * kLn2High) - whole * kLn2Low;
  // Taylor's series up to the 13th power, for |rest| below 0.35.
  double sum = 1.0;
  for (int power = 13; power > 0; --power) {
    sum = 1.0 + rest * sum / static_cast<double>(power);
  }
  constexpr std::int64_t kBias = 1023;
  constexpr unsigned kMantissaBits = 52;
  return sum *
         std::bit_cast<double>(static_cast<std::uint64_t>(static_cast<std::int64_t>(whole) + kBias)
                               << kMantissaBits);
}

double Network::log_odds(const Features& normalised) const {
  Row active = hidden_sums(*this, normalised);
  for (double& value : active) {
    value = value > 0 ? value : 0.0;
  }
  return output_bias + dot(active, output_weights);
}

Network train_network(std::span<const Sample> samples, const NetworkTraining& training,
                      const std::function<void(int, const Network&)>& after_epoch) {
  STEPCAST_CHECK(!samples.empty());
  Random random(training.seed);
  Network network = random_network(random);
  Adam adam(training.rate);
  std::vector<std::uint32_t> order(samples.size());
  std::iota(order.begin(), order.end(), 0U);
  const double penalty = training.weight_penalty / static_cast<double>(samples.size());
  for (int epoch = 0; epoch < training.epochs; ++epoch) {
    random.shuffle(order);
    for (std::size_t first = 0; first < order.size(); first += kBatch) {
      const std::size_t last = std::min(first + kBatch, order.size());
      Network gradient;
      for (std::size_t i = first; i < last; ++i) {
        add_gradient(network, samples[order[i]], random_mask(random, training.dropout), gradient);
      }
      adam.step(network, gradient, 1.0 / static_cast<double>(last - first), penalty);
    }
    if (after_epoch) {
      after_epoch(epoch, network);
    }
  }
  return network;
}

}  // namespace stepcast::acoustic
