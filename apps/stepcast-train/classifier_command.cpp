#include <algorithm>
#include <filesystem>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stepcast/dataset/evaluation_figures.hpp"
#include "stepcast/dataset/near_duplicates.hpp"
#include "stepcast/training/classifier_training.hpp"
#include "stepcast/training/fingerprint.hpp"

#include "card.hpp"
#include "classifier_figures.hpp"
#include "command.hpp"
#include "exit_status.hpp"
#include "fold_memory.hpp"
#include "folds.hpp"
#include "notes.hpp"
#include "training_data.hpp"
#include "training_view.hpp"

namespace stepcast::cli {
namespace {

using Json = nlohmann::json;

struct ClassifierOptions {
  std::string data;
  std::string out;
  std::string notes;
  std::vector<std::string> strangers;
  std::size_t folds = 5;
  bool compare = false;
  bool figures_only = false;
  training::ClassifierTraining training;
};

struct Pictures {
  std::vector<std::string> paths;
  std::vector<std::size_t> classes;
  std::vector<std::size_t> folds;
};

Result<Pictures> classified_pictures(const dataset::Dataset& data,
                                     const ClassifierOptions& options) {
  const auto prints = dataset::fingerprints(data);
  if (!prints) {
    return tl::unexpected(prints.error());
  }
  const auto clusters = dataset::clusters(data.items.size(), dataset::near_pairs(*prints));
  Pictures pictures;
  std::vector<std::size_t> used;
  for (std::size_t i = 0; i < data.items.size(); ++i) {
    if (const auto& whole = data.items[i].picture_class) {
      pictures.paths.push_back(dataset::picture_path(data, data.items[i]).string());
      pictures.classes.push_back(*whole);
      used.push_back(clusters[i]);
    }
  }
  if (pictures.paths.empty()) {
    return fail(Errc::kInvalidArgument, "no picture has a class of its own", options.data,
                "use a folder for each class");
  }
  pictures.folds = stratified_folds(pictures.classes, used, options.folds, options.training.seed);
  return pictures;
}

/// All that the answers of a fold depend on.
std::uint64_t fingerprint_of(const training::ClassifierTraining& training, const Pictures& pictures,
                             const std::vector<std::string>& strangers) {
  training::Fingerprint print;
  print.add(fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}",
                        training.classes.size(), training.pretrained, training.size,
                        training.hidden, training.middle, training.scale, training.views,
                        training.head_epochs, training.head_batch, training.head_rate,
                        training.head_decay, training.fine_epochs, training.fine_batch,
                        training.fine_rate, training.dropout, training.label_smoothing,
                        training.balanced, training.seed, training.threads));
  const auto add_file = [&print](const std::string& path) {
    std::error_code none;
    print.add(fmt::format("{} {} {}", path, std::filesystem::file_size(path, none),
                          std::filesystem::last_write_time(path, none).time_since_epoch().count()));
  };
  for (std::size_t i = 0; i < pictures.paths.size(); ++i) {
    add_file(pictures.paths[i]);
    print.add(fmt::format(" {} {}", pictures.classes[i], pictures.folds[i]));
  }
  std::for_each(strangers.begin(), strangers.end(), add_file);
  return print.value();
}

/// Teaches networks on some of the pictures; what they share is computed when the first is wanted.
class Teacher {
 public:
  Teacher(const training::ClassifierTraining& training, std::string what)
      : training_(training), what_(std::move(what)) {}

  Result<training::TrainedClassifier> teach(std::span<const std::size_t> chosen,
                                            const std::string& part) {
    if (!trainer_) {
      TrainingView view(what_ + ", features");
      auto trainer = training::ClassifierTrainer::create(training_, observer_of(view));
      if (!trainer) {
        return tl::unexpected(trainer.error());
      }
      trainer_ = std::move(*trainer);
    }
    TrainingView view(fmt::format("{}, {}", what_, part));
    return trainer_->train(chosen, observer_of(view));
  }

 private:
  static training::TrainingObserver observer_of(TrainingView& view) {
    return [&view](const auto& progress) {
      view.show(progress);
      return true;
    };
  }

  const training::ClassifierTraining& training_;
  std::string what_;
  std::optional<training::ClassifierTrainer> trainer_;
};

