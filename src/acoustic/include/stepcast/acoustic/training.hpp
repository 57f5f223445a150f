#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "stepcast/acoustic/model.hpp"
#include "stepcast/base/result.hpp"

namespace stepcast::acoustic {

/// A labelled hit as a learner sees it.
struct Sample {
  Features x{};
  int label = 0;            ///< 0 or 1.
  std::uint32_t group = 0;  ///< Rows with equal features share it, and stay on one side of a split.
};

/// A table of labelled hits.
struct LabelledTable {
  std::string name;  ///< "overflow" of "overflow_train.csv".
  std::string file;  ///< Without its folder.
  std::vector<Sample> samples;

  [[nodiscard]] std::size_t defected() const;
  [[nodiscard]] std::size_t groups() const;
};

/// @returns errors as HitTable does; kMalformed for a row without a label or with another than 0
/// and 1; kOutOfRange below 20 rows of either label, which nothing can be learned from
[[nodiscard]] Result<LabelledTable> read_labelled(const std::filesystem::path& file);

/// Called now and then with the share that is done, 0 to 1.
using Progress = std::function<void(double)>;

/// Learns from all rows of a table. Strength of regularisation, number of epochs and calibration
/// are chosen by cross-validation inside the table. The same table and seed give the same model to
/// the last bit. Cost: a second or two for 600 rows.
[[nodiscard]] HitModel learn_model(const LabelledTable& table, std::uint64_t seed,
                                   const Progress& progress = {});

/// A measured figure with its 95 % interval.
struct Figure {
  double value = 0;
  double low = 0;
  double high = 0;
};

struct LearnerFigures {
  std::string learner;       ///< "dense network".
  Figure accuracy;           ///< A hit.
  Figure auc;                ///< Area under the receiver operating characteristic.
  Figure calibration_error;  ///< Expected, ten bins of equal size.
  Figure log_loss;
  Figure window_5;  ///< Share of right decisions over five hits of one label, balanced by label.
  Figure window_10;
};

struct EvaluationOptions {
  int folds = 10;
  int repeats = 10;
  std::uint64_t seed = 1;
  int resamples = 1000;  ///< Bootstrap samples of the rows for the intervals.
};

struct Evaluation {
  std::string table;
  std::size_t rows = 0;
  std::size_t defected = 0;
  std::size_t groups = 0;
  EvaluationOptions options;
  std::vector<LearnerFigures> learners;  ///< The dense network first.
};

/// Repeated stratified cross-validation. Everything that is chosen is chosen by a second
/// cross-validation inside the training part, and rows with equal features are never on both sides.
/// Intervals are of the rows: what another table of as many hits might have given.
[[nodiscard]] Evaluation evaluate(const LabelledTable& table, const EvaluationOptions& options,
                                  const Progress& progress = {});

}  // namespace stepcast::acoustic
