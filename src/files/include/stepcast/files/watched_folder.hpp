#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "stepcast/base/result.hpp"
#include "stepcast/files/library.hpp"

namespace stepcast::files {

/// Takes G-code files that are put into a folder (by a slicer, a share of the network, a script)
/// into the library, and then removes them from there.
///
/// A file is taken when nobody has it open for writing, as far as the system can tell, and it has
/// stayed as it is for a while; if it changes while it is read, what was read is thrown away and
/// its turn comes again. It is removed only after the library has it on disk. What cannot be taken
/// stays where it is and is told once; it is tried again when it changes, and, if the library was
/// full or a print used the file of that name, after a while.
///
/// Only the folder itself is watched, not what is in its folders. Links, hidden files and what has
/// no ending of G-code (.gcode, .gco, .g) are left alone.
///
/// Threads: one of its own.
class WatchedFolder {
 public:
  struct Options {
    std::filesystem::path folder;  ///< Is made if it is not there.
    /// For so long a file must stay as it is. Programs that write in several goes make pauses.
    std::chrono::milliseconds quiet{2'000};
    /// Shares of the network tell nothing of changes: so often the folder is looked through.
    std::chrono::milliseconds look_every{10'000};
    /// How soon what was refused for want of room, or because of a print, is tried again.
    std::chrono::milliseconds retry{60'000};
    /// Told of each file, on the folder's thread: taken in, or why not (once for each reason).
    std::function<void(const std::string& name, const Result<Entry>&)> tell;
  };

  /// `library` must outlive it.
  /// @returns kIo, kNotFound or kDenied when the folder cannot be made, read and written.
  [[nodiscard]] static Result<std::unique_ptr<WatchedFolder>> open(Library& library,
                                                                   Options options);
  ~WatchedFolder();
  WatchedFolder(const WatchedFolder&) = delete;
  WatchedFolder& operator=(const WatchedFolder&) = delete;

 private:
  class Impl;
  explicit WatchedFolder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::files
