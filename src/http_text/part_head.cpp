#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "stepcast/http/multipart.hpp"
#include "stepcast/http/text.hpp"

namespace stepcast::http {
namespace {

// RFC 2046: longer boundaries are not allowed.
constexpr std::size_t kMaxBoundary = 70;
constexpr std::string_view kBoundaryMarks = "'()+_,-./:=? ";

tl::unexpected<Error> bad_part(std::string message) {
  return fail(Errc::kMalformed, std::move(message), "multipart/form-data");
}

bool is_boundary_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         kBoundaryMarks.find(c) != std::string_view::npos;
}

struct Parameter {
  std::string_view name;
  std::string value;
};

// The value of a quoted parameter. Browsers write a backslash as itself, curl doubles it; so only
// an escaped quote or backslash is an escape.
bool take_quoted(std::string_view& text, std::string& value) {
  std::size_t i = 1;
  for (; i < text.size() && text[i] != '"'; ++i) {
    const bool escapes =
        text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\');
    i += escapes ? 1 : 0;
    value.push_back(text[i]);
  }
  if (i >= text.size()) {
    return false;
  }
  text.remove_prefix(i + 1);
  return true;
}

// Takes `; name=value` from the front of `text`. @returns nullopt where there is none.
std::optional<Parameter> take_parameter(std::string_view& text) {
  text = trimmed(text);
  if (!text.starts_with(';')) {
    return std::nullopt;
  }
  text = trimmed(text.substr(1));
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    return std::nullopt;
  }
  Parameter parameter{.name = trimmed(text.substr(0, equals)), .value = {}};
  text = trimmed(text.substr(equals + 1));
  if (text.starts_with('"')) {
    return take_quoted(text, parameter.value) ? std::optional(std::move(parameter)) : std::nullopt;
  }
  const std::size_t end = std::min(text.find(';'), text.size());
  parameter.value = std::string(trimmed(text.substr(0, end)));
  text.remove_prefix(end);
  return parameter;
}

std::string utf8_of_latin1(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte < 0x80) {
      text.push_back(c);
    } else {
      text.push_back(static_cast<char>(0xC0U | (byte >> 6U)));
      text.push_back(static_cast<char>(0x80U | (byte & 0x3FU)));
    }
  }
  return text;
}

// RFC 5987: charset'language'escaped.
std::optional<std::string> decode_extended(std::string_view value) {
  const std::size_t first = value.find('\'');
  const std::size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  std::string bytes;
  if (second == std::string_view::npos ||
      !percent_decode(value.substr(second + 1), PlusMeans::kPlus, bytes)) {
    return std::nullopt;
  }
  const std::string_view charset = value.substr(0, first);
  if (same_text(charset, "UTF-8")) {
    return bytes;
  }
  return same_text(charset, "ISO-8859-1") ? std::optional(utf8_of_latin1(bytes)) : std::nullopt;
}

struct Disposition {
  std::optional<std::string> name;
  std::optional<std::string> file_name;
  std::optional<std::string> extended_file_name;
};

Result<Disposition> parse_disposition(std::string_view text) {
  const std::size_t end = std::min(text.find(';'), text.size());
  if (!same_text(trimmed(text.substr(0, end)), "form-data")) {
    return bad_part(
        fmt::format("a part's disposition is '{}', not form-data", trimmed(text.substr(0, end))));
  }
  text.remove_prefix(end);
  Disposition disposition;
  while (auto parameter = take_parameter(text)) {
    if (same_text(parameter->name, "name")) {
      disposition.name = std::move(parameter->value);
    } else if (same_text(parameter->name, "filename")) {
      disposition.file_name = std::move(parameter->value);
    } else if (same_text(parameter->name, "filename*")) {
      disposition.extended_file_name = decode_extended(parameter->value);
    }
  }
  if (const std::string_view left = trimmed(text); !left.empty() && left != ";") {
    return bad_part(fmt::format("a part's disposition goes on with '{}'", left));
  }
  return disposition;
}

bool is_plain_encoding(std::string_view encoding) {
  constexpr std::array<std::string_view, 3> kPlain{"7bit", "8bit", "binary"};
  return std::any_of(kPlain.begin(), kPlain.end(),
                     [&](std::string_view plain) { return same_text(encoding, plain); });
}

}  // namespace

Result<std::string> parse_boundary(std::string_view content_type) {
  const std::size_t end = std::min(content_type.find(';'), content_type.size());
  if (!same_text(trimmed(content_type.substr(0, end)), "multipart/form-data")) {
    return bad_part(fmt::format("the content type is '{}'", content_type));
  }
  content_type.remove_prefix(end);
  while (auto parameter = take_parameter(content_type)) {
    if (!same_text(parameter->name, "boundary")) {
      continue;
    }
    const std::string& value = parameter->value;
    if (value.empty() || value.size() > kMaxBoundary || value.back() == ' ' ||
        !std::all_of(value.begin(), value.end(), is_boundary_char)) {
      return bad_part("the boundary is not 1 to 70 of the characters that RFC 2046 allows");
    }
    return std::move(parameter->value);
  }
  return bad_part("the content type names no boundary");
}

Result<Part> parse_part_head(std::string_view lines) {
  std::optional<Disposition> disposition;
  Part part;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find("\r\n"), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 2, lines.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) {
      return bad_part("a line of a part's head is not a header field");
    }
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (same_text(name, "Content-Disposition")) {
      if (disposition) {
        return bad_part("a part has two dispositions");
      }
      auto parsed = parse_disposition(value);
      if (!parsed) {
        return tl::unexpected(std::move(parsed.error()));
      }
      disposition = std::move(*parsed);
    } else if (same_text(name, "Content-Type")) {
      part.content_type = std::string(value);
    } else if (same_text(name, "Content-Transfer-Encoding") && !is_plain_encoding(value)) {
      return fail(Errc::kUnsupported, "a part is not sent as plain bytes", "multipart/form-data",
                  "send it without Content-Transfer-Encoding");
    }
  }
  if (!disposition || !disposition->name) {
    return bad_part("a part has no name");
  }
  part.name = std::move(*disposition->name);
  if (disposition->extended_file_name) {
    part.file_name = std::move(*disposition->extended_file_name);
  } else if (disposition->file_name) {
    part.file_name = std::move(*disposition->file_name);
  }
  if (!is_clean_utf8(part.name) || !is_clean_utf8(part.file_name) ||
      !is_clean_utf8(part.content_type)) {
    return bad_part("a part's name, file name or type is not clean UTF-8");
  }
  return part;
}

}  // namespace stepcast::http
