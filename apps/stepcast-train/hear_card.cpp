#include "hear_card.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace stepcast::cli {
namespace {

using acoustic::Evaluation;
using acoustic::Figure;
using acoustic::LearnerFigures;

struct ColumnOfFigures {
  const char* title;
  const char* key;
  Figure LearnerFigures::*figure;
};
constexpr std::array<ColumnOfFigures, 6> kColumns{
    {{"per hit", "accuracy", &LearnerFigures::accuracy},
     {"AUC", "auc", &LearnerFigures::auc},
     {"5 hits", "window_5", &LearnerFigures::window_5},
     {"10 hits", "window_10", &LearnerFigures::window_10},
     {"calibration error", "calibration_error", &LearnerFigures::calibration_error},
     {"log loss", "log_loss", &LearnerFigures::log_loss}}};

std::string figure_text(const Figure& figure) {
  return fmt::format("{:.3f} [{:.3f}, {:.3f}]", figure.value, figure.low, figure.high);
}

std::string heading(const Evaluation& evaluation) {
  return fmt::format(
      "{}: {} hits, {} defected, {} distinct; {} times {}-fold, nested, {} bootstrap samples",
      evaluation.table, evaluation.rows, evaluation.defected, evaluation.groups,
      evaluation.options.repeats, evaluation.options.folds, evaluation.options.resamples);
}

// What the issue of this part asks of the larger table, and whether it is so.
struct Wanted {
  const char* what;
  Figure LearnerFigures::*figure;
  double least;
};
constexpr std::array<Wanted, 3> kWanted{{{"per hit", &LearnerFigures::accuracy, 0.83},
                                         {"over 5 hits", &LearnerFigures::window_5, 0.93},
                                         {"over 10 hits", &LearnerFigures::window_10, 0.97}}};

std::string targets(const Evaluation& evaluation) {
  std::string text;
  for (const Wanted& wanted : kWanted) {
    const Figure& figure = evaluation.learners.front().*wanted.figure;
    text += fmt::format("- {}, {}: {:.3f}, wanted {:.2f}: {}\n", evaluation.table, wanted.what,
                        figure.value, wanted.least,
                        figure.value >= wanted.least ? "reached" : "missed");
  }
  return text;
}

}  // namespace

std::string figures_text(const Evaluation& evaluation) {
  std::string text = heading(evaluation) + "\n";
  text += fmt::format("{:<22}", "");
  for (const ColumnOfFigures& column : kColumns) {
    text += fmt::format(" {:>22}", column.title);
  }
  text += "\n";
  for (const LearnerFigures& learner : evaluation.learners) {
    text += fmt::format("{:<22}", learner.learner);
    for (const ColumnOfFigures& column : kColumns) {
      text += fmt::format(" {:>22}", figure_text(learner.*column.figure));
    }
    text += "\n";
  }
  return text + targets(evaluation);
}

std::string figures_json(const std::vector<Evaluation>& evaluations) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const Evaluation& evaluation : evaluations) {
    nlohmann::ordered_json table;
    table["table"] = evaluation.table;
    table["rows"] = evaluation.rows;
    table["defected"] = evaluation.defected;
    table["distinct"] = evaluation.groups;
    table["folds"] = evaluation.options.folds;
    table["repeats"] = evaluation.options.repeats;
    for (const LearnerFigures& learner : evaluation.learners) {
      nlohmann::ordered_json figures;
      for (const ColumnOfFigures& column : kColumns) {
        const Figure& figure = learner.*column.figure;
        figures[column.key] = {{"value", figure.value}, {"low", figure.low}, {"high", figure.high}};
      }
      table["learners"][learner.learner] = std::move(figures);
    }
    out.push_back(std::move(table));
  }
  return out.dump(2) + "\n";
}

std::string hear_card(const std::vector<Evaluation>& evaluations, const std::string& command,
                      const std::string& notes) {
  std::string text =
      "# Model card: acoustic.json\n\n"
      "Judges single acoustic emission hits, recorded at the nozzle of a 3D printer, as `defected` "
      "or `non-defected`, and several hits of one state together. Used by `stepcast hear` "
      "([docs/hearing.md](../docs/hearing.md)).\n\n"
      "**Networks.** One model for each table it learned from. Each is the mean of 8 networks: six "
      "normalised logarithms (amplitude, duration, energy, rms, rise time, counts + 1), 32 "
      "rectified units with dropout 0.5 in training, one sigmoid. Adam, cross-entropy, batches of "
      "32; penalty of weights, number of epochs and the calibration (slope and offset of the log "
      "odds) chosen by five inner folds.\n\n";
  text += fmt::format(
      "**Made by** `{}`: the same rows give the same file, byte for byte, whatever the compiler's "
      "optimisation; tried on x86-64 alone.\n\n"
      "## Figures\n\n"
      "Cross-validation, all choices inside the training part, rows with equal features on one "
      "side; in brackets the 95 % interval of another table of as many hits. *5 hits*, *10 hits*: "
      "share of right decisions over so many held-out hits of one label, mean of both labels. "
      "These "
      "hits were drawn at random: consecutive hits of a printer "
      "depend on each other and say less. Calibration error: ten bins of equal size; chance alone "
      "gives about 0.03 for 600 hits and 0.11 for 120, and its interval lies high, because drawing "
      "the rows anew adds chance.\n",
      command);
  for (const Evaluation& evaluation : evaluations) {
    text += fmt::format("\n### {}\n\n| learner |", heading(evaluation));
    for (const ColumnOfFigures& column : kColumns) {
      text += fmt::format(" {} |", column.title);
    }
    text += "\n|---|---|---|---|---|---|---|\n";
    for (const LearnerFigures& learner : evaluation.learners) {
      text += fmt::format("| {} |", learner.learner);
      for (const ColumnOfFigures& column : kColumns) {
        text += fmt::format(" {} |", figure_text(learner.*column.figure));
      }
      text += "\n";
    }
    text += "\n" + targets(evaluation);
  }
  return text + "\n" + notes;
}

}  // namespace stepcast::cli
