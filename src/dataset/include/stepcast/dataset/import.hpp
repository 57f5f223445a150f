#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/dataset/dataset.hpp"

namespace stepcast::dataset {

/// How a folder of pictures tells what they show.
enum class Format : std::uint8_t {
  kYolo,          ///< A text file a picture; classes.txt or data.yaml; lists or split folders.
  kCoco,          ///< One JSON file for many pictures.
  kVoc,           ///< An XML file a picture.
  kClassFolders,  ///< A folder a class, maybe inside split folders.
};
[[nodiscard]] std::string_view name_of(Format format);  ///< "yolo", "coco", "voc", "folders"
[[nodiscard]] std::optional<Format> format_named(std::string_view name);

/// Looks at the files of a folder. @returns kNotFound, or kUnsupported naming what was looked for.
[[nodiscard]] Result<Format> detect_format(const std::filesystem::path& folder);

struct ImportOptions {
  std::optional<Format> format;  ///< Found out when absent.
  std::string source;            ///< Of all pictures; empty: source_of() of each.
  /// What sticks out of its picture, or is empty, is an error; with this it is cut to the picture
  /// or left out, and the item is flagged "cut".
  bool cut_boxes = false;
  Progress progress;
};

/// Reads a whole folder or nothing. Polygons become their bounding boxes; a YOLO text file that is
/// empty says that there is nothing to see; pictures without a label file are left out and named
/// in `notes`.
struct Imported {
  Dataset data;
  std::vector<std::string> notes;  ///< For the user: what was left out or cut, and why.
};
[[nodiscard]] Result<Imported> import_folder(const std::filesystem::path& folder,
                                             const ImportOptions& options = {});

/// The set, film or camera of a picture by its name: without Roboflow's suffix, ending and number;
/// the folder's name when nothing is left. "prottos_000123.jpg" is of "prottos",
/// "IMG-12_jpg.rf.0123abcd.jpg" of "IMG".
[[nodiscard]] std::string source_of(const std::filesystem::path& path);

/// A file of pictures: .jpg, .jpeg, .png, .webp, in any case.
[[nodiscard]] bool is_picture(const std::filesystem::path& path);

}  // namespace stepcast::dataset
