#include "file_bytes.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

namespace stepcast::vision {

Result<std::vector<std::byte>> read_bytes(const std::string& path) {
  constexpr std::streamsize kReadAtOnce = 1 << 18;  // most pictures whole
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    return fail(errno == ENOENT ? Errc::kNotFound : Errc::kIo,
                fmt::format("cannot be opened: {}", std::strerror(errno)), path);
  }
  std::vector<std::byte> bytes;
  std::vector<char> piece(kReadAtOnce);
  while (stream.read(piece.data(), kReadAtOnce) || stream.gcount() > 0) {
    const auto* const first = reinterpret_cast<const std::byte*>(piece.data());
    bytes.insert(bytes.end(), first, first + stream.gcount());
  }
  if (stream.bad()) {
    return fail(Errc::kIo, "cannot be read", path);
  }
  return bytes;
}

}  // namespace stepcast::vision
