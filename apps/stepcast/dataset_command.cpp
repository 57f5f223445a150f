#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "command.hpp"
#include "dataset_options.hpp"
#include "exit_status.hpp"
#include "progress_bar.hpp"
#include "terminal.hpp"

namespace stepcast::cli {

void add_dataset_option(CLI::App& command, std::string& file) {
  file = "dataset.json";
  command.add_option("-d,--dataset", file, "File of the data set")->capture_default_str();
}

dataset::Progress bar_of(const std::string& what) {
  const auto terminal = std::make_shared<Terminal>(stderr);
  if (!terminal->interactive()) {
    return {};
  }
  return [terminal, what, shown = std::size_t{1001}](std::size_t done, std::size_t total) mutable {
    constexpr std::size_t kSteps = 1000;  // no more lines than anybody can see
    const auto step = total == 0 ? kSteps : done * kSteps / total;
    if (step == shown && done != total) {
      return;
    }
    shown = step;
    const double share = total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
    fmt::print(stderr, "\r{} {} of {} {}\033[K", progress_bar(share), done, total, what);
    if (done == total) {
      fmt::print(stderr, "\r\033[K");
    }
    std::fflush(stderr);
  };
}

void add_dataset_command(CLI::App& app, int& status) {
  auto* group = app.add_subcommand("dataset", "Gather, check, split and judge labelled pictures");
  group->require_subcommand(1);
  group->footer(
      "From pictures to figures:\n"
      "  stepcast dataset import ~/roboflow-export      labels of any usual kind into "
      "dataset.json\n"
      "  stepcast dataset dedup --sheet pairs.png       which pictures are nearly the same?\n"
      "  stepcast dataset split                         training and validation, fairly\n"
      "  stepcast dataset info --plot classes.png       what is in it?\n"
      "  stepcast dataset sheet sheet.png               look at it\n"
      "  stepcast detect --json IMAGE... > said.jsonl\n"
      "  stepcast dataset evaluate said.jsonl           how good is that model?\n"
      "  stepcast dataset mark frame.jpg --wrong        it was mistaken\n"
      "  stepcast dataset collect                       learn from that");
  add_dataset_import(*group, status);
  add_dataset_views(*group, status);
  add_dataset_fairness(*group, status);
  add_dataset_collect(*group, status);
  add_dataset_export(*group, status);
  add_dataset_evaluate(*group, status);
}

}  // namespace stepcast::cli
