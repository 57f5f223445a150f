#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stepcast/evaluation/bootstrap.hpp"
#include "stepcast/evaluation/classification.hpp"

namespace stepcast::cli {

/// What networks said of pictures that they had not learnt from: each picture in its own fold.
struct HeldOut {
  std::vector<evaluation::Logits> pictures;
  std::vector<std::size_t> folds;
  /// Of photographs that show no print, by the network of each fold.
  std::vector<std::vector<double>> strangers;
};

/// How good a classifier is, by cross-validation.
struct ClassifierFigures {
  std::vector<evaluation::ClassF1> classes;
  double macro_f1 = 0;
  std::optional<evaluation::Interval> macro_f1_interval;
  double accuracy = 0;
  double temperature = 1;        ///< Fitted on all held-out answers: what ships.
  double calibration_error = 0;  ///< Each fold with the temperature of the others.
  double unsure_below = 0;
  double answered = 0;  ///< Share of pictures that are not "unsure".
  double accuracy_answered = 0;
  std::optional<double> strangers_unsure;  ///< Share of photographs that show no print.
  std::vector<evaluation::Judgement> judgements;
  std::vector<evaluation::ReliabilityBin> reliability;
};

/// @pre there are pictures
[[nodiscard]] ClassifierFigures classifier_figures(const HeldOut& held_out, std::size_t classes);

/// Macro F1 of `ours` minus that of `theirs` on the same pictures.
[[nodiscard]] std::optional<evaluation::Difference> macro_f1_gain(const HeldOut& ours,
                                                                  const HeldOut& theirs,
                                                                  std::size_t classes);

[[nodiscard]] std::string figures_text(const ClassifierFigures& figures,
                                       const std::vector<std::string>& classes);

}  // namespace stepcast::cli
