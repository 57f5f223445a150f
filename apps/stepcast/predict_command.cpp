#include <algorithm>
#include <memory>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stepcast/vision/classifier.hpp"

#include "command.hpp"
#include "exit_status.hpp"
#include "model_folder.hpp"
#include "picture_faults.hpp"
#include "picture_files.hpp"
#include "terminal.hpp"

namespace stepcast::cli {
namespace {

struct PredictOptions {
  PictureOptions pictures;
  std::size_t top = 1;
};

void print_json_line(const std::string& path, const vision::Judgement& judgement,
                     const vision::ModelInfo& model) {
  auto probabilities = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < model.classes.size(); ++i) {
    probabilities[model.classes[i]] = judgement.probabilities[i];
  }
  const nlohmann::ordered_json line{{"image", path},
                                    {"prediction", model.classes[judgement.best]},
                                    {"confidence", judgement.confidence},
                                    {"probabilities", std::move(probabilities)},
                                    {"unsure", judgement.unsure},
                                    {"faults", json_of(faults_of(path))}};
  // A path is bytes; what is no UTF-8 in it is replaced.
  fmt::print("{}\n", line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void print_text(const std::string& path, const vision::Judgement& judgement,
                const vision::ModelInfo& model, std::size_t top) {
  const Terminal terminal(stdout);
  std::vector<std::size_t> order(model.classes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t one, std::size_t other) {
    return judgement.probabilities[one] > judgement.probabilities[other];
  });
  order.resize(std::clamp(top, std::size_t{1}, order.size()));
  std::string text;
  for (const std::size_t index : order) {
    text += fmt::format("{}{} {:.0f} %", text.empty() ? "" : ", ", model.classes[index],
                        judgement.probabilities[index] * 100);
  }
  fmt::print("{}  {}{}\n", terminal.strong(path), judgement.unsure ? terminal.warn("unsure: ") : "",
             text);
}

int run(const PredictOptions& options) {
  const auto runtime = vision::runtime_of(options.pictures.runtime);
  if (!runtime) {
    report(runtime.error());
    return kUsage;
  }
  auto classifier = vision::Classifier::load(options.pictures.model, *runtime);
  if (!classifier) {
    return report(classifier.error());
  }
  const auto files = picture_files(options.pictures.pictures);
  if (!files) {
    return report(files.error());
  }
  return for_each_picture(*files, [&](const std::string& path) -> Result<void> {
    const auto judgement = classifier->judge_file(path);
    if (!judgement) {
      return tl::unexpected(judgement.error());
    }
    if (options.pictures.json) {
      print_json_line(path, *judgement, classifier->info());
    } else {
      print_text(path, *judgement, classifier->info(), options.top);
      warn_of(faults_of(path), path);
    }
    return {};
  });
}

}  // namespace

void add_predict_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("predict", "Say what pictures of prints show as a whole");
  auto options = std::make_shared<PredictOptions>();
  options->pictures.add_to(*command, model_path("classifier.onnx"));
  command->add_option("--top", options->top, "So many of the most probable classes")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->footer(
      "Examples:\n"
      "  stepcast predict snapshot.jpg --top 3\n"
      "  stepcast predict photos/ --json | jq -r 'select(.prediction != \"OK\") | .image'\n"
      "\"unsure\" stands before an answer that the network does not vouch for.");
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace stepcast::cli
