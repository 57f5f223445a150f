#include "stepcast/figures/png_file.hpp"

#include <string_view>
#include <system_error>

#include "stepcast/base/whole_file.hpp"

namespace stepcast::figures {

Result<void> write_png(const vision::Picture& picture, const std::filesystem::path& file) {
  const auto bytes = vision::encode_png(picture);
  return write_whole(file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Result<void> write_pngs(const NamedFigures& figures, const std::filesystem::path& folder) {
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  for (const auto& [name, picture] : figures) {
    if (auto written = write_png(picture, folder / name); !written) {
      return written;
    }
  }
  return {};
}

}  // namespace stepcast::figures
