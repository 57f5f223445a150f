#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/dataset/dataset.hpp"

namespace stepcast::dataset {

/// A box as a file has it, before it is known to lie in its picture.
struct RawBox {
  std::size_t class_index = 0;
  std::string class_name;  ///< Where the format names classes; else empty.
  vision::Box box;         ///< In pixels.
  std::size_t line = 0;    ///< Of the file, from 1; 0 where it has none.
};

/// YOLO rows: `class cx cy w h` or `class x1 y1 x2 y2 x3 y3 ...`, shares of the picture's sides. A
/// sixth number after a box, a confidence, is refused: that is a prediction, not a label.
/// @returns kMalformed and kOutOfRange with file, line and value
[[nodiscard]] Result<std::vector<RawBox>> parse_yolo(std::string_view text,
                                                     std::string_view file_name,
                                                     std::size_t class_count,
                                                     vision::PictureSize size);

/// One picture of a Pascal VOC file.
struct VocPicture {
  std::string file_name;  ///< As the file says; may be empty.
  std::optional<vision::PictureSize> size;
  std::vector<RawBox> boxes;
};
/// @returns kMalformed for what is no such XML
[[nodiscard]] Result<VocPicture> parse_voc(std::string_view text, std::string_view file_name);

/// A COCO file: pictures in their order, with the boxes of each.
struct CocoPicture {
  std::string file_name;
  std::optional<vision::PictureSize> size;
  std::vector<RawBox> boxes;
};
struct CocoFile {
  std::vector<std::string> classes;
  std::vector<CocoPicture> pictures;
};
/// Categories without boxes that others name as their parent (Roboflow writes one) are left out.
/// @returns kMalformed, kOutOfRange
[[nodiscard]] Result<CocoFile> parse_coco(std::string_view text, std::string_view file_name);

/// `names` of a data.yaml, as list or as map from number to name.
/// @returns kMalformed
[[nodiscard]] Result<std::vector<std::string>> parse_data_yaml(std::string_view text,
                                                               std::string_view file_name);

/// Puts boxes into a picture of that size. Up to a pixel of rounding is always allowed.
/// @param cut  what sticks out further is cut, what is then empty is left out; else it is an error
/// @returns the boxes and whether anything was cut; kOutOfRange with line, value and limit
struct FittedBoxes {
  std::vector<LabelledBox> boxes;
  bool cut = false;
};
[[nodiscard]] Result<FittedBoxes> fit_boxes(const std::vector<RawBox>& raw,
                                            vision::PictureSize size, std::string_view file_name,
                                            bool cut);

}  // namespace stepcast::dataset
