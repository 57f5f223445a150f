#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stepcast/dataset/evaluation_figures.hpp"
#include "stepcast/dataset/import.hpp"
#include "stepcast/training/detector_training.hpp"

#include "card.hpp"
#include "command.hpp"
#include "detector_figures.hpp"
#include "exit_status.hpp"
#include "notes.hpp"
#include "training_data.hpp"
#include "training_view.hpp"

namespace stepcast::cli {
namespace {

using Json = nlohmann::json;

struct DetectorOptions {
  std::vector<std::string> data;
  OtherPictures others;  ///< As they are named; run() replaces folders by what is in them.
  std::vector<std::string> pasted = {"spaghetti"};
  std::string out;
  std::string notes;
  std::string folder;
  bool from_scratch = false;
  bool published_recipe = false;
  bool figures_only = false;
  training::DetectorTraining training;
};

/// Boxes of a class that overlap more are the same thing.
constexpr double kNmsOverlap = 0.45;

Json description_of(const DetectorOptions& options, const dataset::Dataset& data,
                    const DetectorFigures* figures) {
  const auto count = data.classes.size();
  std::vector<double> thresholds(count, 0.5);
  std::vector<bool> trustworthy(count, false);
  if (figures != nullptr) {
    thresholds = figures->thresholds;
    for (std::size_t c = 0; c < count; ++c) {
      trustworthy[c] = is_trustworthy(figures->scores.classes[c]);
    }
  }
  Json input = {{"width", options.training.size},
                {"height", options.training.size},
                {"order", "bgr"},
                {"mean", {0, 0, 0}},
                {"scale", 1},
                {"fit", "letterbox"},
                {"fill", 114}};
  Json trained = {
      {"network", "YOLOX-nano"},
      {"from", options.training.pretrained.empty()
                   ? "random weights"
                   : std::filesystem::path(options.training.pretrained).filename().string()},
      {"epochs", options.training.epochs},
      {"seed", options.training.seed},
      {"pictures", options.training.pictures.size()}};
  Json description = {{"format", 1},
                      {"kind", "detector"},
                      {"name", "stepcast-detector"},
                      {"classes", data.classes},
                      {"strides", {8, 16, 32}},
                      {"nms_iou", kNmsOverlap}};
  description["input"] = std::move(input);
  description["trained"] = std::move(trained);
  description["thresholds"] = thresholds;
  description["trustworthy"] = trustworthy;
  return description;
}

std::string card_of(const DetectorOptions& options, const dataset::Dataset& data,
                    const DetectorFigures& figures, const std::string& command) {
  std::string text = fmt::format(
      "# Detector\n\nFinds defects in pictures of prints: YOLOX-nano (Apache-2.0), {} by {} "
      "pixels, {} classes.\n\n"
      "Made by\n\n```\n{}\n```\n\n## Learnt from\n\n{} pictures, {} of them without a defect; {} "
      "pictures of the validation list "
      "share no scene with them.\nPictures were turned, cut, mirrored, recoloured and put together "
      "while it learnt.\n\n"
      "## Figures\n\nOn the validation list, through the program that uses it ({}); intervals by "
      "bootstrap over pictures.\n\n",
      options.training.size, options.training.size, data.classes.size(), command,
      options.training.pictures.size(),
      std::count_if(options.training.pictures.begin(), options.training.pictures.end(),
                    [](const auto& p) { return p.marks.empty(); }),
      dataset::items_of(data, dataset::Split::kValidation).size(), figures.runtime);
  text += figures_text(figures, data.classes);
  if (options.training.patience > 0) {
    text += "\nThe validation pictures also told when to stop: these figures flatter a little.\n";
  }
  text += fmt::format(
      "\nA class is called trustworthy from {} boxes in {} validation pictures on. A threshold is "
      "the lowest confidence from which on answers are more often right than wrong on the "
      "validation list, but above every clean picture that was learnt from.\n",
      kLeastBoxes, kLeastPictures);
  return text;
}

figures::NamedFigures diagrams_of(const DetectorFigures& figures,
                                  const std::vector<training::EpochRecord>& history,
                                  const std::vector<std::string>& classes) {
  auto diagrams =
      dataset::detection_diagrams(figures.validation, figures.scores, figures.thresholds, classes);
  std::array curves = {dataset::TrainingCurve{.name = "learning", .values = {}},
                       dataset::TrainingCurve{.name = "validation", .values = {}}};
  for (const auto& record : history) {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    curves[0].values.push_back(record.loss);
    curves[1].values.push_back(record.validation_loss.value_or(kNone));
  }
  diagrams.emplace_back("training.png",
                        draw(dataset::training_figure(curves, 0, "Loss over epochs", "loss")));
  return diagrams;
}

int run(DetectorOptions options, const std::string& command) {
  const auto notes = read_notes(options.notes);
  if (!notes) {
    return report(notes.error());
  }
  auto data = read_training_data(options.data);
  if (!data) {
    return report(data.error());
  }
  for (auto* named : {&options.others.clean, &options.others.watched, &options.others.failing}) {
    auto pictures = pictures_in(*named);
    if (!pictures) {
      return report(pictures.error());
    }
    *named = std::move(*pictures);
  }
  options.training.classes = data->classes;
  options.training.pictures = marked_pictures(*data, dataset::Split::kTrain);
  options.training.validation = marked_pictures(*data, dataset::Split::kValidation);
  for (const auto& path : options.others.clean) {
    options.training.pictures.push_back({path, {}});
  }
  for (std::size_t c = 0; c < data->classes.size(); ++c) {
    if (std::find(options.pasted.begin(), options.pasted.end(), data->classes[c]) !=
        options.pasted.end()) {
      options.training.pasted.push_back(static_cast<int>(c));
    }
  }
  if (options.from_scratch) {
    options.training.pretrained.clear();
  }
  if (options.published_recipe) {
    options.training = training::published_recipe(std::move(options.training));
  }
  options.training.folder = options.folder.empty() ? options.out + ".training" : options.folder;
  if (!options.figures_only) {
    TrainingView view("detector");
    const auto trained = training::train_detector(options.training, [&](const auto& progress) {
      view.show(progress);
      return true;
    });
    if (!trained) {
      return report(trained.error());
    }
    if (auto written = trained->write(options.out, description_of(options, *data, nullptr).dump());
        !written) {
      return report(written.error());
    }
    const auto figures = detector_figures(options.out, *data, options.others);
    if (!figures) {
      return report(figures.error());
    }
    if (auto written =
            trained->write(options.out, description_of(options, *data, &*figures).dump());
        !written) {
      return report(written.error());
    }
    const auto drawn = diagrams_of(*figures, trained->history(), data->classes);
    if (auto written =
            write_card(options.out, card_of(options, *data, *figures, command), *notes, drawn);
        !written) {
      return report(written.error());
    }
    fmt::print("{}", figures_text(*figures, data->classes));
    return kSuccess;
  }
  const auto figures = detector_figures(options.out, *data, options.others);
  if (!figures) {
    return report(figures.error());
  }
  fmt::print("{}", figures_text(*figures, data->classes));
  return kSuccess;
}

}  // namespace

void add_train_detector_command(CLI::App& app, int& status, const std::string& command) {
  auto options = std::make_shared<DetectorOptions>();
  auto* sub = app.add_subcommand("detector", "Train the network that finds defects in pictures");
  sub->add_option(
         "data", options->data,
         "Pictures with boxes: dataset.json, or folders that `stepcast dataset import` reads")
      ->required();
  sub->add_option("--out", options->out, "The network, ONNX; its card is written beside it")
      ->required();
  sub->add_option("--pretrained", options->training.pretrained, "Weights of YOLOX-nano, .npz");
  sub->add_flag("--from-scratch", options->from_scratch, "Begin with random weights instead");
  sub->add_flag("--published-recipe", options->published_recipe,
                "The published recipe instead, to compare with: from random weights, 30 epochs at "
                "416 pixels, batches of 64, mosaics");
  sub->add_option("--clean", options->others.clean,
                  "Folders or pictures without a defect to learn from as well");
  sub->add_option("--watch", options->others.watched,
                  "Folders of clean frames to count false alarms on; nothing learns from them");
  sub->add_option("--failing", options->others.failing,
                  "Folders of frames of failing prints: how many are seen? Nothing learns from "
                  "them");
  sub->add_option("--epochs", options->training.epochs, "Times that every picture is seen")
      ->capture_default_str();
  sub->add_option("--closing-epochs", options->training.closing_epochs,
                  "The last of them, on pictures changed little")
      ->capture_default_str();
  sub->add_option("--patience", options->training.patience,
                  "Close when the validation loss has not fallen for so many epochs; 0: never "
                  "early")
      ->capture_default_str();
  sub->add_option("--size", options->training.size,
                  "Width and height of what the network sees, pixels")
      ->capture_default_str();
  sub->add_option("--batch", options->training.batch, "Pictures a step")->capture_default_str();
  sub->add_option("--rate", options->training.learning_rate, "Largest step of the weights")
      ->capture_default_str();
  sub->add_option("--mosaic", options->training.mosaic,
                  "Probability that a picture is made of four")
      ->capture_default_str();
  sub->add_option("--backbone-rate", options->training.backbone_rate,
                  "Times --rate, for the part that was learnt from many more pictures before")
      ->capture_default_str();
  sub->add_option("--paste", options->pasted,
                  "Classes of what may lie anywhere: pieces of them are put on clean pictures")
      ->capture_default_str();
  sub->add_option("--notes", options->notes,
                  "A text that ends the card: where the pictures are from and what they cannot "
                  "support");
  sub->add_option("--seed", options->training.seed,
                  "The same seed gives the same network on the same machine")
      ->capture_default_str();
  sub->add_option("--threads", options->training.threads, "Processors to use")
      ->capture_default_str();
  sub->add_option(
      "--folder", options->folder,
      "For the checkpoint from which an interrupted training goes on; default: OUT.training");
  sub->add_flag("--figures", options->figures_only, "Train nothing; print the figures of OUT");
  sub->callback([options, command, &status] {
    if (options->training.pretrained.empty() && !options->from_scratch &&
        !options->published_recipe && !options->figures_only) {
      status = report(Error{Errc::kInvalidArgument,
                            "--pretrained is missing",
                            {},
                            "name the weights of YOLOX-nano, or say --from-scratch"});
      return;
    }
    status = run(*options, command);
  });
}

}  // namespace stepcast::cli
