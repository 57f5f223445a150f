#include "protobuf_reader.hpp"

namespace stepcast::vision {
namespace {

// Kinds of a field, the lower three bits of its tag (protobuf.dev, "Encoding").
constexpr std::uint64_t kVarint = 0;
constexpr std::uint64_t kEightBytes = 1;
constexpr std::uint64_t kCounted = 2;
constexpr std::uint64_t kFourBytes = 5;
constexpr unsigned kKindBits = 3;

}  // namespace

std::optional<std::uint64_t> ProtobufReader::varint() {
  constexpr unsigned kMostBits = 64;
  constexpr std::uint64_t kMore = 0x80;
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < kMostBits && !rest_.empty(); shift += 7) {
    const auto byte = std::to_integer<std::uint64_t>(rest_.front());
    rest_ = rest_.subspan(1);
    value |= (byte & ~kMore) << shift;
    if ((byte & kMore) == 0) {
      return value;
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ProtobufReader::fixed(std::size_t bytes) {
  if (rest_.size() < bytes) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  for (std::size_t i = bytes; i-- > 0;) {
    value = value << 8U | std::to_integer<std::uint64_t>(rest_[i]);
  }
  rest_ = rest_.subspan(bytes);
  return value;
}

std::optional<std::uint64_t> ProtobufReader::next_packed() {
  if (broken_ || rest_.empty()) {
    return std::nullopt;
  }
  const auto number = varint();
  broken_ = !number;
  return number;
}

std::optional<ProtobufField> ProtobufReader::next() {
  if (broken_ || rest_.empty()) {
    return std::nullopt;
  }
  const auto all = rest_;
  broken_ = true;  // until the field is whole
  const auto tag = varint();
  constexpr std::uint64_t kLargestNumber = (1U << 29U) - 1;
  if (!tag || *tag >> kKindBits == 0 || *tag >> kKindBits > kLargestNumber) {
    return std::nullopt;
  }
  ProtobufField field{.number = static_cast<std::uint32_t>(*tag >> kKindBits),
                      .value = 0,
                      .bytes = {},
                      .record = {}};
  const std::uint64_t kind = *tag & ((1U << kKindBits) - 1);
  std::optional<std::uint64_t> value;
  if (kind == kVarint || kind == kCounted) {
    value = varint();
  } else if (kind == kEightBytes || kind == kFourBytes) {
    value = fixed(kind == kEightBytes ? 8 : 4);
  }
  if (!value || (kind == kCounted && *value > rest_.size())) {
    return std::nullopt;
  }
  if (kind == kCounted) {
    field.bytes = rest_.first(static_cast<std::size_t>(*value));
    rest_ = rest_.subspan(field.bytes.size());
  } else {
    field.value = *value;
  }
  field.record = all.first(all.size() - rest_.size());
  broken_ = false;
  return field;
}

}  // namespace stepcast::vision