/// Every picture judged by a network that learnt from the other folds.
Result<HeldOut> cross_validate(const training::ClassifierTraining& training,
                               const Pictures& pictures, std::size_t folds,
                               const std::vector<std::string>& strangers, FoldMemory& memory,
                               Teacher& teacher) {
  const auto print = fingerprint_of(training, pictures, strangers);
  HeldOut held_out{.pictures = std::vector<evaluation::Logits>(pictures.paths.size()),
                   .folds = pictures.folds,
                   .strangers = {}};
  for (std::size_t fold = 0; fold < folds; ++fold) {
    std::vector<std::size_t> learning;
    std::vector<std::size_t> asked;
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < pictures.paths.size(); ++i) {
      if (pictures.folds[i] == fold) {
        asked.push_back(i);
        paths.push_back(pictures.paths[i]);
      } else {
        learning.push_back(i);
      }
    }
    auto answers = memory.of(print, fold);
    if (!answers) {
      auto network = teacher.teach(learning, fmt::format("fold {}/{}", fold + 1, folds));
      if (!network) {
        return tl::unexpected(network.error());
      }
      auto said = network->logits(paths);
      auto strange = network->logits(strangers);
      if (!said || !strange) {
        return tl::unexpected(said ? strange.error() : said.error());
      }
      answers = {std::move(*said), std::move(*strange)};
      if (auto kept = memory.keep(print, fold, *answers); !kept) {
        return tl::unexpected(kept.error());
      }
    }
    held_out.strangers.insert(held_out.strangers.end(), answers->strangers.begin(),
                              answers->strangers.end());
    for (std::size_t i = 0; i < asked.size(); ++i) {
      held_out.pictures[asked[i]] = {.values = answers->pictures.at(i),
                                     .truth = pictures.classes[asked[i]]};
    }
  }
  return held_out;
}

Json description_of(const ClassifierOptions& options, const ClassifierFigures& figures) {
  const auto& training = options.training;
  Json input = {{"width", training.size},  {"height", training.size}, {"order", "rgb"},
                {"scale", training.scale}, {"fit", "stretch"},        {"fill", 0}};
  input["mean"] = {training.middle, training.middle, training.middle};
  Json trained = {{"network", "MobileNetV2"},
                  {"from", std::filesystem::path(training.pretrained).filename().string()},
                  {"pictures", training.pictures.size()},
                  {"seed", training.seed},
                  {"fine_epochs", training.fine_epochs}};
  Json description = {{"format", 1},
                      {"kind", "classifier"},
                      {"name", "stepcast-classifier"},
                      {"classes", training.classes},
                      {"temperature", figures.temperature},
                      {"unsure_below", figures.unsure_below}};
  description["input"] = std::move(input);
  description["trained"] = std::move(trained);
  return description;
}

std::string card_of(const ClassifierOptions& options, const std::string& figures,
                    const std::string& command) {
  return fmt::format(
      "# Classifier\n\nSays what a photograph of a print shows: MobileNetV2 (Apache-2.0), {0} by "
      "{0} pixels, {1} classes.\n\n"
      "Made by\n\n```\n{2}\n```\n\n## Learnt from\n\n{3} pictures, a class each. First the head on "
      "features that stay as they were "
      "published, then everything, slowly.\n\n## Figures\n\nEvery picture was judged by a network "
      "that had seen neither it nor one like it: {4} folds, "
      "near-duplicates together; intervals by bootstrap over pictures. What ships has learnt from "
      "all of them.\n\n{5}\n"
      "A class with fewer than 30 pictures is not measured by these figures, only hinted at.\n",
      options.training.size, options.training.classes.size(), command,
      options.training.pictures.size(), options.folds, figures);
}

