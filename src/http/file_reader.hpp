#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "stepcast/base/result.hpp"
#include "stepcast/http/file_answer.hpp"

namespace stepcast::http {

/// An open file that is read at offsets. Threads: one at a time; blocks, so not the loop.
class FileReader {
 public:
  FileReader() = default;
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;
  FileReader(FileReader&&) = delete;
  FileReader& operator=(FileReader&&) = delete;
  ~FileReader();

  /// @returns kNotFound: not there, or not a plain file; kDenied: not readable.
  [[nodiscard]] Result<FileFacts> open(const std::filesystem::path& file);
  /// @returns the bytes read; 0 at the end of the file and for errors.
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, std::span<char> into) const;

 private:
  int descriptor_ = -1;
};

}  // namespace stepcast::http
