#include "file_kind.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "text.hpp"

namespace stepcast::gcode {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::string_view bytes;
  std::string_view what;
  std::string_view remedy;
};

constexpr auto kSignatures = std::to_array<Signature>({
    {"GCDE"sv, "binary G-code (.bgcode)",
     "turn off 'binary G-code' in the slicer, or convert the file to .gcode"},
    {"\x1F\x8B"sv, "a gzip archive", "unpack it with gunzip first"},
    {"PK\x03\x04"sv, "a zip archive (.3mf or .zip)",
     "slice the .3mf, or unpack the .gcode that it holds"},
    {"\x89PNG"sv, "a PNG picture", "choose the .gcode file"},
    {"\xFF\xD8\xFF"sv, "a JPEG picture", "choose the .gcode file"},
    {"solid "sv, "an STL model", "slice it first"},
    {"%PDF"sv, "a PDF document", "choose the .gcode file"},
    {"\x7F"
     "ELF"sv,
     "a program", "choose the .gcode file"},
    {"BZh"sv, "a bzip2 archive", "unpack it with bunzip2 first"},
    {"\xFD"
     "7zXZ"sv,
     "an xz archive", "unpack it with unxz first"},
    {"7z\xBC\xAF"sv, "a 7-Zip archive", "unpack it first"},
    {"\x28\xB5\x2F\xFD"sv, "a zstd archive", "unpack it with unzstd first"},
    {"\xFF\xFE"sv, "UTF-16 text", "save it as UTF-8"},
    {"\xFE\xFF"sv, "UTF-16 text", "save it as UTF-8"},
    {"<"sv, "a web page or XML", "download the file itself, not the page that shows it"},
});

// Comments in an old 8-bit code page are text too, so a few strange bytes are no proof; a job has
// far fewer than this share, compressed data and floating-point models far more.
constexpr std::size_t kStrangeBytesPercent = 30;

bool is_control(unsigned char byte) {
  return byte < 0x20 && byte != '\t' && byte != '\r' && byte != '\n' && byte != '\f' &&
         byte != '\v';
}

// Length of the UTF-8 sequence at `text[0]`, 0 if it is none; a sequence cut by the end counts.
std::size_t utf8_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  const auto present = std::min(length, text.size());
  for (std::size_t i = 1; i < present; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) {
      return 0;
    }
  }
  return length == 0 ? 0 : present;
}

}  // namespace

NotText not_text_at(std::size_t offset, char byte) {
  return {offset,
          fmt::format("not a G-code file: byte 0x{:02X} at offset {}",
                      static_cast<unsigned char>(byte), offset),
          "the file is binary or damaged: choose the .gcode file, or slice or upload it again"};
}

std::optional<NotText> recognise_not_text(std::string_view head) {
  for (const auto& signature : kSignatures) {
    if (head.starts_with(signature.bytes)) {
      auto complaint = not_text_at(0, head[0]);
      complaint.message += fmt::format(", it is {}", signature.what);
      complaint.remedy = signature.remedy;
      return complaint;
    }
  }
  if (const auto nul = head.find('\0'); nul != std::string_view::npos) {
    return not_text_at(nul, '\0');
  }
  std::size_t strange = 0;
  std::size_t first = head.size();
  for (std::size_t i = 0; i < head.size();) {
    const auto length = utf8_length(head.substr(i));
    if (length == 0 || is_control(static_cast<unsigned char>(head[i]))) {
      ++strange;
      first = std::min(first, i);
    }
    i += std::max<std::size_t>(length, 1);
  }
  if (strange * 100 > head.size() * kStrangeBytesPercent) {
    return not_text_at(first, head[first]);
  }
  return std::nullopt;
}

}  // namespace stepcast::gcode
