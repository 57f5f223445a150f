#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/vision/picture.hpp"

namespace stepcast::figures {

/// @returns kIo
[[nodiscard]] Result<void> write_png(const vision::Picture& picture,
                                     const std::filesystem::path& file);

/// Diagrams with the names of their files.
using NamedFigures = std::vector<std::pair<std::string, vision::Picture>>;

/// Into a folder, which is made where there is none. @returns kIo
[[nodiscard]] Result<void> write_pngs(const NamedFigures& figures,
                                      const std::filesystem::path& folder);

}  // namespace stepcast::figures
