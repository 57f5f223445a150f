#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/dataset/dataset.hpp"

namespace stepcast::dataset {

/// What a person says of a picture that a model has judged.
enum class Verdict : std::uint8_t {
  kRight,   ///< The model saw what is there; the boxes are its own.
  kWrong,   ///< There is nothing to see.
  kMissed,  ///< There is something that the model did not see.
};
[[nodiscard]] std::string_view name_of(Verdict verdict);  ///< "right", "wrong", "missed"
[[nodiscard]] std::optional<Verdict> verdict_named(std::string_view name);

struct MarkedBox {
  std::string class_name;
  std::optional<vision::Box> box;  ///< Absent: somewhere in the picture.
};

/// One line of a file of marks.
struct Mark {
  std::string image;  ///< Path of the picture, absolute.
  Verdict verdict = Verdict::kWrong;
  std::vector<MarkedBox> boxes;  ///< None for kWrong.
  std::string source;            ///< Camera or film; may be empty.
};

/// JSON lines: {"image", "verdict", "boxes": [{"class", "x", "y", "w", "h"}], "source"}.
/// @returns kMalformed with file and line
[[nodiscard]] Result<std::vector<Mark>> parse_marks(std::string_view text,
                                                    std::string_view file_name);
/// With its line end.
[[nodiscard]] std::string to_line(const Mark& mark);

struct Collected {
  std::size_t added = 0;
  std::size_t changed = 0;  ///< Pictures that were there already and have new labels.
  std::vector<std::string> notes;
};

/// Turns marks into labelled pictures of `data`. Pictures are copied into `folder` under the hash
/// of their content, since cameras throw frames away; the same picture is never there twice. Of a
/// picture with several marks the last verdict counts; `missed` boxes add up. A mark without a box
/// gives the picture a class, no boxes. Pictures for validation and tests keep their labels: what
/// is asked in the end must not change by learning.
/// @returns kNotFound for a picture that is gone, kOutOfRange for a box outside; then nothing is
/// changed in `data`
[[nodiscard]] Result<Collected> collect(Dataset& data, const std::vector<Mark>& marks,
                                        const std::filesystem::path& folder);

}  // namespace stepcast::dataset
