#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "stepcast/base/whole_file.hpp"

#include "folder_walk.hpp"
#include "labels.hpp"

namespace stepcast::dataset {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) {
      line.remove_suffix(1);
    }
    if (!line.empty()) {
      lines.emplace_back(line);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

Result<std::vector<std::string>> class_names(const FolderWalk& walk) {
  for (const char* name : {"data.yaml", "data.yml", "dataset.yaml"}) {
    if (walk.has(name)) {
      const auto text = read_text(walk.root() / name);
      return text ? parse_data_yaml(*text, (walk.root() / name).string())
                  : tl::unexpected(text.error());
    }
  }
  for (const char* name : {"classes.txt", "labels/classes.txt", "obj.names"}) {
    if (walk.has(name)) {
      const auto text = read_text(walk.root() / name);
      if (!text) {
        return tl::unexpected(text.error());
      }
      return lines_of(*text);
    }
  }
  return fail(Errc::kNotFound, "there is neither data.yaml nor classes.txt", walk.root().string(),
              "write classes.txt with the name of a class in each line");
}

/// train.txt, val.txt, test.txt beside the pictures: the split of each one that they name.
Result<std::map<fs::path, Split>> listed_splits(const FolderWalk& walk) {
  constexpr std::array<std::pair<const char*, Split>, 4> kLists = {
      {{"train.txt", Split::kTrain},
       {"val.txt", Split::kValidation},
       {"valid.txt", Split::kValidation},
       {"test.txt", Split::kTest}}};
  std::map<fs::path, Split> splits;
  for (const auto& [name, split] : kLists) {
    if (!walk.has(name)) {
      continue;
    }
    const auto file = (walk.root() / name).string();
    const auto text = read_text(file);
    if (!text) {
      return tl::unexpected(text.error());
    }
    std::size_t number = 0;
    for (const std::string& line : lines_of(*text)) {
      ++number;
      const auto picture = walk.find_picture({}, line);
      if (!picture) {
        return fail(picture.error().code, picture.error().message,
                    fmt::format("{}:{}", file, number));
      }
      if (!splits.emplace(*picture, split).second) {
        return fail(Errc::kMalformed, fmt::format("'{}' is listed twice", line),
                    fmt::format("{}:{}", file, number), "a picture belongs to one list");
      }
    }
  }
  return splits;
}

/// The text file of a picture: in `labels` where it is in `images`, or beside it.
std::optional<fs::path> label_file(const FolderWalk& walk, const fs::path& picture) {
  auto swapped = fs::path();
  for (const fs::path& part : picture) {
    swapped /= part == "images" ? fs::path("labels") : part;
  }
  for (fs::path candidate : {swapped, picture, "labels" / picture.filename()}) {
    candidate.replace_extension(".txt");
    if (walk.has(candidate)) {
      return candidate;
    }
  }
  return std::nullopt;
}

}  // namespace

Result<void> import_yolo(const FolderWalk& walk, const ImportOptions& options, Imported& out) {
  auto names = class_names(walk);
  if (!names) {
    return tl::unexpected(names.error());
  }
  out.data.classes = std::move(*names);
  const auto splits = listed_splits(walk);
  if (!splits) {
    return tl::unexpected(splits.error());
  }
  std::size_t without = 0;
  std::size_t done = 0;
  for (const fs::path& picture : walk.pictures()) {
    if (options.progress) {
      options.progress(++done, walk.pictures().size());
    }
    const auto labels = label_file(walk, picture);
    if (!labels) {
      ++without;
      continue;
    }
    auto item = picture_item(walk, picture, options);
    if (!item) {
      return tl::unexpected(item.error());
    }
    const auto file = (walk.root() / *labels).string();
    const auto text = read_text(file);
    if (!text) {
      return tl::unexpected(text.error());
    }
    const vision::PictureSize size{item->width, item->height};
    const auto raw = parse_yolo(*text, file, out.data.classes.size(), size);
    if (!raw) {
      return tl::unexpected(raw.error());
    }
    auto fitted = fit_boxes(*raw, size, file, options.cut_boxes);
    if (!fitted) {
      return tl::unexpected(fitted.error());
    }
    item->boxes = std::move(fitted->boxes);
    if (fitted->cut) {
      item->flags.emplace_back("cut");
    }
    if (!splits->empty()) {
      const auto split = splits->find(picture);
      item->split = split == splits->end() ? Split::kNone : split->second;
    }
    out.data.items.push_back(std::move(*item));
  }
  if (without > 0) {
    out.notes.push_back(fmt::format(
        "{} pictures have no label file and were left out; an empty one says there is nothing",
        without));
  }
  return {};
}

}  // namespace stepcast::dataset
