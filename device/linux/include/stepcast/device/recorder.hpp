#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "stepcast/base/result.hpp"

namespace stepcast::device {

/// Gets every tick that a virtual machine executes.
///
/// Threads: called by the step thread only; must not block for long, or the device falls behind.
class TickSink {
 public:
  virtual ~TickSink() = default;

  /// Ticks of the print, in order, each once; the idle ticks of a stretched stream are not among
  /// them, so all calls together are the stream, byte for byte.
  virtual void on_stream(std::span<const std::uint8_t> ticks) = 0;
  /// Ticks of a jog, idle ones included.
  virtual void on_jog(std::span<const std::uint8_t> /*ticks*/) {}
};

/// Writes the ticks of the print into a file, one byte each, so that a recording can be compared
/// with what was sent. Jogs are left out.
class FileRecorder final : public TickSink {
 public:
  /// Truncates the file. @returns kIo if it cannot be written.
  [[nodiscard]] static Result<std::unique_ptr<FileRecorder>> open(
      const std::filesystem::path& path);

  void on_stream(std::span<const std::uint8_t> ticks) override;

  /// Writes what is still buffered. Call it after the device has stopped.
  /// @returns kIo if any byte of the recording could not be written.
  [[nodiscard]] Result<void> close();

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  FileRecorder(std::filesystem::path path, std::FILE* file);

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  bool failed_ = false;
};

}  // namespace stepcast::device