int run(ClassifierOptions options, const std::string& command) {
  const auto notes = read_notes(options.notes);
  if (!notes) {
    return report(notes.error());
  }
  const auto data = read_training_data({options.data});
  if (!data) {
    return report(data.error());
  }
  const auto pictures = classified_pictures(*data, options);
  if (!pictures) {
    return report(pictures.error());
  }
  auto& training = options.training;
  training.classes = data->classes;
  for (std::size_t i = 0; i < pictures->paths.size(); ++i) {
    training.pictures.push_back({pictures->paths[i], static_cast<int>(pictures->classes[i]), 1});
  }
  const auto strangers = pictures_in(options.strangers);
  if (!strangers) {
    return report(strangers.error());
  }
  FoldMemory memory(std::filesystem::path(options.out + ".training") / "folds.json");
  Teacher teacher(training, "classifier");
  const auto ours = cross_validate(training, *pictures, options.folds, *strangers, memory, teacher);
  if (!ours) {
    return report(ours.error());
  }
  const auto figures = classifier_figures(*ours, training.classes.size());
  auto text = figures_text(figures, training.classes);
  if (options.compare) {
    const auto recipe = training::published_recipe(training);
    Teacher their_teacher(recipe, "published recipe");
    const auto theirs =
        cross_validate(recipe, *pictures, options.folds, *strangers, memory, their_teacher);
    if (!theirs) {
      return report(theirs.error());
    }
    const auto published = classifier_figures(*theirs, training.classes.size());
    text += fmt::format("The published recipe on the same folds: macro F1 {:.3f}, accuracy {:.3f}",
                        published.macro_f1, published.accuracy);
    if (const auto gain = macro_f1_gain(*ours, *theirs, training.classes.size())) {
      text += fmt::format("; ours is {:+.3f} ({:+.3f} to {:+.3f})", gain->value, gain->interval.low,
                          gain->interval.high);
    }
    text += '\n';
  }
  if (!options.figures_only) {
    std::vector<std::size_t> all(training.pictures.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    const auto network = teacher.teach(all, "all pictures");
    if (!network) {
      return report(network.error());
    }
    if (auto written = network->write(options.out, description_of(options, figures).dump());
        !written) {
      return report(written.error());
    }
    const auto drawn =
        dataset::classification_diagrams(figures.judgements, figures.reliability, training.classes);
    if (auto written = write_card(options.out, card_of(options, text, command), *notes, drawn);
        !written) {
      return report(written.error());
    }
  }
  fmt::print("{}", text);
  return kSuccess;
}

}  // namespace

void add_train_classifier_command(CLI::App& app, int& status, const std::string& command) {
  auto options = std::make_shared<ClassifierOptions>();
  auto* sub =
      app.add_subcommand("classifier", "Train the network that says what a photograph shows");
  sub->add_option("data", options->data, "A folder with a folder for each class, or dataset.json")
      ->required();
  sub->add_option("--out", options->out, "The network, ONNX; its card is written beside it")
      ->required();
  sub->add_option("--pretrained", options->training.pretrained, "Weights of MobileNetV2, .npz")
      ->required();
  sub->add_option("--strangers", options->strangers,
                  "Photographs that show no print, or folders of them: how often is the answer "
                  "\"unsure\"?");
  sub->add_option("--folds", options->folds, "Parts for cross-validation")
      ->capture_default_str()
      ->check(CLI::Range(2, 20));
  sub->add_option("--views", options->training.views, "Changed copies of each picture for the head")
      ->capture_default_str();
  sub->add_option("--head-epochs", options->training.head_epochs, "Times that the head sees them")
      ->capture_default_str();
  sub->add_option("--fine-epochs", options->training.fine_epochs,
                  "Epochs in which everything learns; 0: only the head")
      ->capture_default_str();
  sub->add_option("--fine-rate", options->training.fine_rate, "Largest step of the weights in them")
      ->capture_default_str();
  sub->add_option("--head-decay", options->training.head_decay, "Weight decay of the head")
      ->capture_default_str();
  sub->add_option("--notes", options->notes,
                  "A text that ends the card: where the pictures are from and what they cannot "
                  "support");
  sub->add_option("--seed", options->training.seed,
                  "The same seed gives the same network on the same machine")
      ->capture_default_str();
  sub->add_option("--threads", options->training.threads, "Processors to use")
      ->capture_default_str();
  sub->add_flag("--compare-published", options->compare,
                "Also measure the published recipe on the same folds");
  sub->add_flag("--figures", options->figures_only, "Write no network; print the figures");
  sub->callback([options, command, &status] { status = run(*options, command); });
}

}  // namespace stepcast::cli
