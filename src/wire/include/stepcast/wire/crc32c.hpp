#pragma once

#include <array>
#include <cstdint>
#include <span>

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78, initial value and final complement all
/// ones). It finds every error burst up to 32 bits and, at our packet sizes, every pattern of up to
/// five wrong bits. It protects against accidents only: whoever can write a packet can write its
/// CRC too.
namespace stepcast::wire {

namespace detail {

/// One step per byte costs 1 KiB of flash; the bitwise form would be eight times slower, which a
/// microcontroller would feel at full speed.
inline constexpr auto kCrc32cTable = [] {
  constexpr std::uint32_t kPolynomial = 0x82F63B78U;
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder >> 1U) ^ ((remainder & 1U) != 0 ? kPolynomial : 0U);
    }
    table[byte] = remainder;
  }
  return table;
}();

}  // namespace detail

/// The CRC of `bytes`. To run over several pieces, pass the result of the previous one.
constexpr std::uint32_t crc32c(std::span<const std::uint8_t> bytes, std::uint32_t previous = 0) {
  std::uint32_t remainder = ~previous;
  for (const std::uint8_t byte : bytes) {
    remainder = (remainder >> 8U) ^ detail::kCrc32cTable[(remainder ^ byte) & 0xFFU];
  }
  return ~remainder;
}

}  // namespace stepcast::wire
