#include "parse_fault.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "dialect_limits.hpp"
#include "number.hpp"
#include "text.hpp"

namespace stepcast::gcode {
namespace {

// Long enough to find the place in an editor, short enough for one line of a log.
constexpr std::size_t kQuotedChars = 40;

std::string why_not_a_number(std::string_view token) {
  std::string_view rest = token;
  if (!rest.empty()) {
    rest.remove_prefix(1);
  }
  if (rest.find(',') != std::string_view::npos) {
    return "the decimal separator is a point";
  }
  if (rest.find(':') != std::string_view::npos) {
    return "lists of values are not supported";
  }
  if (std::count(rest.begin(), rest.end(), '.') > 1) {
    return "it has a second point";
  }
  const auto body = trim_left(rest);
  if (body.find_last_of("+-") != std::string_view::npos && body.find_last_of("+-") > 0) {
    return "it has a sign inside";
  }
  if (body.find_first_of("0123456789") == std::string_view::npos) {
    return "it has no digits";
  }
  return "only digits, one sign and one point may stand there";
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, kQuotedChars)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F) {
      out += fmt::format("\\x{:02X}", byte);
    } else {
      out += c;
    }
  }
  return out + (text.size() > kQuotedChars ? "...'" : "'");
}

FaultText describe(const ParseFault& fault, std::string_view line) {
  const auto begin = std::min(fault.begin, line.size());
  const auto end = std::clamp(fault.end, begin, line.size());
  const auto token = line.substr(begin, end - begin);
  const auto letter = token.empty() ? ' ' : to_upper(token.front());
  switch (fault.kind) {
    case FaultKind::kNotANumber:
      return {fmt::format("{} is not a number: {}", quoted(token), why_not_a_number(token)), {}};
    case FaultKind::kNumberTooLong:
      return {fmt::format("{} has {} characters, the limit for a number is {}", quoted(token),
                          token.size() - 1, kMaxNumberChars),
              "the file is damaged: slice or upload it again"};
    case FaultKind::kNoNumber:
      return {fmt::format("{} has no number", letter),
              "the line is cut off: slice or upload the file again"};
    case FaultKind::kDuplicateWord:
      return {fmt::format("{} is the second {} of the line", quoted(token), letter),
              "leave one of them"};
    case FaultKind::kTwoCommands:
      return {fmt::format("{} is a second command on the line", quoted(token)),
              "put each command on a line of its own"};
    case FaultKind::kTextInMove:
      return {fmt::format("{} is text where a number belongs", quoted(token)), {}};
    case FaultKind::kUnexpected:
      return {fmt::format("{} starts no parameter", quoted(token)),
              "a parameter is a letter and a number"};
    case FaultKind::kNoCommand:
      return {fmt::format("{} is not a command", quoted(token)),
              "a line starts with G, M or T and a number, with a name, or with ';'"};
    case FaultKind::kNoCode:
      return {fmt::format("{} has no code number", quoted(token)),
              "write for example G1, M104 or T0"};
    case FaultKind::kCodeTooLarge:
      return {fmt::format("the code {} is too large, the limits are {} and .{}", quoted(token),
                          kMaxCode, kMaxSubcode),
              {}};
    case FaultKind::kNameTooLong:
      return {fmt::format("the command name {} has {} characters, the limit is {}", quoted(token),
                          token.size(), kMaxNameBytes),
              {}};
    case FaultKind::kBadParameters:
      return {fmt::format("{} is not a parameter of a named command", quoted(token)),
              "named commands take NAME=VALUE; is this file G-code?"};
    case FaultKind::kOpenComment:
      return {"the comment that starts here with '(' is not closed", "add ')' or use ';'"};
    case FaultKind::kOpenQuote:
      return {"the text that starts here is not closed", "add '\"'"};
    case FaultKind::kOpenExpression:
      return {fmt::format("the expression that starts here with '{}' is not closed",
                          token.empty() ? '{' : token.front()),
              {}};
    case FaultKind::kBadChecksum:
      return {fmt::format("{} is not a checksum", quoted(token)),
              "'*' is followed by one number from 0 to 255 at the end of the command"};
    case FaultKind::kChecksumMismatch:
      return {
          fmt::format("the checksum is {}, but the line sums to {}", fault.actual, fault.expected),
          "the line was damaged: upload the file again, or remove the checksums"};
    case FaultKind::kBadLineNumber:
      return {fmt::format("{} is not a line number", quoted(token)),
              fmt::format("N is followed by an integer from -1 to {}", kMaxLineNumber)};
    case FaultKind::kLineNumberOutOfRow:
      return {fmt::format("line number N{} where N{} belongs", fault.actual, fault.expected),
              "a line is missing or repeated: upload the file again, remove the line numbers, or "
              "set the number with M110"};
    case FaultKind::kNone:
      break;
  }
  return {"the line cannot be read", {}};
}

}  // namespace stepcast::gcode
