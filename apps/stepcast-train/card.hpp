#pragma once

#include <filesystem>
#include <string>

#include "stepcast/base/result.hpp"
#include "stepcast/figures/png_file.hpp"

namespace stepcast::cli {

/// Writes the card of a model beside it, `NAME.md`, and its diagrams into the folder `NAME`; the
/// card shows them at its end. @returns kIo
[[nodiscard]] Result<void> write_card(const std::filesystem::path& model, std::string text,
                                      const figures::NamedFigures& diagrams);

}  // namespace stepcast::cli
