#include "stepcast/training/npz.hpp"

#include <bit>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

namespace stepcast::training {
namespace {

static_assert(std::endian::native == std::endian::little, "the values are stored in this order");

constexpr std::string_view kLocalHeader = "PK\x03\x04";
constexpr std::size_t kLocalHeaderBytes = 30;
constexpr std::string_view kNpyMagic = "\x93NUMPY";
/// Magic, two bytes of version, two of the header's length.
constexpr std::size_t kNpyPrefixBytes = 10;

std::uint32_t little(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8U | static_cast<std::uint8_t>(bytes[i]);
  }
  return value;
}

Result<std::vector<std::int64_t>> shape_of(std::string_view header) {
  const auto key = header.find("'shape':");
  const auto begin = header.find('(', key);
  const auto end = header.find(')', begin);
  if (key == std::string_view::npos || end == std::string_view::npos) {
    return fail(Errc::kMalformed, "has no shape");
  }
  std::vector<std::int64_t> shape;
  auto rest = header.substr(begin + 1, end - begin - 1);
  while (!rest.empty()) {
    const auto digits = rest.find_first_of("0123456789");
    if (digits == std::string_view::npos) {
      break;
    }
    std::int64_t extent = 0;
    const auto* last = rest.data() + rest.size();
    const auto [next, error] = std::from_chars(rest.data() + digits, last, extent);
    if (error != std::errc{}) {
      return fail(Errc::kMalformed, fmt::format("has the shape ({})", rest));
    }
    shape.push_back(extent);
    rest.remove_prefix(static_cast<std::size_t>(next - rest.data()));
  }
  return shape;
}

Result<Array> read_npy(std::string_view bytes) {
  if (bytes.size() < kNpyPrefixBytes || !bytes.starts_with(kNpyMagic)) {
    return fail(Errc::kMalformed, "is no .npy file");
  }
  const std::size_t header_bytes = little(bytes.substr(8, 2));
  if (bytes.size() < kNpyPrefixBytes + header_bytes) {
    return fail(Errc::kMalformed, "breaks off in its header");
  }
  const auto header = bytes.substr(kNpyPrefixBytes, header_bytes);
  if (header.find("'<f4'") == std::string_view::npos ||
      header.find("'fortran_order': False") == std::string_view::npos) {
    return fail(Errc::kUnsupported, "is not float32 in C order");
  }
  auto shape = shape_of(header);
  if (!shape) {
    return tl::unexpected(shape.error());
  }
  std::size_t count = 1;
  for (const auto extent : *shape) {
    count *= static_cast<std::size_t>(extent);
  }
  const auto body = bytes.substr(kNpyPrefixBytes + header_bytes);
  if (body.size() != count * sizeof(float)) {
    return fail(Errc::kMalformed,
                fmt::format("has {} bytes, its shape says {}", body.size(), count * sizeof(float)));
  }
  Array array{.shape = std::move(*shape), .values = std::vector<float>(count)};
  std::memcpy(array.values.data(), body.data(), body.size());
  return array;
}

}  // namespace

Result<NamedArrays> read_npz(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    return fail(Errc::kNotFound, "cannot be opened", path);
  }
  const std::string file((std::istreambuf_iterator<char>(stream)),
                         std::istreambuf_iterator<char>());
  const std::string_view bytes(file);
  NamedArrays arrays;
  for (std::size_t at = 0;
       bytes.size() >= at + kLocalHeaderBytes && bytes.substr(at).starts_with(kLocalHeader);) {
    const auto method = little(bytes.substr(at + 8, 2));
    const std::size_t size = little(bytes.substr(at + 18, 4));
    const std::size_t name_size = little(bytes.substr(at + 26, 2));
    const std::size_t extra = little(bytes.substr(at + 28, 2));
    const auto begin = at + kLocalHeaderBytes + name_size + extra;
    if (begin + size > bytes.size()) {
      return fail(Errc::kMalformed, "breaks off", path);
    }
    std::string name(bytes.substr(at + kLocalHeaderBytes, name_size));
    if (method != 0) {
      return fail(Errc::kUnsupported, fmt::format("{} is compressed", name), path,
                  "store it with numpy.savez, not savez_compressed");
    }
    auto array = read_npy(bytes.substr(begin, size));
    if (!array) {
      return fail(array.error().code, fmt::format("{} {}", name, array.error().message), path);
    }
    if (name.ends_with(".npy")) {
      name.resize(name.size() - 4);
    }
    arrays.emplace(std::move(name), std::move(*array));
    at = begin + size;
  }
  if (arrays.empty()) {
    return fail(Errc::kMalformed, "is no .npz file", path);
  }
  return arrays;
}

}  // namespace stepcast::training
