#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace stepcast::vision {

/// One field of a message in protobuf's wire format; views into the bytes that were read.
struct ProtobufField {
  std::uint32_t number = 0;
  std::uint64_t value = 0;            ///< Of a number; 0 for what has bytes.
  std::span<const std::byte> bytes;   ///< Of a string or a message inside; empty for a number.
  std::span<const std::byte> record;  ///< With its tag and length, to be copied as it is.

  [[nodiscard]] std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

/// Reads the fields of one message, in their order. Copies nothing, trusts no length.
class ProtobufReader {
 public:
  explicit ProtobufReader(std::span<const std::byte> message) : rest_(message) {}

  /// @returns nothing at the end, and where the bytes are no message: then broken() is true.
  [[nodiscard]] std::optional<ProtobufField> next();
  /// The next of numbers that are packed, one behind the other without tags.
  [[nodiscard]] std::optional<std::uint64_t> next_packed();
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  [[nodiscard]] std::optional<std::uint64_t> varint();
  [[nodiscard]] std::optional<std::uint64_t> fixed(std::size_t bytes);

  std::span<const std::byte> rest_;
  bool broken_ = false;
};

}  // namespace stepcast::vision
