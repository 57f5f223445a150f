#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/gcode/reader.hpp"
#include "stepcast/gcode/thumbnail.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::files {

/// A path in the library: `folder/part.gcode`. Made only by parse(), which refuses `..`, absolute
/// paths, control characters, names that Windows cannot hold (`con`, `a:b`, a dot at the end) and
/// anything that is not UTF-8, and turns backslashes into an error, not into folders.
class LibraryPath {
 public:
  [[nodiscard]] static Result<LibraryPath> parse(std::string_view text);
  /// A name as browsers send it, made safe: `C:\x\part one.gcode` becomes `part one.gcode`.
  [[nodiscard]] static Result<LibraryPath> from_upload(std::string_view folder,
                                                       std::string_view file_name);
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::string name() const;
  [[nodiscard]] std::string folder() const;  ///< Empty at the top.

 private:
  explicit LibraryPath(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// What a file says about itself: claims of its slicer, for people.
struct Stated {
  std::string slicer;    ///< "PrusaSlicer 2.7.4"; empty where it says nothing, as the next one.
  std::string material;  ///< "PLA".
  std::optional<double> print_time_s;
  std::optional<double> layer_height_mm;
  std::optional<double> first_layer_height_mm;
  std::vector<gcode::Thumbnail> thumbnails;
};

/// What is known of a job before it runs; from our own planner for the printer's profile.
struct Analysis {
  double print_time_s{};
  double filament_mm{};
  double filament_cm3{};
  std::int64_t layers{};
  struct Box {
    double min_x{}, min_y{}, min_z{}, max_x{}, max_y{}, max_z{};
  };
  std::optional<Box> printing_area;
  std::vector<std::string> warnings;
  std::string error;  ///< Why the job cannot be printed on this printer; empty if it can.
};

struct Entry {
  std::string path;
  std::string display;
  bool is_folder = false;
  std::string sha256;
  std::int64_t size{};
  store::UnixMs uploaded{};
  std::string user;
  std::optional<Stated> stated;      ///< Absent until it has been read, which takes a moment.
  std::optional<Analysis> analysis;  ///< For the printer asked for. Absent while it is under way.
};

/// What a file held before it was replaced.
struct Version {
  std::string sha256;
  std::int64_t size{};
  store::UnixMs uploaded{};
  std::string user;  ///< Who uploaded it.
  store::UnixMs replaced{};
};

/// A file on its way in.
struct Arriving {
  std::string path;
  std::string user;
  std::int64_t received{};  ///< Bytes.
  /// How far its analysis has read; absent while there is none: the file is small, the analysts
  /// are busy, or the upload is too slow for them.
  std::optional<std::int64_t> analysed;
  std::string error;  ///< Of Analysis, if that is known already.
};

/// Says what printing a file takes on some printers: those with the same profile and planner.
struct Analyst {
  /// All that its answer depends on but the file: answers are kept by content and settings.
  std::string settings;
  /// Runs on threads of the library, Options::followers + 1 at once at most, at the lowest
  /// priority. The job is named as the file; it may still be on its way, so that reading waits.
  /// @returns nothing when it was stopped, or reading the job was (kInterrupted).
  std::function<std::optional<Analysis>(gcode::Reader, const std::stop_token&)> analyse;
  std::vector<std::string> printers;  ///< Their ids.
};

/// What happened to a file or a folder.
struct Change {
  enum class Kind : std::uint8_t {
    kFileAdded,  ///< Or replaced.
    kFileRemoved,
    kFileMoved,
    kFolderAdded,
    kFolderRemoved,
    kFolderMoved,
    kAnalysed,  ///< For all printers.
  } kind{};
  std::string path;
  std::string from;     ///< Of a move.
  std::string sha256;   ///< Of a file that was added or analysed.
  std::int64_t size{};  ///< Of a file that was added.
  std::string user;     ///< Of a file that was added.
};

/// The G-code files of a server: bytes in a folder, rows in the store.
///
/// A file appears all at once: it is written beside its place, synced, renamed, and entered into
/// the store; what a crash leaves half-written is swept up by open(). Symbolic links inside the
/// folder are never followed. An analysis that is under way ends soon after the last file of its
/// content has gone.
///
/// Threads: any.
class Library {
 public:
  struct Options {
    std::filesystem::path root;
    std::int64_t minimum_free_bytes = std::int64_t{512} << 20;
    std::int64_t quota_bytes = 0;  ///< 0: none
    /// Kept of each file. The oldest of all go sooner when the disk or the quota has no room.
    std::size_t versions = 0;
    /// So many uploads are analysed while they arrive; more, when they are whole.
    std::size_t followers = 2;
    /// An upload that brings less than 64 KiB in this time is let go, and analysed when it is
    /// whole.
    std::chrono::milliseconds patience = std::chrono::seconds(10);
  };
  /// `analysts`: one at least; the first one is also for printers that none of them names.
  [[nodiscard]] static Result<std::unique_ptr<Library>> open(store::Store& store, Options options,
                                                             std::vector<Analyst> analysts);
  ~Library();

  /// A file on its way in. Destroyed before commit(): nothing remains.
  class Upload {
   public:
    virtual ~Upload() = default;
    /// @returns kFull: disk full, quota, minimum free (each names the figure and the limit); kIo.
    [[nodiscard]] virtual Result<void> write(std::span<const char> bytes) = 0;
    /// @returns kMalformed: empty, or no G-code at all.
    [[nodiscard]] virtual Result<Entry> commit() = 0;
    /// Not where begin_upload() was told, of which nothing is touched: a form may name its folder
    /// after the file. @returns also kBusy: that file is in use by a print.
    [[nodiscard]] virtual Result<Entry> commit_to(const LibraryPath& path) = 0;
  };
  /// `printer`: the analysis for it is made while the file arrives; none: when it is whole. For
  /// what comes no faster than from the disk. The upload never waits for it.
  [[nodiscard]] Result<std::unique_ptr<Upload>> begin_upload(
      const LibraryPath& path, std::string user, const std::optional<std::string>& printer = {});
  /// Uploads under way, the oldest first.
  [[nodiscard]] std::vector<Arriving> arriving() const;

  /// Everything, folders first, with the analyses for `printer`.
  [[nodiscard]] Result<std::vector<Entry>> list(std::string_view printer = {}) const;
  [[nodiscard]] Result<std::optional<Entry>> find(const LibraryPath& path,
                                                  std::string_view printer = {}) const;
  /// Waits for the analysis of a content for a printer; it becomes the next one.
  /// @returns kNotFound when the file goes or gets another content; kInterrupted after `stop`.
  [[nodiscard]] Result<Analysis> await_analysis(const LibraryPath& path, std::string_view sha256,
                                                std::string_view printer,
                                                std::stop_token stop) const;
  [[nodiscard]] Result<void> make_folder(const LibraryPath& path);
  /// @returns kNotFound; kBusy: in use by a print.
  [[nodiscard]] Result<void> remove(const LibraryPath& path);
  [[nodiscard]] Result<Entry> copy(const LibraryPath& from, const LibraryPath& to);
  [[nodiscard]] Result<Entry> move(const LibraryPath& from, const LibraryPath& to);
  /// What the file held before, newest first. They go with their file, and move with it.
  [[nodiscard]] Result<std::vector<Version>> versions(const LibraryPath& path) const;
  /// Puts a version into the place of the file, which becomes a version itself.
  /// @returns kNotFound; as an upload.
  [[nodiscard]] Result<Entry> restore(const LibraryPath& path, const std::string& sha256,
                                      std::string user);
  /// Where the bytes of a version are, for reading. @returns kNotFound.
  [[nodiscard]] Result<std::filesystem::path> version_location(const LibraryPath& path,
                                                               const std::string& sha256) const;
  /// Where the bytes are, for reading.
  [[nodiscard]] std::filesystem::path location(const LibraryPath& path) const;
  /// A file that a print uses cannot be replaced, moved or removed until `release`.
  void hold(const LibraryPath& path);
  void release(const LibraryPath& path);

  struct Space {
    std::int64_t free_bytes{};
    std::int64_t total_bytes{};
  };
  [[nodiscard]] Space space() const;
  /// Told after each change, on the thread that made it.
  void on_change(std::function<void(const Change&)> listener);

 private:
  class Impl;
  explicit Library(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::files
