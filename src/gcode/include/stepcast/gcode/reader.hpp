#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "stepcast/base/result.hpp"
#include "stepcast/gcode/byte_source.hpp"
#include "stepcast/gcode/command.hpp"

namespace stepcast::gcode {

/// Commands that the dialect does not know: kept, passed on, and reported once each.
struct UnknownCommands {
  /// Stands for all kinds beyond the first thousand, so that memory stays bounded.
  static constexpr std::string_view kOthers = "others";

  struct Sighting {
    std::int64_t first_line{};
    std::int64_t count{};
  };
  std::map<std::string, Sighting, std::less<>> by_code;  ///< "M1002" -> sighting.
};

/// Reads a job line by line in constant memory, whatever its size.
///
/// The dialect is Marlin/RepRap as slicers write it: any case, with or without spaces, CRLF or LF,
/// line numbers and checksums (verified), `;` and `( )` comments, quoted strings, expressions in
/// braces or brackets. docs/gcode.md lists the commands.
///
/// Threads: one owner; different readers are independent.
class Reader {
 public:
  /// @returns kNotFound or kIo, naming the file.
  [[nodiscard]] static Result<Reader> open(const std::filesystem::path& file);
  /// Reads from memory; `text` must outlive the reader. `name` stands for the file in messages.
  [[nodiscard]] static Reader from_text(std::string_view text, std::string name = "text");
  /// Reads what `bytes` gives; `name` stands for the file in messages. next() may wait for it, and
  /// fails as it fails.
  [[nodiscard]] static Reader from_bytes(std::unique_ptr<ByteSource> bytes, std::string name);

  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;
  ~Reader();

  /// Parses the next line that holds a command or a comment; blank lines are skipped.
  /// @returns false at the end of the job; kMalformed with file:line:column and the reason for a
  /// line that cannot be read, a binary file, a checksum that does not match or a number that is
  /// not finite; kIo. After an error the reader stays at the end.
  /// Cost: one pass over the line; no allocation, but for the first sight of an unknown command and
  /// for an error. A comment longer than 256 KiB is delivered cut.
  [[nodiscard]] Result<bool> next(Command& command);

  /// Bytes consumed so far, for progress.
  [[nodiscard]] std::uint64_t position() const;
  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] const UnknownCommands& unknown() const;

 private:
  class Impl;
  explicit Reader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::gcode
