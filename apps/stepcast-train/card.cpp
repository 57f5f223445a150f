#include "card.hpp"

#include <fmt/format.h>

#include "stepcast/base/whole_file.hpp"

namespace stepcast::cli {

Result<void> write_card(const std::filesystem::path& model, const std::string& text,
                        const std::string& notes, const figures::NamedFigures& diagrams) {
  const auto folder = std::filesystem::path(model).replace_extension();
  if (auto written = figures::write_pngs(diagrams, folder); !written) {
    return written;
  }
  std::string card = text + '\n' + notes + (notes.empty() ? "## Diagrams\n" : "\n## Diagrams\n");
  for (const auto& [name, picture] : diagrams) {
    card += fmt::format("\n![{0}]({1}/{0})\n", name, folder.filename().string());
  }
  return write_whole(std::filesystem::path(model).replace_extension(".md"), card);
}

}  // namespace stepcast::cli
