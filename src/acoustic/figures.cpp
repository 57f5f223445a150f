#include "figures.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "learners.hpp"
#include "random.hpp"

namespace stepcast::acoustic {

double accuracy_of(std::span<const Answer> answers) {
  const auto right = std::ranges::count_if(
      answers, [](const Answer& answer) { return (answer.log_odds >= 0) == (answer.label == 1); });
  return static_cast<double>(right) / static_cast<double>(answers.size());
}

double auc_of(std::span<const Answer> answers) {
  std::vector<Answer> sorted(answers.begin(), answers.end());
  std::ranges::stable_sort(sorted, {}, &Answer::log_odds);
  double below = 0;  // hits of label 0 before
  double pairs = 0;
  double defected = 0;
  for (std::size_t i = 0; i < sorted.size();) {
    double ties_good = 0;
    double ties_defected = 0;
    const double value = sorted[i].log_odds;
    for (; i < sorted.size() && sorted[i].log_odds == value; ++i) {
      (sorted[i].label == 1 ? ties_defected : ties_good) += 1.0;
    }
    pairs += ties_defected * (below + 0.5 * ties_good);
    below += ties_good;
    defected += ties_defected;
  }
  return defected > 0 && below > 0 ? pairs / (defected * below) : 0.5;
}

double calibration_error_of(std::span<const Answer> answers) {
  constexpr std::size_t kBins = 10;
  std::vector<Answer> sorted(answers.begin(), answers.end());
  std::ranges::stable_sort(sorted, {}, &Answer::log_odds);
  double error = 0;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    const std::size_t first = bin * sorted.size() / kBins;
    const std::size_t last = (bin + 1) * sorted.size() / kBins;
    double difference = 0;
    for (std::size_t i = first; i < last; ++i) {
      difference += probability_of(sorted[i].log_odds) - static_cast<double>(sorted[i].label);
    }
    error += std::fabs(difference);
  }
  return error / static_cast<double>(sorted.size());
}

double mean_loss_of(std::span<const Answer> answers) {
  double loss = 0;
  for (const Answer& answer : answers) {
    loss += loss_of(answer.log_odds, answer.label);
  }
  return loss / static_cast<double>(answers.size());
}

double window_accuracy_of(std::span<const Answer> answers, int size, std::uint64_t seed) {
  Random random(seed);
  double accuracy = 0;
  for (const int label : {0, 1}) {
    std::vector<double> evidence;
    for (const Answer& answer : answers) {
      if (answer.label == label) {
        evidence.push_back(answer.evidence);
      }
    }
    constexpr int kDraws = 20;
    const auto length = static_cast<std::size_t>(size);
    double right = 0;
    double windows = 0;
    for (int draw = 0; draw < kDraws; ++draw) {
      random.shuffle(evidence);
      for (std::size_t first = 0; first + length <= evidence.size(); first += length) {
        double sum = 0;
        for (std::size_t i = first; i < first + length; ++i) {
          sum += evidence[i];
        }
        right += static_cast<double>((sum >= 0) == (label == 1));
        windows += 1.0;
      }
    }
    accuracy += 0.5 * right / std::max(windows, 1.0);
  }
  return accuracy;
}

}  // namespace stepcast::acoustic
