#include "stepcast/dataset/export.hpp"

#include <map>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stepcast/base/whole_file.hpp"

namespace stepcast::dataset {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// "valid" as Roboflow and most trainers call it; pictures without a split are for training.
std::string split_folder(Split split) {
  switch (split) {
    case Split::kValidation:
      return "valid";
    case Split::kTest:
      return "test";
    case Split::kNone:
    case Split::kTrain:
      break;
  }
  return "train";
}

class Exporter {
 public:
  Exporter(const Dataset& data, Format format, fs::path folder)
      : data_(data), format_(format), folder_(std::move(folder)) {}

  Result<std::size_t> run(const Progress& progress) {
    std::size_t done = 0;
    for (const Item& item : data_.items) {
      const bool wanted = format_ == Format::kClassFolders ? item.picture_class.has_value()
                                                           : item.boxes.has_value();
      if (wanted) {
        if (auto good = write(item); !good) {
          return tl::unexpected(good.error());
        }
        ++written_;
      }
      if (progress) {
        progress(++done, data_.items.size());
      }
    }
    if (auto good = finish(); !good) {
      return tl::unexpected(good.error());
    }
    return written_;
  }

 private:
  /// Numbered, so that pictures of two folders with one name do not meet.
  [[nodiscard]] std::string name_for(const Item& item) const {
    const fs::path path(item.path);
    return fmt::format("{}_{:06}{}", path.stem().string(), written_ + 1, path.extension().string());
  }

  Result<void> copy(const Item& item, const fs::path& to) const {
    std::error_code problem;
    fs::create_directories(to.parent_path(), problem);
    if (!problem) {
      fs::copy_file(picture_path(data_, item), to, problem);
    }
    if (problem) {
      return fail(Errc::kIo, fmt::format("cannot be copied: {}", problem.message()), item.path);
    }
    return {};
  }

  Result<void> write(const Item& item) {
    const auto split = folder_ / split_folder(item.split);
    const auto name = name_for(item);
    if (format_ == Format::kClassFolders) {
      return copy(item, split / data_.classes[*item.picture_class] / name);
    }
    if (format_ == Format::kCoco) {
      add_to_coco(item, name);
      return copy(item, split / name);
    }
    if (auto good = copy(item, split / "images" / name); !good) {
      return good;
    }
    std::error_code problem;
    fs::create_directories(split / "labels", problem);
    std::string rows;
    for (const LabelledBox& marked : *item.boxes) {
      const vision::Box& box = marked.box;
      rows +=
          fmt::format("{} {:.6f} {:.6f} {:.6f} {:.6f}\n", marked.class_index,
                      (box.x + box.width / 2) / item.width, (box.y + box.height / 2) / item.height,
                      box.width / item.width, box.height / item.height);
    }
    auto file = split / "labels" / name;
    return write_whole(file.replace_extension(".txt"), rows);
  }

  void add_to_coco(const Item& item, const std::string& name) {
    Json& file = coco_[split_folder(item.split)];
    const auto id = file["images"].size() + 1;
    file["images"].push_back(
        {{"id", id}, {"file_name", name}, {"width", item.width}, {"height", item.height}});
    if (!file.contains("annotations")) {
      file["annotations"] = Json::array();
    }
    for (const LabelledBox& marked : *item.boxes) {
      const vision::Box& box = marked.box;
      file["annotations"].push_back({{"id", file["annotations"].size() + 1},
                                     {"image_id", id},
                                     {"category_id", marked.class_index + 1},
                                     {"bbox", {box.x, box.y, box.width, box.height}},
                                     {"area", box.width * box.height},
                                     {"iscrowd", 0}});
    }
  }

  Result<void> finish() {
    for (auto& [split, file] : coco_) {
      for (std::size_t c = 0; c < data_.classes.size(); ++c) {
        file["categories"].push_back({{"id", c + 1}, {"name", data_.classes[c]}});
      }
      const auto text = file.dump(1, ' ', false, Json::error_handler_t::replace);
      if (auto good = write_whole(folder_ / split / "_annotations.coco.json", text); !good) {
        return good;
      }
    }
    if (format_ != Format::kYolo) {
      return {};
    }
    std::string yaml = "train: train/images\nval: valid/images\ntest: test/images\n";
    yaml += fmt::format("nc: {}\nnames:\n", data_.classes.size());
    for (std::size_t c = 0; c < data_.classes.size(); ++c) {
      yaml += fmt::format("  {}: {}\n", c, Json(data_.classes[c]).dump());
    }
    return write_whole(folder_ / "data.yaml", yaml);
  }

  const Dataset& data_;
  Format format_;
  fs::path folder_;
  std::size_t written_ = 0;
  std::map<std::string, Json> coco_;
};

}  // namespace

Result<std::size_t> export_folder(const Dataset& data, Format format, const fs::path& folder,
                                  const Progress& progress) {
  if (format == Format::kVoc) {
    return fail(Errc::kUnsupported, "VOC files are read, not written", {}, "use coco or yolo");
  }
  std::error_code problem;
  if (fs::exists(folder, problem)) {
    return fail(Errc::kInvalidArgument, "is there already", folder.string(),
                "name a folder that does not exist");
  }
  auto fresh = tidy(folder);
  const auto target = fresh;
  fresh += ".new";
  fs::remove_all(fresh, problem);
  fs::create_directories(fresh, problem);
  auto written = problem ? fail(Errc::kIo, fmt::format("cannot be made: {}", problem.message()),
                                fresh.string())
                         : Exporter(data, format, fresh).run(progress);
  if (written) {
    fs::rename(fresh, target, problem);
    if (problem) {
      written =
          fail(Errc::kIo, fmt::format("cannot be renamed: {}", problem.message()), target.string());
    }
  }
  if (!written) {
    fs::remove_all(fresh, problem);
  }
  return written;
}

}  // namespace stepcast::dataset
