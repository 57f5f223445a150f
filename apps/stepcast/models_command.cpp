#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "stepcast/models/compare.hpp"
#include "stepcast/models/shelf.hpp"

#include "command.hpp"
#include "dataset_options.hpp"
#include "exit_status.hpp"
#include "model_folder.hpp"
#include "terminal.hpp"

namespace stepcast::cli {
namespace {

struct ModelArguments {
  std::string folder;
  std::string kind = "detector";
  std::string candidate;
  std::string file;
  std::string split = "test";
  bool first = false;
  bool new_frozen_set = false;

  [[nodiscard]] models::Shelf shelf() const { return {folder, kind}; }
};

int list_uses(const ModelArguments& arguments) {
  auto shelf = arguments.shelf();
  const auto uses = shelf.uses();
  if (!uses) {
    return report(uses.error());
  }
  const Terminal terminal(stdout);
  for (std::size_t i = 0; i < uses->size(); ++i) {
    const models::Use& use = (*uses)[i];
    constexpr std::size_t kShort = 12;
    fmt::print("{}  {}  {:<20}{}{}\n", terminal.strong(use.version.substr(0, kShort)), use.at,
               use.why, use.measured, i + 1 == uses->size() ? terminal.good("  in use") : "");
  }
  if (uses->empty()) {
    fmt::print("there is no {} in {}\n", arguments.kind, arguments.folder);
  }
  return kSuccess;
}

Result<models::Comparison> compare(const ModelArguments& arguments) {
  const auto data = dataset::load(arguments.file);
  if (!data) {
    return tl::unexpected(data.error());
  }
  return models::compare(arguments.shelf().current_file(), arguments.candidate, *data,
                         {.split = *dataset::split_named(arguments.split),
                          .bootstrap = {},
                          .progress = bar_of("pictures judged")});
}

int run_compare(const ModelArguments& arguments) {
  const auto comparison = compare(arguments);
  if (!comparison) {
    return report(comparison.error());
  }
  fmt::print("{}\n{}\n", comparison->to_string(),
             comparison->clearly_better() ? "clearly better: stepcast models offer takes it"
                                          : "not clearly better");
  return kSuccess;
}

/// A comparison means something only while the pictures stay the same.
Result<std::string> checked_frozen_set(const ModelArguments& arguments, models::Shelf& shelf) {
  auto now = models::sha256_of(arguments.file);
  const auto uses = shelf.uses();
  if (!now || !uses) {
    return now ? tl::unexpected(uses.error()) : now;
  }
  for (auto use = uses->rbegin(); use != uses->rend(); ++use) {
    if (use->frozen_set.empty()) {
      continue;
    }
    if (use->frozen_set != *now && !arguments.new_frozen_set) {
      return fail(Errc::kInvalidArgument, "is not the data set that models were compared on before",
                  arguments.file, "say --new-frozen-set when it was changed on purpose");
    }
    break;
  }
  return now;
}

int run_offer(const ModelArguments& arguments) {
  auto shelf = arguments.shelf();
  models::Use use;
  if (!std::filesystem::exists(shelf.current_file())) {
    if (!arguments.first) {
      return report(Error{Errc::kNotFound, "there is no model to compare with",
                          shelf.current_file().string(), "say --first to begin with this one"});
    }
    use.why = "first";
  } else {
    const auto frozen = checked_frozen_set(arguments, shelf);
    if (!frozen) {
      return report(frozen.error());
    }
    const auto comparison = compare(arguments);
    if (!comparison) {
      return report(comparison.error());
    }
    fmt::print("{}\n", comparison->to_string());
    if (!comparison->clearly_better()) {
      return report(Error{Errc::kUnsupported,
                          "is not clearly better than the model in use, which stays",
                          arguments.candidate,
                          {}});
    }
    use = {.version = {},
           .at = {},
           .why = "offered",
           .measured = comparison->to_string(),
           .frozen_set = *frozen};
  }
  const auto used = shelf.put_into_use(arguments.candidate, use);
  if (!used) {
    return report(used.error());
  }
  fmt::print("in use: {}\nback with: stepcast models rollback\n", shelf.current_file().string());
  return kSuccess;
}

int run_rollback(const ModelArguments& arguments) {
  auto shelf = arguments.shelf();
  const auto used = shelf.roll_back();
  if (!used) {
    return report(used.error());
  }
  fmt::print("in use again: {}\n", used->version);
  return kSuccess;
}

CLI::App* add_one(CLI::App& group, const char* name, const char* summary,
                  const std::shared_ptr<ModelArguments>& arguments) {
  auto* command = group.add_subcommand(name, summary);
  arguments->folder = std::filesystem::path(model_path("detector.onnx")).parent_path().string();
  command->add_option("--models", arguments->folder, "Folder of the models")->capture_default_str();
  command->add_option("--kind", arguments->kind, "detector or classifier")
      ->check(CLI::IsMember({"detector", "classifier"}).description(""))
      ->capture_default_str();
  return command;
}

void add_comparison_options(CLI::App& command, ModelArguments& arguments) {
  command.add_option("candidate", arguments.candidate, "ONNX file of the new model")->required();
  add_dataset_option(command, arguments.file);
  command.add_option("--split", arguments.split, "Pictures that both models are asked")
      ->check(CLI::IsMember({"train", "val", "test", "none"}).description(""))
      ->capture_default_str();
}

}  // namespace

void add_models_command(CLI::App& app, int& status) {
  auto* group = app.add_subcommand("models", "Compare, exchange and take back models");
  group->require_subcommand(1);
  group->footer(
      "After training with new pictures:\n"
      "  stepcast models compare new.onnx -d frozen.json   is it better on pictures it never saw?\n"
      "  stepcast models offer new.onnx -d frozen.json     if it is, use it\n"
      "  stepcast models rollback                          back to the one before");
  auto list = std::make_shared<ModelArguments>();
  add_one(*group, "list", "Which model is in use, and which were before", list)
      ->callback([list, &status] { status = list_uses(*list); });

  auto comparing = std::make_shared<ModelArguments>();
  auto* compare_command =
      add_one(*group, "compare", "Ask the model in use and a new one the same pictures", comparing);
  add_comparison_options(*compare_command, *comparing);
  compare_command->callback([comparing, &status] { status = run_compare(*comparing); });

  auto offering = std::make_shared<ModelArguments>();
  auto* offer = add_one(*group, "offer", "Use a new model if it is clearly better", offering);
  add_comparison_options(*offer, *offering);
  offer->add_flag("--first", offering->first, "There is no model yet: begin with this one");
  offer->add_flag("--new-frozen-set", offering->new_frozen_set,
                  "The data set was changed on purpose since the last comparison");
  offer->footer(
      "Clearly better: on at least 95 of 100 resamples of the pictures. Otherwise the model in "
      "use\n"
      "stays and the exit status is 3. Programs load the new file when they start the next time.");
  offer->callback([offering, &status] { status = run_offer(*offering); });

  auto back = std::make_shared<ModelArguments>();
  add_one(*group, "rollback", "Back to the model that was in use before", back)
      ->callback([back, &status] { status = run_rollback(*back); });
}

}  // namespace stepcast::cli
