#pragma once

#include <cstdint>

/// Little-endian numbers, byte by byte: no cast of a struct or of a pointer, so the result does not
/// depend on the alignment, padding or byte order of the machine. The caller has checked the size.
namespace stepcast::wire {

constexpr void put_u16(std::uint8_t* out, std::uint16_t value) {
  out[0] = static_cast<std::uint8_t>(value);
  out[1] = static_cast<std::uint8_t>(value >> 8U);
}

constexpr void put_u32(std::uint8_t* out, std::uint32_t value) {
  put_u16(out, static_cast<std::uint16_t>(value));
  put_u16(out + 2, static_cast<std::uint16_t>(value >> 16U));
}

constexpr void put_u64(std::uint8_t* out, std::uint64_t value) {
  put_u32(out, static_cast<std::uint32_t>(value));
  put_u32(out + 4, static_cast<std::uint32_t>(value >> 32U));
}

constexpr std::uint16_t get_u16(const std::uint8_t* in) {
  return static_cast<std::uint16_t>(in[0] | (in[1] << 8U));
}

constexpr std::uint32_t get_u32(const std::uint8_t* in) {
  return get_u16(in) | (static_cast<std::uint32_t>(get_u16(in + 2)) << 16U);
}

constexpr std::uint64_t get_u64(const std::uint8_t* in) {
  return get_u32(in) | (static_cast<std::uint64_t>(get_u32(in + 4)) << 32U);
}

}  // namespace stepcast::wire
