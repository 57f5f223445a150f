#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/gcode/byte_source.hpp"

namespace stepcast::gcode {

/// Bytes to lines: a file or another source read in large pieces, or a text in memory. Ends of line
/// are LF, CRLF or a lone CR. A UTF-8 byte order mark at the front is skipped.
class LineSource {
 public:
  enum class Status : std::uint8_t { kLine, kEnd, kFailed };

  struct Line {
    std::string_view text;   ///< Without its end; valid until the next call.
    std::uint64_t offset{};  ///< Of the first byte in the file.
    bool cut{};              ///< The line is longer than kMaxLineBytes; text is its front.
  };

  [[nodiscard]] static Result<LineSource> open(const std::filesystem::path& file);
  explicit LineSource(std::string_view text);
  explicit LineSource(std::unique_ptr<ByteSource> bytes);

  // The vector keeps its storage when it moves, so that the pointers into it stay good.
  LineSource(LineSource&& other) noexcept = default;
  LineSource& operator=(LineSource&&) = delete;
  LineSource(const LineSource&) = delete;
  LineSource& operator=(const LineSource&) = delete;
  ~LineSource() = default;

  /// The first bytes, up to `count`. Only before the first line is taken.
  [[nodiscard]] std::string_view head(std::size_t count);

  [[nodiscard]] Status next(Line& line);

  /// Bytes taken so far, ends of line included.
  [[nodiscard]] std::uint64_t position() const;
  /// False promises that no line so far holds a NUL byte.
  [[nodiscard]] bool may_hold_nul() const { return may_hold_nul_; }
  /// Why the job cannot be read on. @pre kFailed
  [[nodiscard]] Error failure(const std::string& name) const;

 private:
  bool refill();
  void forget_ends();
  const char* find_end();
  void take_end(const char* end);
  void skip_byte_order_mark();

  std::unique_ptr<ByteSource> bytes_;  // none for a text in memory
  std::vector<char> buffer_;
  const char* cursor_{};
  const char* limit_{};
  std::uint64_t limit_offset_{};  // file offset of limit_
  // Next ends of line at or behind the cursor, limit_ when there is none: each byte is searched
  // once even when a file knows only one kind.
  const char* next_lf_{};
  const char* next_cr_{};
  bool at_start_{true};
  bool at_end_of_file_{};
  bool after_cr_{};
  bool skipping_{};  // the rest of a cut line is still to be thrown away
  bool may_hold_nul_{};
  std::optional<Error> failure_;
};

}  // namespace stepcast::gcode
