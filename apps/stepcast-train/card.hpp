#pragma once

#include <filesystem>
#include <string>

#include "stepcast/base/result.hpp"
#include "stepcast/figures/png_file.hpp"

namespace stepcast::cli {

/// Writes the card of a model beside it, `NAME.md`, and its diagrams into the folder `NAME`.
/// @param text what the program knows @param notes read_notes()
/// @returns kIo
[[nodiscard]] Result<void> write_card(const std::filesystem::path& model, const std::string& text,
                                      const std::string& notes,
                                      const figures::NamedFigures& diagrams);

}  // namespace stepcast::cli
