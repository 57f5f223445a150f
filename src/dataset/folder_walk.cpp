#include "folder_walk.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "stepcast/base/whole_file.hpp"

namespace stepcast::dataset {

namespace fs = std::filesystem;

Result<FolderWalk> FolderWalk::of(const fs::path& folder) {
  std::error_code problem;
  if (!fs::is_directory(folder, problem)) {
    return fail(Errc::kNotFound, "is no folder", folder.string());
  }
  FolderWalk walk;
  walk.root_ = tidy(folder);
  auto at = fs::recursive_directory_iterator(walk.root_, problem);
  for (; !problem && at != fs::recursive_directory_iterator(); at.increment(problem)) {
    const bool hidden = at->path().filename().string().front() == '.';
    std::error_code unknown;
    if (at->is_directory(unknown)) {
      if (hidden) {
        at.disable_recursion_pending();
      }
    } else if (!hidden && at->is_regular_file(unknown)) {
      walk.files_.push_back(at->path().lexically_relative(walk.root_));
    }
  }
  if (problem) {
    return fail(Errc::kIo, fmt::format("cannot be read: {}", problem.message()), folder.string());
  }
  std::sort(walk.files_.begin(), walk.files_.end());
  for (const fs::path& file : walk.files_) {
    if (is_picture(file)) {
      walk.pictures_.push_back(file);
      walk.by_name_.emplace(file.filename().string(), file);
      walk.by_name_.emplace(file.stem().string(), file);
    }
  }
  return walk;
}

std::vector<fs::path> FolderWalk::with_ending(std::string_view ending) const {
  std::vector<fs::path> found;
  for (const fs::path& file : files_) {
    if (file.extension() == ending) {
      found.push_back(file);
    }
  }
  return found;
}

bool FolderWalk::has(const fs::path& relative) const {
  return std::binary_search(files_.begin(), files_.end(), relative);
}

Result<fs::path> FolderWalk::find_picture(const fs::path& from, const std::string& name) const {
  const auto beside = (from / name).lexically_normal();
  if (is_picture(beside) && has(beside)) {
    return beside;
  }
  const auto range = by_name_.equal_range(fs::path(name).filename().string());
  const auto count = std::distance(range.first, range.second);
  if (count == 0) {
    return fail(Errc::kNotFound, fmt::format("there is no picture '{}'", name), root_.string());
  }
  if (count == 1) {
    return range.first->second;
  }
  // Several: the one in the same branch, as `train/Annotations` and `train/JPEGImages` are.
  std::optional<fs::path> in_branch;
  for (auto at = range.first; at != range.second; ++at) {
    if (!from.empty() && *at->second.begin() == *from.begin()) {
      if (in_branch) {
        in_branch.reset();
        break;
      }
      in_branch = at->second;
    }
  }
  if (!in_branch) {
    return fail(Errc::kMalformed, fmt::format("{} pictures are called '{}'", count, name),
                root_.string());
  }
  return *in_branch;
}

Split split_of_path(const fs::path& relative) {
  for (const fs::path& part : relative.parent_path()) {
    std::string name = part.string();
    while (!name.empty() && name.back() >= '0' && name.back() <= '9') {
      name.pop_back();
    }
    if (name == "valid" || name == "validation") {
      return Split::kValidation;
    }
    if (const auto split = split_named(name); split && *split != Split::kNone) {
      return *split;
    }
  }
  return Split::kNone;
}

Result<Item> picture_item(const FolderWalk& walk, const fs::path& relative,
                          const ImportOptions& options) {
  const auto size = vision::read_picture_size((walk.root() / relative).string());
  if (!size) {
    return tl::unexpected(size.error());
  }
  Item item;
  item.path = relative.generic_string();
  item.width = size->width;
  item.height = size->height;
  item.source = options.source.empty() ? source_of(walk.root() / relative) : options.source;
  item.split = split_of_path(relative);
  return item;
}

Result<void> check_size(const Item& item, const std::optional<vision::PictureSize>& told,
                        const std::string& label_file) {
  if (told && (told->width != item.width || told->height != item.height)) {
    return fail(Errc::kOutOfRange,
                fmt::format("says {} x {} pixels of {}, which has {} x {}", told->width,
                            told->height, item.path, item.width, item.height),
                label_file, "boxes would lie elsewhere: mend the labels or the picture");
  }
  return {};
}

}  // namespace stepcast::dataset
