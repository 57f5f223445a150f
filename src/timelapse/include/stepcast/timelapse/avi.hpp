#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"

namespace stepcast::timelapse {

struct PictureSize {
  std::uint32_t width{};   ///< Pixels
  std::uint32_t height{};  ///< Pixels
  friend bool operator==(const PictureSize&, const PictureSize&) = default;
};
/// Of a JPEG, from its frame header; nullopt: it has none.
[[nodiscard]] std::optional<PictureSize> size_of_jpeg(std::string_view jpeg);

/// Writes a film of JPEGs: AVI with Motion JPEG, each picture as it came from the camera.
///
/// Memory: 16 bytes a frame. Threads: one.
class AviWriter {
 public:
  /// The format's 32-bit offsets would reach 4 GiB; players that read them as signed stop here.
  static constexpr std::uint64_t kMostBytes = (std::uint64_t{1} << 31) - 1;

  /// @returns kIo.
  [[nodiscard]] static Result<AviWriter> create(const std::filesystem::path& file, PictureSize size,
                                                std::uint32_t frames_per_s);
  /// @returns kOutOfRange: the film would be longer than kMostBytes, index included; kIo.
  [[nodiscard]] Result<void> add(std::string_view jpeg);
  /// Shows the last picture for one frame more; costs 24 bytes.
  [[nodiscard]] Result<void> repeat() { return add({}); }
  /// Writes the index and the head; without it the file is no film.
  [[nodiscard]] Result<void> finish();

 private:
  struct Entry {
    std::uint32_t offset{};
    std::uint32_t bytes{};
  };
  AviWriter(std::filesystem::path file, PictureSize size, std::uint32_t frames_per_s);
  [[nodiscard]] std::string head() const;
  [[nodiscard]] Result<void> check() const;

  std::filesystem::path file_;
  std::ofstream out_;
  PictureSize size_;
  std::uint32_t frames_per_s_;
  std::uint64_t written_ = 0;  ///< Of the list of frames, its type included.
  std::uint32_t largest_ = 0;
  std::vector<Entry> index_;
};

}  // namespace stepcast::timelapse
