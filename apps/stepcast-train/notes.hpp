#pragma once

#include <string>

#include "stepcast/base/whole_file.hpp"

namespace stepcast::cli {

/// The text of a file that ends a model's card: where the data are from and what they cannot
/// support, which only people know. Empty for no file. @returns as read_text()
[[nodiscard]] inline Result<std::string> read_notes(const std::string& file) {
  return file.empty() ? Result<std::string>(std::string()) : read_text(file);
}

}  // namespace stepcast::cli
