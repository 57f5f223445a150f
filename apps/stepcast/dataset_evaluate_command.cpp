#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "stepcast/dataset/answers.hpp"
#include "stepcast/dataset/contact_sheet.hpp"
#include "stepcast/dataset/evaluation_figures.hpp"
#include "stepcast/figures/png_file.hpp"

#include "dataset_options.hpp"
#include "exit_status.hpp"

namespace stepcast::cli {
namespace {

namespace ev = evaluation;

struct EvaluateArguments {
  std::string answers;
  std::string file;
  std::string split;
  std::string plots;
  double threshold = 0.5;
  ev::Bootstrap bootstrap;
};

std::string text_of(const ev::Estimate& estimate) {
  if (!estimate.value) {
    return fmt::format("{:>22}", "no boxes");
  }
  if (!estimate.interval) {
    return fmt::format("{:.3f} {:>16}", *estimate.value, "");
  }
  return fmt::format("{:.3f} [{:.3f}, {:.3f}]", *estimate.value, estimate.interval->low,
                     estimate.interval->high);
}

void print_detection_table(const ev::DetectionScores& scores, const dataset::Answers& answers) {
  fmt::print("{:<18}{:>9}{:>7}{:>9}  {:<22}  {:<22}  {}\n", "class", "pictures", "boxes", "answers",
             "mAP50 [95 %]", "mAP50-95 [95 %]", "best F1 at");
  for (std::size_t c = 0; c < scores.classes.size(); ++c) {
    const ev::ClassScores& one = scores.classes[c];
    fmt::print("{:<18}{:>9}{:>7}{:>9}  {:<22}  {:<22}  {}\n", answers.classes[c], one.pictures,
               one.boxes, one.detections, text_of(one.ap50), text_of(one.ap50_95),
               one.best ? fmt::format("{:.2f} (precision {:.2f}, recall {:.2f})",
                                      one.best->confidence, one.best->precision, one.best->recall)
                        : "");
  }
  fmt::print("{:<18}{:>9}{:>7}{:>9}  {:<22}  {:<22}\n", "all classes", scores.pictures, "", "",
             text_of(scores.map50), text_of(scores.map50_95));
  for (std::size_t c = 0; c < scores.classes.size(); ++c) {
    constexpr std::size_t kFew = 10;
    if (scores.classes[c].boxes > 0 && scores.classes[c].pictures < kFew) {
      fmt::print("{}: too few pictures ({}) to measure anything\n", answers.classes[c],
                 scores.classes[c].pictures);
    }
  }
}

Result<void> write_figures(const std::string& folder, const figures::NamedFigures& diagrams) {
  if (auto written = figures::write_pngs(diagrams, folder); !written) {
    return written;
  }
  for (const auto& [name, picture] : diagrams) {
    fmt::print("{}/{}\n", folder, name);
  }
  return {};
}

int evaluate_detections(const EvaluateArguments& arguments, const dataset::Dataset& data,
                        const dataset::Answers& answers) {
  const auto scores =
      ev::score_detections(answers.detections, answers.classes.size(), arguments.bootstrap);
  print_detection_table(scores, answers);
  const auto failures = ev::failure_scores(answers.detections);
  ev::Estimate area{ev::area_under_roc(failures), std::nullopt};
  if (area.value) {
    area.interval = ev::bootstrap_interval(
        failures.size(), [&](ev::Weights w) { return ev::area_under_roc(failures, w); },
        arguments.bootstrap);
    fmt::print("failure or not, by picture: AUC {}\n", text_of(area));
  }
  const std::vector<double> thresholds(answers.classes.size(), arguments.threshold);
  if (const auto alarms = ev::false_alarms(answers.detections, thresholds)) {
    fmt::print(
        "false alarms at {:g}: {} of {} pictures with nothing to see, {:.1f} in a thousand "
        "[{:.1f}, {:.1f}]\n",
        arguments.threshold, alarms->alarmed, alarms->frames, alarms->per_thousand,
        alarms->interval.low, alarms->interval.high);
  }
  if (arguments.plots.empty()) {
    return kSuccess;
  }
  std::vector<dataset::SheetCell> cells = dataset::varied_cells(data, answers.items, 36, 1);
  for (dataset::SheetCell& cell : cells) {
    const auto at = std::find(answers.items.begin(), answers.items.end(), cell.item);
    for (const auto& said :
         answers.detections[static_cast<std::size_t>(at - answers.items.begin())].detections) {
      if (said.confidence >= arguments.threshold) {
        cell.said.push_back(said);
      }
    }
  }
  const auto sheet = dataset::contact_sheet(
      data, cells,
      {.title = "Answers (dashed) and labels in " + data.name,
       .subtitle = fmt::format("confidence {:g} and above", arguments.threshold),
       .columns = 6},
      bar_of("pictures drawn"));
  if (!sheet) {
    return report(sheet.error());
  }
  auto diagrams =
      dataset::detection_diagrams(answers.detections, scores, thresholds, answers.classes);
  diagrams.emplace_back("answers.png", *sheet);
  const auto written = write_figures(arguments.plots, diagrams);
  return written ? static_cast<int>(kSuccess) : report(written.error());
}

int evaluate_predictions(const EvaluateArguments& arguments, const dataset::Answers& answers) {
  const auto count = answers.classes.size();
  fmt::print("{:<18}{:>9}{:>11}{:>9}{:>7}\n", "class", "pictures", "precision", "recall", "F1");
  const auto classes = ev::class_f1(answers.judgements, count);
  for (std::size_t c = 0; c < count; ++c) {
    fmt::print("{:<18}{:>9}{:>11.3f}{:>9.3f}{:>7.3f}\n", answers.classes[c], classes[c].support,
               classes[c].precision, classes[c].recall, classes[c].f1);
  }
  const auto estimate = [&](const auto& figure) {
    return ev::Estimate{figure(ev::Weights{}), ev::bootstrap_interval(answers.judgements.size(),
                                                                      figure, arguments.bootstrap)};
  };
  fmt::print(
      "macro F1 {}\naccuracy {}\n",
      text_of(estimate([&](ev::Weights w) { return ev::macro_f1(answers.judgements, count, w); })),
      text_of(estimate([&](ev::Weights w) { return ev::accuracy(answers.judgements, w); })));
  const auto bins = ev::reliability(answers.confidences);
  fmt::print("expected calibration error {:.3f}\n", ev::expected_calibration_error(bins));
  if (arguments.plots.empty()) {
    return kSuccess;
  }
  const auto written = write_figures(
      arguments.plots, dataset::classification_diagrams(answers.judgements, bins, answers.classes));
  return written ? static_cast<int>(kSuccess) : report(written.error());
}

int run_evaluate(const EvaluateArguments& arguments) {
  const auto data = dataset::load(arguments.file);
  if (!data) {
    return report(data.error());
  }
  std::ifstream stream(arguments.answers, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) {
    return report(Error{Errc::kNotFound, "cannot be read", arguments.answers, {}});
  }
  const auto answers = dataset::read_answers(
      text.str(), arguments.answers, *data,
      arguments.split == "all" ? std::nullopt : dataset::split_named(arguments.split));
  if (!answers) {
    return report(answers.error());
  }
  return answers->detections.empty() ? evaluate_predictions(arguments, *answers)
                                     : evaluate_detections(arguments, *data, *answers);
}

}  // namespace

void add_dataset_evaluate(CLI::App& group, int& status) {
  auto* command = group.add_subcommand("evaluate", "Judge a model by what it said of the pictures");
  auto arguments = std::make_shared<EvaluateArguments>();
  arguments->split = "val";
  add_dataset_option(*command, arguments->file);
  command
      ->add_option("answers", arguments->answers,
                   "Lines of stepcast detect --json or stepcast predict --json")
      ->required();
  command->add_option("--split", arguments->split, "Pictures to ask: train, val, test, none or all")
      ->check(CLI::IsMember({"train", "val", "test", "none", "all"}).description(""))
      ->capture_default_str();
  command->add_option("--plots", arguments->plots, "Write diagrams as PNG into this folder");
  command->add_option("--threshold", arguments->threshold, "Confidence of an alarm")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--resamples", arguments->bootstrap.resamples, "For the intervals")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  command->add_option("--seed", arguments->bootstrap.seed, "Of the resamples")
      ->capture_default_str();
  command->footer(
      "Boxes: mAP by COCO's definition, best F1, failure AUC, false alarms. Whole pictures: F1,\n"
      "calibration. Intervals hold with 95 % probability over other pictures of the same kind.\n"
      "For honest curves let the detector say everything: stepcast detect --json --threshold 0.01");
  command->callback([arguments, &status] { status = run_evaluate(*arguments); });
}

}  // namespace stepcast::cli
