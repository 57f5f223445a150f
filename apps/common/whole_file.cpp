#include "whole_file.hpp"

#include <fstream>

namespace stepcast::cli {

Result<void> write_whole_file(const std::filesystem::path& path, std::string_view text) {
  const std::filesystem::path half = path.string() + ".part";
  std::ofstream stream(half, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.close();
  std::error_code trouble;
  if (stream) {
    std::filesystem::rename(half, path, trouble);
  }
  if (!stream || trouble) {
    return fail(Errc::kIo, "cannot be written", path.string());
  }
  return {};
}

}  // namespace stepcast::cli
