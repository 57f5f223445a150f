#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>

#include "stepcast/gcode/byte_source.hpp"

#include "folder_tree.hpp"

namespace stepcast::files {

/// A file that is being written, for one who reads it from its beginning while it grows.
///
/// Threads: one that writes, one that reads, and any that ask. The writer never waits.
class GrowingFile {
 public:
  /// A reader wakes up for so many bytes at once, unless they are the last: a fast upload does not
  /// wake it for every packet, and what is left at the end is planned in a moment.
  static constexpr std::int64_t kStep = std::int64_t{64} << 10;

  explicit GrowingFile(Descriptor file) : file_(std::move(file)) {}

  [[nodiscard]] const Descriptor& file() const { return file_; }
  /// All bytes before `size` are in the file now.
  void grown_to(std::int64_t size);
  /// It will not grow any more.
  void make_whole();

  [[nodiscard]] std::int64_t size() const;
  /// How far its reader has got.
  [[nodiscard]] std::int64_t read_to() const;

  /// Waits for what is not written yet; ends where the file does. It gives up with kInterrupted
  /// after `stop`, and when kStep bytes take longer than `patience`.
  [[nodiscard]] static std::unique_ptr<gcode::ByteSource> reader(std::shared_ptr<GrowingFile> file,
                                                                 std::chrono::milliseconds patience,
                                                                 std::stop_token stop);

 private:
  class Bytes;

  const Descriptor file_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  // By mutex_:
  std::int64_t size_ = 0;
  std::int64_t read_to_ = 0;
  bool is_whole_ = false;
};

/// A file from its beginning; kInterrupted after `stop`.
[[nodiscard]] std::unique_ptr<gcode::ByteSource> whole_file(Descriptor file, std::stop_token stop);

}  // namespace stepcast::files
