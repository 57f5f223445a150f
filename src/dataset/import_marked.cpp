#include <set>
#include <utility>

#include <fmt/format.h>

#include "stepcast/base/whole_file.hpp"

#include "folder_walk.hpp"
#include "labels.hpp"

namespace stepcast::dataset {
namespace {

namespace fs = std::filesystem;

/// "instances_train2017.json" tells the split as a folder of that name does.
Split split_of_file(const fs::path& file) {
  const auto stem = file.stem().string();
  for (const auto& [word, split] :
       {std::pair{"train", Split::kTrain}, std::pair{"val", Split::kValidation},
        std::pair{"test", Split::kTest}}) {
    if (stem.find(word) != std::string::npos) {
      return split;
    }
  }
  return split_of_path(file);
}

/// Adds one picture whose boxes name classes by index into data.classes.
Result<void> add_picture(const FolderWalk& walk, const ImportOptions& options,
                         const fs::path& picture, const std::string& label_file,
                         const std::optional<vision::PictureSize>& told,
                         const std::vector<RawBox>& raw, Imported& out) {
  auto item = picture_item(walk, picture, options);
  if (!item) {
    return tl::unexpected(item.error());
  }
  if (auto good = check_size(*item, told, label_file); !good) {
    return good;
  }
  auto fitted = fit_boxes(raw, {item->width, item->height},
                          fmt::format("{}: {}", label_file, item->path), options.cut_boxes);
  if (!fitted) {
    return tl::unexpected(fitted.error());
  }
  item->boxes = std::move(fitted->boxes);
  if (fitted->cut) {
    item->flags.emplace_back("cut");
  }
  out.data.items.push_back(std::move(*item));
  return {};
}

bool says_coco(const FolderWalk& walk, const fs::path& file) {
  const auto text = read_text(walk.root() / file);
  return text && text->find("\"annotations\"") != std::string::npos &&
         text->find("\"categories\"") != std::string::npos;
}

Result<void> import_coco_file(const FolderWalk& walk, const ImportOptions& options,
                              const fs::path& file, std::set<fs::path>& seen, Imported& out) {
  const auto name = (walk.root() / file).string();
  const auto text = read_text(name);
  if (!text) {
    return tl::unexpected(text.error());
  }
  auto coco = parse_coco(*text, name);
  if (!coco) {
    return tl::unexpected(coco.error());
  }
  std::vector<std::size_t> renumbered;
  for (const std::string& label : coco->classes) {
    renumbered.push_back(class_index(out.data, label));
  }
  std::size_t done = 0;
  for (CocoPicture& picture : coco->pictures) {
    if (options.progress) {
      options.progress(++done, coco->pictures.size());
    }
    const auto found = walk.find_picture(file.parent_path(), picture.file_name);
    if (!found) {
      return fail(found.error().code, found.error().message, name);
    }
    if (!seen.insert(*found).second) {
      return fail(Errc::kMalformed, fmt::format("'{}' has labels twice", found->string()), name);
    }
    for (RawBox& raw : picture.boxes) {
      raw.class_index = renumbered[raw.class_index];
    }
    if (auto good = add_picture(walk, options, *found, name, picture.size, picture.boxes, out);
        !good) {
      return good;
    }
    out.data.items.back().split = split_of_file(file);
  }
  return {};
}

}  // namespace

Result<void> import_coco(const FolderWalk& walk, const ImportOptions& options, Imported& out) {
  std::set<fs::path> seen;
  bool any = false;
  for (const fs::path& file : walk.with_ending(".json")) {
    if (!says_coco(walk, file)) {
      continue;
    }
    any = true;
    if (auto good = import_coco_file(walk, options, file, seen, out); !good) {
      return good;
    }
  }
  if (!any) {
    return fail(Errc::kNotFound, "there is no .json file with annotations and categories",
                walk.root().string());
  }
  if (seen.size() < walk.pictures().size()) {
    out.notes.push_back(fmt::format("{} pictures are in no annotation file and were left out",
                                    walk.pictures().size() - seen.size()));
  }
  return {};
}

Result<void> import_voc(const FolderWalk& walk, const ImportOptions& options, Imported& out) {
  const auto files = walk.with_ending(".xml");
  std::set<fs::path> seen;
  std::size_t done = 0;
  for (const fs::path& file : files) {
    if (options.progress) {
      options.progress(++done, files.size());
    }
    const auto name = (walk.root() / file).string();
    const auto text = read_text(name);
    if (!text) {
      return tl::unexpected(text.error());
    }
    auto voc = parse_voc(*text, name);
    if (!voc) {
      return tl::unexpected(voc.error());
    }
    // The file's own name is surer: exports rename pictures and forget <filename>.
    auto found = walk.find_picture(file.parent_path(), file.stem().string());
    if (!found) {
      found = walk.find_picture(file.parent_path(), voc->file_name);
    }
    if (!found) {
      return fail(found.error().code, found.error().message, name);
    }
    if (!seen.insert(*found).second) {
      return fail(Errc::kMalformed, fmt::format("'{}' has labels twice", found->string()), name);
    }
    for (RawBox& raw : voc->boxes) {
      raw.class_index = class_index(out.data, raw.class_name);
    }
    if (auto good = add_picture(walk, options, *found, name, voc->size, voc->boxes, out); !good) {
      return good;
    }
  }
  if (seen.size() < walk.pictures().size()) {
    out.notes.push_back(fmt::format("{} pictures have no .xml file and were left out",
                                    walk.pictures().size() - seen.size()));
  }
  return {};
}

Result<void> import_class_folders(const FolderWalk& walk, const ImportOptions& options,
                                  Imported& out) {
  std::size_t done = 0;
  std::size_t outside = 0;
  for (const fs::path& picture : walk.pictures()) {
    if (options.progress) {
      options.progress(++done, walk.pictures().size());
    }
    const auto folder = picture.parent_path().filename().string();
    const bool splits_only =
        !picture.has_parent_path() || (picture.parent_path() == picture.parent_path().filename() &&
                                       split_of_path(picture) != Split::kNone);
    if (splits_only) {
      ++outside;
      continue;
    }
    auto item = picture_item(walk, picture, options);
    if (!item) {
      return tl::unexpected(item.error());
    }
    item->picture_class = class_index(out.data, folder);
    out.data.items.push_back(std::move(*item));
  }
  if (outside > 0) {
    out.notes.push_back(
        fmt::format("{} pictures lie in no class folder and were left out", outside));
  }
  return {};
}

}  // namespace stepcast::dataset
