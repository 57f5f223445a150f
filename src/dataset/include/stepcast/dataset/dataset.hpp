#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/vision/picture.hpp"

namespace stepcast::dataset {

/// What a picture is for.
enum class Split : std::uint8_t { kNone, kTrain, kValidation, kTest };

[[nodiscard]] std::string_view name_of(Split split);  ///< "none", "train", "val", "test"
/// @returns nullopt for what is none of those names
[[nodiscard]] std::optional<Split> split_named(std::string_view name);

/// A marked thing in a picture.
struct LabelledBox {
  std::size_t class_index = 0;  ///< Into Dataset::classes.
  vision::Box box;              ///< In pixels, inside the picture.
};

struct Item {
  std::string path;  ///< With '/', relative to Dataset::root.
  int width = 0;     ///< Upright, in pixels.
  int height = 0;
  std::string source;  ///< The set, film or camera it comes from; pictures of one may be alike.
  /// What was marked; empty: somebody looked and there is nothing. nullopt: nobody drew boxes.
  std::optional<std::vector<LabelledBox>> boxes{};
  std::optional<std::size_t> picture_class{};  ///< Of the whole picture.
  Split split = Split::kNone;
  std::vector<std::string> flags{};  ///< What a person or a check noted: "duplicate", "wrong".
};

/// Pictures and their labels. The file holds labels and paths only; pictures stay where they are.
struct Dataset {
  std::string name;
  std::filesystem::path root;  ///< Absolute; Item::path starts here.
  std::vector<std::string> classes;
  std::vector<Item> items;
};

/// Where the picture of an item lies.
[[nodiscard]] std::filesystem::path picture_path(const Dataset& data, const Item& item);

/// Indices of the items of a split, in order.
[[nodiscard]] std::vector<std::size_t> items_of(const Dataset& data, Split split);

/// The index of a class name; added at the end when it is new.
[[nodiscard]] std::size_t class_index(Dataset& data, std::string_view name);

/// Rules that every data set keeps: class indices exist, boxes lie in their pictures and are not
/// empty, paths are relative and differ.
[[nodiscard]] Result<void> check(const Dataset& data);

/// One JSON file, one line a picture, made to be read and compared by people. `root` is stored
/// relative to the file's folder where that is possible. Written beside the file and renamed: it is
/// there whole or not at all.
/// @returns kIo
[[nodiscard]] Result<void> save(const Dataset& data, const std::filesystem::path& file);

/// @returns kNotFound, kIo, kMalformed, kOutOfRange (check())
[[nodiscard]] Result<Dataset> load(const std::filesystem::path& file);

/// The same from text; `folder` is where a relative root starts.
[[nodiscard]] Result<Dataset> parse(std::string_view text, const std::filesystem::path& folder,
                                    std::string_view file_name);
[[nodiscard]] std::string to_text(const Dataset& data, const std::filesystem::path& folder);

/// Adds the items of `more`; classes are joined by name, paths become relative to data.root.
/// Items that data has already, by the file they name, are left as they are.
/// @returns how many were added
std::size_t merge(Dataset& data, const Dataset& more);

/// Told how far a long reading is: `done` of `total` pictures. May be empty.
using Progress = std::function<void(std::size_t done, std::size_t total)>;

}  // namespace stepcast::dataset
