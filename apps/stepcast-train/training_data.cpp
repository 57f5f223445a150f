#include "training_data.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "stepcast/dataset/import.hpp"

namespace stepcast::cli {

namespace {

/// What lies beside a picture to tell where its object is: `frame_mask.png`.
bool is_mask(const std::filesystem::path& path) {
  constexpr std::string_view kEnd = "_mask";
  const auto stem = path.stem().string();
  return stem.size() >= kEnd.size() &&
         stem.compare(stem.size() - kEnd.size(), kEnd.size(), kEnd) == 0;
}

Result<dataset::Dataset> read_one(const std::string& path) {
  if (!std::filesystem::is_directory(path)) {
    return dataset::load(path);
  }
  auto imported = dataset::import_folder(path);
  if (!imported) {
    return tl::unexpected(imported.error());
  }
  return std::move(imported->data);
}

}  // namespace

Result<dataset::Dataset> read_training_data(const std::vector<std::string>& paths) {
  auto data = read_one(paths.front());
  for (std::size_t i = 1; data && i < paths.size(); ++i) {
    const auto more = read_one(paths[i]);
    if (!more) {
      return more;
    }
    dataset::merge(*data, *more);
  }
  return data;
}

std::vector<training::LabelledPicture> marked_pictures(const dataset::Dataset& data,
                                                       dataset::Split split) {
  std::vector<training::LabelledPicture> pictures;
  for (const auto index : dataset::items_of(data, split)) {
    const auto& item = data.items[index];
    if (!item.boxes) {
      continue;
    }
    training::LabelledPicture picture{dataset::picture_path(data, item).string(), {}};
    for (const auto& box : *item.boxes) {
      picture.marks.push_back({static_cast<int>(box.class_index), box.box});
    }
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

Result<std::vector<std::string>> pictures_in(const std::vector<std::string>& paths) {
  namespace fs = std::filesystem;
  std::vector<std::string> pictures;
  for (const auto& path : paths) {
    std::error_code error;
    if (fs::is_regular_file(path, error)) {
      pictures.push_back(path);
      continue;
    }
    if (!fs::is_directory(path, error)) {
      return fail(Errc::kNotFound, "is no picture and no folder", path);
    }
    const auto before = pictures.size();
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file() && dataset::is_picture(entry.path()) && !is_mask(entry.path())) {
        pictures.push_back(entry.path().string());
      }
    }
    if (pictures.size() == before) {
      return fail(Errc::kNotFound, "holds no pictures", path);
    }
  }
  std::sort(pictures.begin(), pictures.end());
  return pictures;
}

}  // namespace stepcast::cli
