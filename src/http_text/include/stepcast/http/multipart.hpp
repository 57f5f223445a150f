#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "stepcast/base/result.hpp"
#include "stepcast/http/router.hpp"

namespace stepcast::http {

/// The boundary of `multipart/form-data; boundary=...`.
/// @returns kMalformed: another type, no boundary, or one that RFC 2046 does not allow.
[[nodiscard]] Result<std::string> parse_boundary(std::string_view content_type);

/// Name, file name and type of a part, of the lines between its boundary and its blank line.
/// File names are as sent: whoever makes files of them checks them.
/// @returns kMalformed: no `form-data` with a name, text that is not clean UTF-8;
/// kUnsupported: an encoding other than plain bytes.
[[nodiscard]] Result<Part> parse_part_head(std::string_view lines);

/// Splits a multipart/form-data body that comes in pieces and hands its parts to a sink.
///
/// Only the head of a part is kept, never its bytes: of the boundary that may be cut by the end of
/// a piece only the number of matched characters is. A boundary begins with CR and holds no other
/// one, so a failed match can only start again at the next CR.
///
/// Threads: one at a time.
class MultipartParser {
 public:
  struct Limits {
    std::size_t head_bytes =
        std::size_t{8} * 1024;  ///< A part; the longest file name is 255 bytes.
    std::size_t parts = 256;    ///< Forms have a handful; each costs a call.
  };

  /// `sink` must outlive the parser.
  MultipartParser(std::string_view boundary, UploadSink& sink);
  MultipartParser(std::string_view boundary, UploadSink& sink, Limits limits);

  /// Takes the next bytes, at most one pass over them and no allocation but for heads.
  /// @returns the sink's errors; kMalformed; kOutOfRange: a limit. No further calls after an error.
  [[nodiscard]] Result<void> push(std::span<const char> bytes);
  /// The body is over. @returns kMalformed: it broke off before its last boundary.
  [[nodiscard]] Result<void> finish() const;

 private:
  enum class State : unsigned char { kPreamble, kData, kAfterBoundary, kHead, kEpilogue };

  [[nodiscard]] Result<void> take_data(std::string_view& rest);
  [[nodiscard]] Result<void> take_boundary_end(std::string_view& rest);
  [[nodiscard]] Result<void> take_head(std::string_view& rest);
  [[nodiscard]] Result<void> emit(std::string_view bytes);
  [[nodiscard]] Result<void> boundary_found();

  std::string delimiter_;  ///< CR LF -- boundary
  UploadSink* sink_;
  Limits limits_;
  State state_ = State::kPreamble;
  std::size_t matched_;  ///< Characters of the delimiter that the last bytes are.
  std::string head_;     ///< Of the part that begins, or what follows a boundary.
  std::size_t parts_ = 0;
};

}  // namespace stepcast::http
