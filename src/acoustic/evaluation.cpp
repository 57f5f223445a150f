#include <algorithm>
#include <cmath>

#include "stepcast/acoustic/training.hpp"
#include "stepcast/base/contracts.hpp"

#include "figures.hpp"
#include "folds.hpp"
#include "learners.hpp"
#include "random.hpp"

namespace stepcast::acoustic {
namespace {

using Metric = std::function<double(std::span<const Answer>, std::uint64_t)>;

// The mean over the repeats, and the spread of that mean when the rows are drawn anew.
Figure figure_of(const std::vector<std::vector<Answer>>& repeats, const Metric& metric,
                 const EvaluationOptions& options) {
  Figure figure;
  for (std::size_t r = 0; r < repeats.size(); ++r) {
    figure.value += metric(repeats[r], r) / static_cast<double>(repeats.size());
  }
  Random random(mix_seeds(options.seed, 77));
  const std::size_t rows = repeats.front().size();
  std::vector<double> values;
  std::vector<Answer> drawn(rows);
  for (int i = 0; i < options.resamples; ++i) {
    // One repeat a resample: their differences are part of the spread.
    const auto& answers = repeats[static_cast<std::size_t>(i) % repeats.size()];
    for (Answer& answer : drawn) {
      answer = answers[random.below(rows)];
    }
    values.push_back(metric(drawn, static_cast<std::uint64_t>(i)));
  }
  std::ranges::sort(values);
  constexpr double kTail = 0.025;
  if (!values.empty()) {
    const auto last = static_cast<double>(values.size() - 1);
    figure.low = values[static_cast<std::size_t>(std::floor(kTail * last))];
    figure.high = values[static_cast<std::size_t>(std::ceil((1.0 - kTail) * last))];
  }
  return figure;
}

std::vector<Answer> cross_validated(const LabelledTable& table, const Learner& learner,
                                    const EvaluationOptions& options, int repeat,
                                    const std::function<void()>& fold_done) {
  std::vector<Answer> answers(table.samples.size());
  const std::uint64_t seed = mix_seeds(options.seed, static_cast<std::uint64_t>(repeat) + 100);
  const std::vector<int> folds = stratified_folds(table.samples, options.folds, seed);
  for (int fold = 0; fold < options.folds; ++fold) {
    const Split split = split_at(table.samples, folds, fold);
    const Predictor predict =
        learner.learn(split.train, mix_seeds(seed, static_cast<std::uint64_t>(fold) + 1));
    const auto defected = static_cast<double>(std::ranges::count(split.train, 1, &Sample::label));
    const double prior = std::log(defected / (static_cast<double>(split.train.size()) - defected));
    for (std::size_t i = 0; i < split.held_out.size(); ++i) {
      const double log_odds = predict(split.held_out[i].x);
      answers[split.held_out_rows[i]] = {
          .log_odds = log_odds, .evidence = log_odds - prior, .label = split.held_out[i].label};
    }
    fold_done();
  }
  return answers;
}

}  // namespace

Evaluation evaluate(const LabelledTable& table, const EvaluationOptions& options,
                    const Progress& progress) {
  STEPCAST_CHECK(options.folds >= 2 && options.repeats >= 1 && options.resamples >= 0);
  Evaluation out{.table = table.name,
                 .rows = table.samples.size(),
                 .defected = table.defected(),
                 .groups = table.groups(),
                 .options = options,
                 .learners = {}};
  const std::vector<Learner> learners{network_learner(), logistic_learner(), neighbours_learner()};
  const double parts = static_cast<double>(learners.size()) * options.repeats * options.folds;
  double done = 0;
  for (const Learner& learner : learners) {
    std::vector<std::vector<Answer>> repeats;
    for (int repeat = 0; repeat < options.repeats; ++repeat) {
      repeats.push_back(cross_validated(table, learner, options, repeat, [&] {
        done += 1.0;
        if (progress) {
          progress(done / parts);
        }
      }));
    }
    const auto figure = [&](const Metric& metric) { return figure_of(repeats, metric, options); };
    const auto plain = [](double (*metric)(std::span<const Answer>)) {
      return [metric](std::span<const Answer> answers, std::uint64_t) { return metric(answers); };
    };
    const auto window = [](int size) {
      return [size](std::span<const Answer> answers, std::uint64_t seed) {
        return window_accuracy_of(answers, size, seed);
      };
    };
    out.learners.push_back({.learner = learner.name,
                            .accuracy = figure(plain(accuracy_of)),
                            .auc = figure(plain(auc_of)),
                            .calibration_error = figure(plain(calibration_error_of)),
                            .log_loss = figure(plain(mean_loss_of)),
                            .window_5 = figure(window(5)),
                            .window_10 = figure(window(10))});
  }
  return out;
}

}  // namespace stepcast::acoustic
