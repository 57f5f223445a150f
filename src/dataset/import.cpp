#include "stepcast/dataset/import.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "folder_walk.hpp"

namespace stepcast::dataset {
namespace {

constexpr std::array<std::string_view, 4> kFormats = {"yolo", "coco", "voc", "folders"};

Result<Format> format_of(const FolderWalk& walk) {
  if (walk.pictures().empty()) {
    return fail(Errc::kNotFound, "holds no picture (.jpg, .jpeg, .png, .webp)",
                walk.root().string());
  }
  const auto texts = walk.with_ending(".txt");
  const bool labels = std::any_of(texts.begin(), texts.end(), [](const auto& file) {
    return file.parent_path().string().find("labels") != std::string::npos;
  });
  if (labels || walk.has("classes.txt") || walk.has("data.yaml") || walk.has("obj.names")) {
    return Format::kYolo;
  }
  if (!walk.with_ending(".xml").empty()) {
    return Format::kVoc;
  }
  if (!walk.with_ending(".json").empty()) {
    return Format::kCoco;
  }
  const bool in_folders = std::any_of(walk.pictures().begin(), walk.pictures().end(),
                                      [](const auto& file) { return file.has_parent_path(); });
  if (in_folders) {
    return Format::kClassFolders;
  }
  return fail(Errc::kUnsupported,
              "has pictures but neither classes.txt, data.yaml, labels/, .xml, .json nor a folder "
              "for each class",
              walk.root().string());
}

}  // namespace

std::string_view name_of(Format format) {
  return kFormats[static_cast<std::size_t>(format)];
}

std::optional<Format> format_named(std::string_view name) {
  for (std::size_t i = 0; i < kFormats.size(); ++i) {
    if (kFormats[i] == name) {
      return static_cast<Format>(i);
    }
  }
  return std::nullopt;
}

Result<Format> detect_format(const std::filesystem::path& folder) {
  const auto walk = FolderWalk::of(folder);
  return walk ? format_of(*walk) : tl::unexpected(walk.error());
}

Result<Imported> import_folder(const std::filesystem::path& folder, const ImportOptions& options) {
  const auto walk = FolderWalk::of(folder);
  if (!walk) {
    return tl::unexpected(walk.error());
  }
  const auto format = options.format ? Result<Format>(*options.format) : format_of(*walk);
  if (!format) {
    return tl::unexpected(format.error());
  }
  Imported imported;
  imported.data.root = walk->root();
  imported.data.name = walk->root().filename().string();
  constexpr std::array kForms = {&import_yolo, &import_coco, &import_voc, &import_class_folders};
  if (auto good = kForms[static_cast<std::size_t>(*format)](*walk, options, imported); !good) {
    return tl::unexpected(good.error());
  }
  if (auto good = check(imported.data); !good) {
    return tl::unexpected(good.error());
  }
  if (imported.data.items.empty()) {
    return fail(Errc::kNotFound, fmt::format("holds no picture with {} labels", name_of(*format)),
                walk->root().string());
  }
  return imported;
}

}  // namespace stepcast::dataset
