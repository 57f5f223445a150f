#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "stepcast/dataset/export.hpp"
#include "stepcast/dataset/import.hpp"

#include "dataset_options.hpp"
#include "exit_status.hpp"
#include "terminal.hpp"

namespace stepcast::cli {
namespace {

struct ImportArguments {
  std::string file;
  std::vector<std::string> folders;
  std::string format;
  std::string source;
  std::string name;
  bool cut_boxes = false;
  bool add = false;
  bool replace = false;
};

Result<dataset::Dataset> joined(const ImportArguments& arguments) {
  dataset::ImportOptions options;
  options.source = arguments.source;
  options.cut_boxes = arguments.cut_boxes;
  options.progress = bar_of("pictures read");
  if (!arguments.format.empty()) {
    options.format = dataset::format_named(arguments.format);
  }
  dataset::Dataset data;
  const bool there = std::filesystem::exists(arguments.file);
  if (there && !arguments.replace) {
    if (!arguments.add) {
      return fail(Errc::kInvalidArgument, "is there already", arguments.file,
                  "say --add to add pictures to it, or --replace");
    }
    auto old = dataset::load(arguments.file);
    if (!old) {
      return old;
    }
    data = std::move(*old);
  }
  const Terminal terminal(stderr);
  for (const std::string& folder : arguments.folders) {
    auto imported = dataset::import_folder(folder, options);
    if (!imported) {
      return tl::unexpected(imported.error());
    }
    for (const std::string& note : imported->notes) {
      fmt::print(stderr, "{} {}: {}\n", terminal.warn("note:"), folder, note);
    }
    const auto read = imported->data.items.size();
    auto added = read;
    if (data.root.empty()) {
      data = std::move(imported->data);
    } else {
      added = dataset::merge(data, imported->data);
    }
    fmt::print("{}: {} pictures{}\n", folder, read,
               added == read ? "" : fmt::format(", {} of them new", added));
  }
  if (!arguments.name.empty()) {
    data.name = arguments.name;
  }
  return data;
}

int run_import(const ImportArguments& arguments) {
  const auto data = joined(arguments);
  if (!data) {
    return report(data.error());
  }
  if (auto saved = dataset::save(*data, arguments.file); !saved) {
    return report(saved.error());
  }
  fmt::print("{}: {} pictures, {} classes\n", arguments.file, data->items.size(),
             data->classes.size());
  return kSuccess;
}

struct ExportArguments {
  std::string file;
  std::string folder;
  std::string format = "yolo";
};

int run_export(const ExportArguments& arguments) {
  const auto data = dataset::load(arguments.file);
  if (!data) {
    return report(data.error());
  }
  const auto written = dataset::export_folder(*data, *dataset::format_named(arguments.format),
                                              arguments.folder, bar_of("pictures written"));
  if (!written) {
    return report(written.error());
  }
  fmt::print("{}: {} pictures\n", arguments.folder, *written);
  return kSuccess;
}

}  // namespace

void add_dataset_import(CLI::App& group, int& status) {
  auto* command = group.add_subcommand("import", "Read folders of pictures with labels");
  auto arguments = std::make_shared<ImportArguments>();
  add_dataset_option(*command, arguments->file);
  command->add_option("folders", arguments->folders, "Folders of pictures and labels")->required();
  command
      ->add_option("--format", arguments->format,
                   "yolo, coco, voc or folders (found out by the files when not given)")
      ->check(CLI::IsMember({"yolo", "coco", "voc", "folders"}).description(""));
  command->add_option("--source", arguments->source,
                      "Where all these pictures come from: a camera, a film (by name otherwise)");
  command->add_option("--name", arguments->name, "Name of the data set");
  command->add_flag("--cut-boxes", arguments->cut_boxes,
                    "Cut boxes that stick out of their pictures instead of refusing them");
  command->add_flag("--add", arguments->add, "Add to the data set that is there");
  command->add_flag("--replace", arguments->replace, "Forget the data set that is there");
  command->footer(
      "Reads YOLO (also Roboflow's and polygons), COCO, Pascal VOC, and a folder for each class.\n"
      "A wrong label stops it, with file, line and value; then nothing is written.\n"
      "Pictures stay where they are; the file holds their paths and labels.");
  command->callback([arguments, &status] { status = run_import(*arguments); });
}

void add_dataset_export(CLI::App& group, int& status) {
  auto* command = group.add_subcommand("export", "Write a data set for other programs");
  auto arguments = std::make_shared<ExportArguments>();
  add_dataset_option(*command, arguments->file);
  command->add_option("folder", arguments->folder, "A folder that does not exist yet")->required();
  command->add_option("--format", arguments->format, "yolo, coco or folders")
      ->check(CLI::IsMember({"yolo", "coco", "folders"}).description(""))
      ->capture_default_str();
  command->callback([arguments, &status] { status = run_export(*arguments); });
}

}  // namespace stepcast::cli
