#include <memory>
#include <numeric>

#include <fmt/format.h>

#include "stepcast/dataset/contact_sheet.hpp"
#include "stepcast/dataset/statistics.hpp"
#include "stepcast/figures/png_file.hpp"

#include "dataset_options.hpp"
#include "exit_status.hpp"

namespace stepcast::cli {
namespace {

struct InfoArguments {
  std::string file;
  std::string plot;
};

int run_info(const InfoArguments& arguments) {
  const auto data = dataset::load(arguments.file);
  if (!data) {
    return report(data.error());
  }
  const auto statistics = dataset::statistics(*data);
  fmt::print("{}", dataset::table(statistics));
  if (!arguments.plot.empty()) {
    const auto written = figures::write_png(
        figures::draw(dataset::class_bars(statistics, data->name)), arguments.plot);
    if (!written) {
      return report(written.error());
    }
  }
  return kSuccess;
}

struct SheetArguments {
  std::string file;
  std::string picture;
  std::string split;
  std::string label;
  std::size_t count = 36;
  int columns = 6;
  std::uint64_t seed = 1;
};

bool shows(const dataset::Item& item, std::size_t label) {
  if (item.picture_class == label) {
    return true;
  }
  for (const auto& marked : item.boxes.value_or(std::vector<dataset::LabelledBox>{})) {
    if (marked.class_index == label) {
      return true;
    }
  }
  return false;
}

Result<std::vector<std::size_t>> wanted_items(const dataset::Dataset& data,
                                              const SheetArguments& arguments) {
  std::vector<std::size_t> wanted(data.items.size());
  std::iota(wanted.begin(), wanted.end(), std::size_t{0});
  if (!arguments.split.empty()) {
    wanted = dataset::items_of(data, *dataset::split_named(arguments.split));
  }
  if (!arguments.label.empty()) {
    const auto found = std::find(data.classes.begin(), data.classes.end(), arguments.label);
    if (found == data.classes.end()) {
      return fail(Errc::kNotFound, fmt::format("there is no class '{}'", arguments.label),
                  arguments.file, fmt::format("one of: {}", fmt::join(data.classes, ", ")));
    }
    const auto label = static_cast<std::size_t>(found - data.classes.begin());
    std::erase_if(wanted, [&](std::size_t i) { return !shows(data.items[i], label); });
  }
  if (wanted.empty()) {
    return fail(Errc::kNotFound, "has no such picture", arguments.file);
  }
  return wanted;
}

int run_sheet(const SheetArguments& arguments) {
  const auto data = dataset::load(arguments.file);
  if (!data) {
    return report(data.error());
  }
  const auto wanted = wanted_items(*data, arguments);
  if (!wanted) {
    return report(wanted.error());
  }
  const auto cells = dataset::varied_cells(*data, *wanted, arguments.count, arguments.seed);
  const auto sheet = dataset::contact_sheet(
      *data, cells,
      {.title = data->name + (arguments.label.empty() ? "" : ": " + arguments.label) +
                (arguments.split.empty() ? "" : " (" + arguments.split + ")"),
       .subtitle = fmt::format("{} of {} pictures", cells.size(), wanted->size()),
       .columns = arguments.columns},
      bar_of("pictures drawn"));
  if (!sheet) {
    return report(sheet.error());
  }
  const auto written = figures::write_png(*sheet, arguments.picture);
  return written ? static_cast<int>(kSuccess) : report(written.error());
}

}  // namespace

void add_dataset_views(CLI::App& group, int& status) {
  auto* info = group.add_subcommand("info", "Count classes, boxes and sources");
  auto info_arguments = std::make_shared<InfoArguments>();
  add_dataset_option(*info, info_arguments->file);
  info->add_option("--plot", info_arguments->plot, "Draw the classes into this PNG file");
  info->footer(
      "median, least: share of the picture that a box covers. centre: mean place of the boxes, 0\n"
      "to 1. at edge: boxes that touch the edge of their picture.");
  info->callback([info_arguments, &status] { status = run_info(*info_arguments); });

  auto* sheet = group.add_subcommand("sheet", "Draw pictures with their labels into one PNG file");
  auto arguments = std::make_shared<SheetArguments>();
  add_dataset_option(*sheet, arguments->file);
  sheet->add_option("picture", arguments->picture, "PNG file to write")->required();
  sheet->add_option("--split", arguments->split, "Only train, val, test or none")
      ->check(CLI::IsMember({"train", "val", "test", "none"}).description(""));
  sheet->add_option("--class", arguments->label, "Only pictures that show this class");
  sheet->add_option("--count", arguments->count, "So many pictures")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  sheet->add_option("--columns", arguments->columns, "Pictures in a row")
      ->check(CLI::Range(1, 20))
      ->capture_default_str();
  sheet->add_option("--seed", arguments->seed, "Another number shows other pictures")
      ->capture_default_str();
  sheet->callback([arguments, &status] { status = run_sheet(*arguments); });
}

}  // namespace stepcast::cli
