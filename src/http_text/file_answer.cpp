#include "stepcast/http/file_answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <ctime>
#include <optional>

#include <fmt/format.h>

#include "stepcast/http/text.hpp"

namespace stepcast::http {
namespace {

constexpr std::array<std::string_view, 7> kDayNames{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonthNames{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct ContentType {
  std::string_view ending;
  std::string_view type;
};

constexpr std::array kContentTypes{
    ContentType{".html", "text/html; charset=utf-8"},
    ContentType{".js", "text/javascript; charset=utf-8"},
    ContentType{".mjs", "text/javascript; charset=utf-8"},
    ContentType{".css", "text/css; charset=utf-8"},
    ContentType{".json", "application/json"},
    ContentType{".webmanifest", "application/manifest+json"},
    ContentType{".svg", "image/svg+xml"},
    ContentType{".png", "image/png"},
    ContentType{".jpg", "image/jpeg"},
    ContentType{".jpeg", "image/jpeg"},
    ContentType{".webp", "image/webp"},
    ContentType{".ico", "image/x-icon"},
    ContentType{".woff2", "font/woff2"},
    ContentType{".wasm", "application/wasm"},
    ContentType{".glb", "model/gltf-binary"},
    ContentType{".mp4", "video/mp4"},
    ContentType{".txt", "text/plain; charset=utf-8"},
    ContentType{".gcode", "text/plain; charset=utf-8"},
    ContentType{".gco", "text/plain; charset=utf-8"},
};

// Does a list of entity tags name `etag`? Weak tags compare by their text: this is only asked for
// If-None-Match, where RFC 9110 wants the weak comparison.
bool list_names(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    std::string_view item = trimmed(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    if (item.starts_with("W/")) {
      item.remove_prefix(2);
    }
    if (item == "*" || item == etag) {
      return true;
    }
  }
  return false;
}

std::optional<std::uint64_t> parse_offset(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = end == digits.data() + digits.size();
  return error == std::errc{} && whole && !digits.empty() ? std::optional(value) : std::nullopt;
}

enum class RangeKind { kNone, kOne, kOutside };

struct ByteRange {
  RangeKind kind = RangeKind::kNone;
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};

ByteRange parse_range(std::string_view text, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (text.size() < kUnit.size() || !same_text(text.substr(0, kUnit.size()), kUnit) ||
      text.find(',') != std::string_view::npos) {
    return {};
  }
  text = trimmed(text.substr(kUnit.size()));
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    return {};
  }
  const std::string_view from = trimmed(text.substr(0, dash));
  const std::string_view to = trimmed(text.substr(dash + 1));
  const auto first = parse_offset(from);
  const auto last = parse_offset(to);
  if ((!from.empty() && !first) || (!to.empty() && !last) || (!first && !last) ||
      (first && last && *last < *first)) {
    return {};
  }
  if (!first) {  // the last so many bytes
    const std::uint64_t length = std::min(*last, size);
    return length == 0 ? ByteRange{RangeKind::kOutside, 0, 0}
                       : ByteRange{RangeKind::kOne, size - length, length};
  }
  if (*first >= size) {
    return {RangeKind::kOutside, 0, 0};
  }
  const std::uint64_t end = last ? std::min(*last, size - 1) : size - 1;
  return {RangeKind::kOne, *first, end - *first + 1};
}

}  // namespace

std::string etag_of(const FileFacts& facts) {
  return fmt::format("\"{:x}-{:x}-{:x}\"", facts.size, facts.modified_s, facts.modified_ns);
}

std::string http_date(std::int64_t unix_s) {
  const auto time = static_cast<std::time_t>(unix_s);
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                     kDayNames.at(static_cast<std::size_t>(utc.tm_wday)), utc.tm_mday,
                     kMonthNames.at(static_cast<std::size_t>(utc.tm_mon)), utc.tm_year + 1900,
                     utc.tm_hour, utc.tm_min, utc.tm_sec);
}

FileAnswer answer_file(const Headers& request, const FileFacts& facts) {
  const std::string etag = etag_of(facts);
  const std::string modified = http_date(facts.modified_s);
  FileAnswer answer;
  answer.headers.set("ETag", etag);
  answer.headers.set("Last-Modified", modified);
  answer.headers.set("Accept-Ranges", "bytes");
  const auto none_match = request.find("If-None-Match");
  // Dates are compared as text: clients send back what they were given.
  const bool unchanged =
      none_match ? list_names(*none_match, etag) : request.find("If-Modified-Since") == modified;
  if (unchanged) {
    answer.status = 304;
    return answer;
  }
  answer.length = facts.size;
  const auto range_text = request.find("Range");
  const auto if_range = request.find("If-Range");
  if (!range_text || (if_range && *if_range != etag && *if_range != modified)) {
    return answer;
  }
  const ByteRange range = parse_range(*range_text, facts.size);
  if (range.kind == RangeKind::kOutside) {
    answer.status = 416;
    answer.length = 0;
    answer.headers.set("Content-Range", fmt::format("bytes */{}", facts.size));
  } else if (range.kind == RangeKind::kOne) {
    answer.status = 206;
    answer.first = range.first;
    answer.length = range.length;
    answer.headers.set("Content-Range", fmt::format("bytes {}-{}/{}", range.first,
                                                    range.first + range.length - 1, facts.size));
  }
  return answer;
}

std::string_view content_type_of(const std::filesystem::path& file) {
  const std::string ending = file.extension().string();
  for (const ContentType& known : kContentTypes) {
    if (same_text(known.ending, ending)) {
      return known.type;
    }
  }
  return "application/octet-stream";
}

}  // namespace stepcast::http
