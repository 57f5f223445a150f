#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "stepcast/http/message.hpp"

namespace stepcast::http {

/// What an answer needs to know of a file.
struct FileFacts {
  std::uint64_t size = 0;
  std::int64_t modified_s = 0;   ///< Unix time.
  std::int64_t modified_ns = 0;  ///< Within that second: files are rewritten faster than it ticks.
};

/// Which bytes of the file to send, under which status and headers.
struct FileAnswer {
  int status = 200;  ///< 200, 206, 304 or 416.
  std::uint64_t first = 0;
  std::uint64_t length = 0;  ///< 0 for 304 and 416.
  Headers headers;           ///< ETag, Last-Modified, Accept-Ranges, Content-Range.
};

/// The entity tag of a file, quotes included: of its size and time, so that no byte is read.
[[nodiscard]] std::string etag_of(const FileFacts& facts);

/// If-None-Match, If-Modified-Since, Range (one range; of several the whole file is sent) and
/// If-Range. What is not understood is ignored, as RFC 9110 asks.
[[nodiscard]] FileAnswer answer_file(const Headers& request, const FileFacts& facts);

/// "Sat, 21 Nov 2026 08:00:00 GMT"
[[nodiscard]] std::string http_date(std::int64_t unix_s);

/// By the ending of the name; "application/octet-stream" for those that are not known.
[[nodiscard]] std::string_view content_type_of(const std::filesystem::path& file);

}  // namespace stepcast::http
