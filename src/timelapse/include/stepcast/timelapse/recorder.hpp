#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/events/log.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::timelapse {

enum class When : std::uint8_t {
  kOff,
  kLayer,  ///< With each new layer.
  kTimed,
};

/// What people choose. Kept in the database.
struct Config {
  When when = When::kOff;
  std::uint32_t interval_s = 10;    ///< 1 to 3600; between pictures, kTimed.
  std::uint32_t frames_per_s = 25;  ///< 1 to 60; of the film.
  std::uint32_t post_roll_s = 0;    ///< 0 to 60; how long the film shows the last picture more.
};

struct Movie {
  std::string name;  ///< `part_20261121134500.avi`
  std::int64_t bytes{};
  store::UnixMs at{};
};

/// Pictures of which no film is made yet: of the print under way, or of one that the server did not
/// see to its end.
struct Unrendered {
  std::string name;
  std::int64_t bytes{};
  std::int64_t count{};  ///< Pictures
  store::UnixMs at{};
  bool recording = false;
};

/// Films the prints of one printer. What it does is told to the log of events: CaptureStart,
/// CaptureDone, CaptureFailed, MovieRendering, MovieDone, MovieFailed.
///
/// A film has a bounded number of pictures: when there are so many, every second one goes, and from
/// then on half as many are taken. Films of a print that the server takes up again go on.
///
/// Threads: any; pictures are taken and films made on a thread of its own.
class Recorder {
 public:
  struct Options {
    std::string printer;           ///< Its id.
    std::filesystem::path folder;  ///< Of this printer alone.
    /// The oldest films go when all together are larger; the newest one stays.
    std::int64_t most_bytes = std::int64_t{2} << 30;
    std::int64_t most_pictures = 4'000;  ///< Of a film: 160 s of it.
    /// No picture is taken when the disk has less.
    std::int64_t minimum_free_bytes = std::int64_t{512} << 20;
    /// A JPEG of now; may block.
    std::function<Result<std::string>()> picture;
    /// The layer or the height that the print is at; another value is another layer.
    std::function<std::optional<double>()> height;
    /// How often to look for a new layer, at least.
    std::chrono::milliseconds look{250};
  };
  /// `store` and `events` must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Recorder>> open(Options options, store::Store& store,
                                                              events::Log& events);
  /// What is being recorded stays, and goes on when the print is taken up again.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  [[nodiscard]] Config config() const;
  /// At once, also for the print under way. @returns kOutOfRange.
  [[nodiscard]] Result<void> set_config(const Config& config);

  [[nodiscard]] std::vector<Movie> movies() const;  ///< Newest first.
  [[nodiscard]] std::vector<Unrendered> unrendered() const;
  /// Where a film is. @returns kNotFound.
  [[nodiscard]] Result<std::filesystem::path> movie(std::string_view name) const;
  [[nodiscard]] Result<void> remove_movie(std::string_view name);
  /// @returns kNotFound; kBusy: it is being recorded.
  [[nodiscard]] Result<void> remove_unrendered(std::string_view name);
  /// Makes a film of pictures that were left, soon. @returns as above.
  [[nodiscard]] Result<void> render(std::string_view name);

 private:
  class Impl;
  explicit Recorder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::timelapse
