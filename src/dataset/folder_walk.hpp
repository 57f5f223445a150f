#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/dataset/dataset.hpp"
#include "stepcast/dataset/import.hpp"

namespace stepcast::dataset {

/// The files below a folder, sorted by path; hidden ones and links to folders are passed over.
class FolderWalk {
 public:
  /// @returns kNotFound, kIo
  [[nodiscard]] static Result<FolderWalk> of(const std::filesystem::path& folder);

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }
  /// Relative to the root.
  [[nodiscard]] const std::vector<std::filesystem::path>& pictures() const { return pictures_; }
  [[nodiscard]] std::vector<std::filesystem::path> with_ending(std::string_view ending) const;
  [[nodiscard]] bool has(const std::filesystem::path& relative) const;

  /// The picture that a label file in `from` calls `name`: there, or else the only one of that
  /// name (or stem, if `name` has no ending) anywhere below the root.
  /// @returns kNotFound, kMalformed when several could be meant
  [[nodiscard]] Result<std::filesystem::path> find_picture(const std::filesystem::path& from,
                                                           const std::string& name) const;

 private:
  std::filesystem::path root_;
  std::vector<std::filesystem::path> files_;
  std::vector<std::filesystem::path> pictures_;
  std::multimap<std::string, std::filesystem::path> by_name_;  // and by stem
};

/// By the folders of a path: "train", "valid", "val", "test", also "train2017".
[[nodiscard]] Split split_of_path(const std::filesystem::path& relative);

/// An item for a picture, with its size and source but no labels.
[[nodiscard]] Result<Item> picture_item(const FolderWalk& walk,
                                        const std::filesystem::path& relative,
                                        const ImportOptions& options);

/// The size that a label file tells must be that of the picture.
[[nodiscard]] Result<void> check_size(const Item& item,
                                      const std::optional<vision::PictureSize>& told,
                                      const std::string& label_file);

// One function a form; each fills data and notes whole or fails.
[[nodiscard]] Result<void> import_yolo(const FolderWalk& walk, const ImportOptions& options,
                                       Imported& out);
[[nodiscard]] Result<void> import_coco(const FolderWalk& walk, const ImportOptions& options,
                                       Imported& out);
[[nodiscard]] Result<void> import_voc(const FolderWalk& walk, const ImportOptions& options,
                                      Imported& out);
[[nodiscard]] Result<void> import_class_folders(const FolderWalk& walk,
                                                const ImportOptions& options, Imported& out);

}  // namespace stepcast::dataset
