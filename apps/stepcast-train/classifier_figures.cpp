#include "classifier_figures.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace stepcast::cli {
namespace {

/// Where the network answers at all, it shall be right this often.
constexpr double kWantedAccuracy = 0.9;
/// More "unsure" than this helps nobody.
constexpr double kMostUnsure = 0.4;

std::size_t best_of(const std::vector<double>& values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

std::vector<evaluation::Judgement> judgements_of(const HeldOut& held_out) {
  std::vector<evaluation::Judgement> judgements;
  for (const auto& picture : held_out.pictures) {
    judgements.push_back({.truth = picture.truth, .said = best_of(picture.values)});
  }
  return judgements;
}

/// Confidences of each fold with the temperature of the others, so that none is fitted to itself.
std::vector<evaluation::Confidence> fair_confidences(const HeldOut& held_out) {
  std::vector<evaluation::Confidence> confidences;
  const auto folds = 1 + *std::max_element(held_out.folds.begin(), held_out.folds.end());
  for (std::size_t fold = 0; fold < folds; ++fold) {
    std::vector<evaluation::Logits> others;
    for (std::size_t i = 0; i < held_out.pictures.size(); ++i) {
      if (held_out.folds[i] != fold) {
        others.push_back(held_out.pictures[i]);
      }
    }
    const double temperature = evaluation::fit_temperature(others);
    for (std::size_t i = 0; i < held_out.pictures.size(); ++i) {
      if (held_out.folds[i] == fold) {
        const auto& picture = held_out.pictures[i];
        const auto probabilities = evaluation::softmax(picture.values, temperature);
        const auto best = best_of(probabilities);
        confidences.push_back({.value = probabilities[best], .right = best == picture.truth});
      }
    }
  }
  return confidences;
}

}  // namespace

ClassifierFigures classifier_figures(const HeldOut& held_out, std::size_t classes) {
  ClassifierFigures figures;
  figures.judgements = judgements_of(held_out);
  const auto& judgements = figures.judgements;
  figures.classes = evaluation::class_f1(judgements, classes);
  figures.macro_f1 = evaluation::macro_f1(judgements, classes).value_or(0);
  figures.macro_f1_interval =
      evaluation::bootstrap_interval(judgements.size(), [&](evaluation::Weights weights) {
        return evaluation::macro_f1(judgements, classes, weights);
      });
  figures.accuracy = evaluation::accuracy(judgements).value_or(0);
  figures.temperature = evaluation::fit_temperature(held_out.pictures);
  auto confidences = fair_confidences(held_out);
  figures.reliability = evaluation::reliability(confidences);
  figures.calibration_error = evaluation::expected_calibration_error(figures.reliability);
  // The lowest confidence from which on answers are right often enough.
  std::sort(confidences.begin(), confidences.end(),
            [](const auto& a, const auto& b) { return a.value > b.value; });
  std::size_t right = 0;
  for (std::size_t i = 0; i < confidences.size(); ++i) {
    right += confidences[i].right ? 1 : 0;
    const auto answered = static_cast<double>(i + 1);
    const double accuracy = static_cast<double>(right) / answered;
    const double share = answered / static_cast<double>(confidences.size());
    if (accuracy >= kWantedAccuracy || share <= 1 - kMostUnsure) {
      figures.unsure_below = confidences[i].value;
      figures.answered = share;
      figures.accuracy_answered = accuracy;
    }
  }
  if (!held_out.strangers.empty()) {
    const auto unsure = std::count_if(
        held_out.strangers.begin(), held_out.strangers.end(), [&](const auto& logits) {
          const auto probabilities = evaluation::softmax(logits, figures.temperature);
          return probabilities[best_of(probabilities)] < figures.unsure_below;
        });
    figures.strangers_unsure =
        static_cast<double>(unsure) / static_cast<double>(held_out.strangers.size());
  }
  return figures;
}

std::optional<evaluation::Difference> macro_f1_gain(const HeldOut& ours, const HeldOut& theirs,
                                                    std::size_t classes) {
  const auto we = judgements_of(ours);
  const auto they = judgements_of(theirs);
  return evaluation::paired_difference(
      we.size(),
      [&](evaluation::Weights weights) { return evaluation::macro_f1(they, classes, weights); },
      [&](evaluation::Weights weights) { return evaluation::macro_f1(we, classes, weights); });
}

std::string figures_text(const ClassifierFigures& figures,
                         const std::vector<std::string>& classes) {
  std::string text = "| class | pictures | precision | recall | F1 |\n|---|---|---|---|---|\n";
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const auto& one = figures.classes[c];
    text += fmt::format("| {} | {} | {:.2f} | {:.2f} | {:.2f} |\n", classes[c], one.support,
                        one.precision, one.recall, one.f1);
  }
  text += fmt::format("\nMacro F1 {:.3f}", figures.macro_f1);
  if (figures.macro_f1_interval) {
    text += fmt::format(" ({:.3f} to {:.3f})", figures.macro_f1_interval->low,
                        figures.macro_f1_interval->high);
  }
  text += fmt::format(
      ", accuracy {:.3f}, expected calibration error {:.3f} (temperature {:.2f})\n"
      "\"unsure\" below {:.2f}: answers {:.0f} % of the pictures, right in {:.0f} % of them\n",
      figures.accuracy, figures.calibration_error, figures.temperature, figures.unsure_below,
      100 * figures.answered, 100 * figures.accuracy_answered);
  if (figures.strangers_unsure) {
    text += fmt::format("Photographs that show no print: \"unsure\" in {:.0f} % of the answers\n",
                        100 * *figures.strangers_unsure);
  }
  return text;
}

}  // namespace stepcast::cli
