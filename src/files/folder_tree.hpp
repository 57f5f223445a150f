#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/files/library.hpp"

namespace stepcast::files {

/// An open file or folder.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// The names in an open folder, without "." and "..".
[[nodiscard]] std::vector<std::string> names_in(int folder);

/// The folder of a library on disk. Every path is walked name by name without following links, so
/// nothing outside of the folder is ever touched, whatever somebody puts into it.
///
/// Threads: any; who needs two steps to be one must see to it.
class FolderTree {
 public:
  enum class Kind : std::uint8_t { kNothing, kFile, kFolder, kOther };
  struct Found {
    Kind kind = Kind::kNothing;
    std::int64_t size = 0;
    std::int64_t modified_ms = 0;  ///< Since 1970.
  };
  /// A name that no LibraryPath can have: for what is on its way in.
  static constexpr std::string_view kIncoming = ".incoming";
  /// The same for what files held before.
  static constexpr std::string_view kVersions = ".versions";

  /// Creates the folder if it is not there, and empties `.incoming`.
  [[nodiscard]] static Result<FolderTree> open(const std::filesystem::path& root);

  [[nodiscard]] Result<Found> find(const LibraryPath& path) const;
  [[nodiscard]] Result<Descriptor> open_file(const LibraryPath& path) const;

  struct Incoming {
    Descriptor file;
    std::string name;  ///< Inside `.incoming`.
  };
  [[nodiscard]] Result<Incoming> create_incoming();
  void drop_incoming(const std::string& name);
  [[nodiscard]] std::filesystem::path incoming_path(const std::string& name) const;
  /// Puts a synced incoming file into its place at once, durably; folders on the way are made. What
  /// was there before is in `.incoming` under `name` afterwards, so that it can be put back.
  [[nodiscard]] Result<void> put(const std::string& name, const LibraryPath& path);

  /// Keeps the bytes of a file beside the library, by their hash, for when it is replaced.
  /// @returns whether they were not kept before; kIo where the file system has no hard links.
  [[nodiscard]] Result<bool> keep_version(const LibraryPath& path, const std::string& sha256);
  /// @returns the bytes that were freed.
  std::int64_t drop_version(const std::string& sha256);
  [[nodiscard]] bool has_version(const std::string& sha256) const;
  [[nodiscard]] std::int64_t version_size(const std::string& sha256) const;
  [[nodiscard]] Result<Descriptor> open_version(const std::string& sha256) const;
  [[nodiscard]] std::vector<std::string> version_names() const;
  [[nodiscard]] std::filesystem::path version_path(const std::string& sha256) const;

  [[nodiscard]] Result<void> make_folder(const LibraryPath& path);
  [[nodiscard]] Result<void> remove_file(const LibraryPath& path);
  /// Only if it is empty.
  [[nodiscard]] Result<void> remove_folder(const LibraryPath& path);
  /// Never replaces anything.
  [[nodiscard]] Result<void> move(const LibraryPath& from, const LibraryPath& to);

  /// Every file and folder that a LibraryPath can name, folders before what is in them.
  [[nodiscard]] Result<void> walk(
      const std::function<void(const LibraryPath&, const Found&)>& visit) const;

  [[nodiscard]] Library::Space space() const;
  [[nodiscard]] const std::filesystem::path& root() const { return root_; }

 private:
  FolderTree(std::filesystem::path root, Descriptor folder, Descriptor incoming,
             Descriptor versions);
  [[nodiscard]] Result<Descriptor> open_folder(const std::string& folder, bool create) const;

  std::filesystem::path root_;
  Descriptor folder_;
  Descriptor incoming_;
  Descriptor versions_;
};

}  // namespace stepcast::files
