#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "stepcast/acoustic/training.hpp"
#include "stepcast/base/whole_file.hpp"

#include "command.hpp"
#include "exit_status.hpp"
#include "hear_card.hpp"
#include "notes.hpp"
#include "progress_bar.hpp"
#include "terminal.hpp"

namespace stepcast::cli {
namespace {

struct TrainHearOptions {
  std::vector<std::string> tables;
  std::string out;
  std::string notes;
  bool evaluate = false;
  bool no_figures = false;
  bool json = false;
  std::uint64_t seed = 1;
  acoustic::EvaluationOptions figures{.repeats = 5};  // minutes, and the repeats differ little
};

// A line on standard error that is drawn anew, or nothing where that cannot be seen.
class ProgressLine {
 public:
  explicit ProgressLine(std::string what) : what_(std::move(what)) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() {
    if (terminal_.interactive()) {
      fmt::print(stderr, "\r\x1b[K");
    }
  }
  void show(double share) const {
    if (terminal_.interactive()) {
      fmt::print(stderr, "\r{:<24} {} {:3.0f} %", what_, progress_bar(share), share * 100.0);
    }
  }

 private:
  Terminal terminal_{stderr};
  std::string what_;
};

int run(const TrainHearOptions& options) {
  std::vector<acoustic::LabelledTable> tables;
  std::string names;
  for (const std::string& file : options.tables) {
    auto table = acoustic::read_labelled(file);
    if (!table) {
      return report(table.error(), options.json);
    }
    names += fmt::format(" {}", table->file);
    tables.push_back(std::move(*table));
  }
  const auto notes = read_notes(options.notes);
  if (!notes) {
    return report(notes.error(), options.json);
  }
  std::vector<acoustic::Evaluation> evaluations;
  if (!options.no_figures) {
    for (const auto& table : tables) {
      const ProgressLine line(fmt::format("measuring {}", table.name));
      evaluations.push_back(
          acoustic::evaluate(table, options.figures, [&](double share) { line.show(share); }));
    }
    if (options.json) {
      fmt::print("{}", figures_json(evaluations));
    } else {
      for (const auto& evaluation : evaluations) {
        fmt::print("{}\n", figures_text(evaluation));
      }
    }
  }
  if (options.evaluate) {
    return kSuccess;
  }
  std::vector<acoustic::HitModel> models;
  for (const auto& table : tables) {
    const ProgressLine line(fmt::format("learning {}", table.name));
    models.push_back(
        acoustic::learn_model(table, options.seed, [&](double share) { line.show(share); }));
  }
  const acoustic::Judge judge(std::move(models));
  if (auto written = write_whole(options.out, judge.to_json()); !written) {
    return report(written.error(), options.json);
  }
  if (!evaluations.empty()) {
    const auto card = std::filesystem::path(options.out).replace_extension(".md");
    const auto file = std::filesystem::path(options.out).filename().string();
    const std::string command =
        fmt::format("stepcast-train hear{}{}{} --out {}", names,
                    options.notes.empty() ? "" : " --notes ", options.notes, file);
    if (auto written = write_whole(card, hear_card(evaluations, command, *notes)); !written) {
      return report(written.error(), options.json);
    }
  }
  return kSuccess;
}

}  // namespace

void add_train_hear_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "hear", "Train the networks that judge acoustic hits, from tables with labels");
  auto options = std::make_shared<TrainHearOptions>();
  command->add_option("tables", options->tables, "Tables of labelled hits, a model for each")
      ->required();
  auto* out = command->add_option("--out", options->out,
                                  "Model file to write; its card goes beside it, as .md");
  command->add_option("--notes", options->notes, "Text that ends the card: origin and limits");
  auto* evaluate =
      command->add_flag("--evaluate", options->evaluate, "Print the figures and write nothing");
  command->add_flag("--no-figures", options->no_figures, "Train without measuring; writes no card")
      ->excludes(evaluate);
  command->add_option("--folds", options->figures.folds, "Of the cross-validation")
      ->check(CLI::Range(2, 20).description(""))
      ->capture_default_str();
  command->add_option("--repeats", options->figures.repeats, "Of the cross-validation")
      ->check(CLI::Range(1, 1000).description(""))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "The same seed gives the same model")
      ->capture_default_str();
  command->add_flag("--json", options->json, "Print the figures as JSON");
  command->footer(
      "Examples:\n"
      "  stepcast-train hear hits.csv --evaluate\n"
      "  stepcast-train hear overflow_train.csv binary_train.csv --out models/acoustic.json");
  command->callback([options, out, &status] {
    if (!options->evaluate && out->count() == 0) {
      throw CLI::RequiredError("--out FILE or --evaluate");
    }
    status = run(*options);
  });
}

}  // namespace stepcast::cli
