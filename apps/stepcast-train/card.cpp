#include "card.hpp"

#include <fmt/format.h>

#include "stepcast/base/whole_file.hpp"

namespace stepcast::cli {

Result<void> write_card(const std::filesystem::path& model, std::string text,
                        const figures::NamedFigures& diagrams) {
  const auto folder = std::filesystem::path(model).replace_extension();
  if (auto written = figures::write_pngs(diagrams, folder); !written) {
    return written;
  }
  text += "\n## Diagrams\n";
  for (const auto& [name, picture] : diagrams) {
    text += fmt::format("\n![{0}]({1}/{0})\n", name, folder.filename().string());
  }
  return write_whole(std::filesystem::path(model).replace_extension(".md"), text);
}

}  // namespace stepcast::cli
