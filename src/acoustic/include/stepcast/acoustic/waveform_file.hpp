#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "stepcast/base/result.hpp"

namespace stepcast::acoustic {

/// Samples of a recording in a file, read in blocks. Threads: one owner.
class WaveformFile {
 public:
  /// @param format "f32" and "s16" are bare little-endian numbers, "text" has a number a line;
  ///   "auto" goes by the ending of the name (.f32, .s16, else text)
  /// @param volts_per_count what a one in the file stands for
  [[nodiscard]] static Result<WaveformFile> open(const std::string& path, std::string_view format,
                                                 double volts_per_count);

  /// Fills the block from its beginning, in volts. @returns how many samples; 0 at the end.
  [[nodiscard]] Result<std::size_t> read(std::span<float> block);
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  enum class Format : std::uint8_t { kFloat, kShort, kText };
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  WaveformFile(std::unique_ptr<std::FILE, Closer> file, std::string name, Format format,
               double scale);
  template <class Number>
  [[nodiscard]] Result<std::size_t> read_binary(std::span<float> block);
  [[nodiscard]] Result<std::size_t> read_text(std::span<float> block);

  std::unique_ptr<std::FILE, Closer> file_;
  std::string name_;
  Format format_;
  double scale_;
  std::size_t line_ = 0;
};

}  // namespace stepcast::acoustic
