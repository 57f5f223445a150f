#include "number.hpp"

#include <array>
#include <charconv>

namespace stepcast::gcode {
namespace {

// A mantissa up to 2^53 and a power of ten up to 10^22 are both exact doubles, so that their
// quotient is rounded once: the correctly rounded value.
constexpr std::uint64_t kExactMantissa = std::uint64_t{1} << 53U;
constexpr std::array<double, 23> kPowersOfTen{1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
// So many decimal digits cannot overflow 64 bits.
constexpr std::size_t kDigitsIn64Bits = 19;

const char* take_digits(const char* p, const char* last, std::uint64_t& mantissa) {
  while (p != last) {
    const auto digit = static_cast<unsigned>(static_cast<unsigned char>(*p)) - '0';
    if (digit > 9) {
      break;
    }
    mantissa = mantissa * 10 + digit;
    ++p;
  }
  return p;
}

}  // namespace

ParsedNumber parse_number(const char* first, const char* last) {
  const char* p = first;
  const bool negative = p != last && *p == '-';
  if (p != last && (*p == '-' || *p == '+')) {
    ++p;
  }
  const char* const magnitude = p;
  std::uint64_t mantissa = 0;
  p = take_digits(p, last, mantissa);
  auto digits = static_cast<std::size_t>(p - magnitude);
  std::size_t decimals = 0;
  if (p != last && *p == '.') {
    const char* const fraction = ++p;
    p = take_digits(p, last, mantissa);
    decimals = static_cast<std::size_t>(p - fraction);
    digits += decimals;
  }
  if (digits == 0) {
    return {0.0, p, NumberStatus::kNoDigits};
  }
  if (static_cast<std::size_t>(p - first) > kMaxNumberChars) {
    return {0.0, p, NumberStatus::kTooLong};
  }
  double value = 0.0;
  if (digits <= kDigitsIn64Bits && mantissa <= kExactMantissa) {
    value = static_cast<double>(mantissa) / kPowersOfTen[decimals];
  } else {
    // Cannot fail: the text is digits with at most one point, and kMaxNumberChars keeps it finite.
    std::from_chars(magnitude, p, value, std::chars_format::fixed);
  }
  return {negative ? -value : value, p, NumberStatus::kOk};
}

}  // namespace stepcast::gcode
