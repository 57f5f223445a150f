#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/timelapse/recorder.hpp"

namespace stepcast::timelapse {

/// The films of a printer on disk: `NAME.avi`, and below `unrendered/NAME/` the pictures of those
/// that are not made yet, by number, and `about.json`: whose they are.
///
/// Threads: any; names are checked, so that none leads out of the folder.
class FilmFolder {
 public:
  explicit FilmFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  [[nodiscard]] Result<void> make() const;
  [[nodiscard]] std::vector<Movie> movies() const;  ///< Newest first.
  [[nodiscard]] std::vector<Unrendered> unrendered() const;
  /// @returns kNotFound.
  [[nodiscard]] Result<std::filesystem::path> movie(std::string_view name) const;
  [[nodiscard]] Result<std::filesystem::path> pictures_of(std::string_view name) const;
  [[nodiscard]] Result<void> remove_movie(std::string_view name) const;
  [[nodiscard]] Result<void> remove_pictures(std::string_view name) const;
  /// Where those of a new film go.
  [[nodiscard]] std::filesystem::path new_pictures(const std::string& name) const {
    return folder_ / kUnrendered / name;
  }
  [[nodiscard]] std::filesystem::path new_movie(const std::string& name) const {
    return folder_ / (name + std::string(kSuffix));
  }
  /// Removes the oldest movies, but not the newest, until all have at most `most_bytes`.
  void make_room(std::int64_t most_bytes) const;
  [[nodiscard]] std::int64_t free_bytes() const;

  static constexpr std::string_view kSuffix = ".avi";

 private:
  static constexpr const char* kUnrendered = "unrendered";
  std::filesystem::path folder_;
};

/// The pictures of a folder, in order.
[[nodiscard]] std::vector<std::filesystem::path> pictures_in(const std::filesystem::path& folder);

}  // namespace stepcast::timelapse
