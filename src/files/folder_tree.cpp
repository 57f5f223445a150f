#include "folder_tree.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace stepcast::files {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr mode_t kFolderMode = 0750;
constexpr mode_t kFileMode = 0640;

tl::unexpected<Error> io_error(std::string_view what, std::string location, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  Errc code = full ? Errc::kFull : Errc::kIo;
  std::string remedy = full ? "make room on the disk" : "check the folder of the library";
  if (error == ENOENT) {
    code = Errc::kNotFound;
    remedy = {};
  } else if (error == EEXIST || error == ENOTEMPTY) {
    code = Errc::kBusy;
    remedy = "choose another name, or remove what is there";
  } else if (error == ELOOP || error == ENOTDIR) {
    code = Errc::kNotFound;
    remedy = "links are not followed, and a file is no folder";
  }
  return fail(code, fmt::format("cannot {}: {}", what, std::generic_category().message(error)),
              std::move(location), std::move(remedy));
}

FolderTree::Found found_of(const struct stat& status) {
  constexpr std::int64_t kMsPerS = 1'000;
  constexpr std::int64_t kNsPerMs = 1'000'000;
  FolderTree::Found found;
  found.kind = S_ISREG(status.st_mode)   ? FolderTree::Kind::kFile
               : S_ISDIR(status.st_mode) ? FolderTree::Kind::kFolder
                                         : FolderTree::Kind::kOther;
  found.size = status.st_size;
  found.modified_ms = status.st_mtim.tv_sec * kMsPerS + status.st_mtim.tv_nsec / kNsPerMs;
  return found;
}

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};
using FolderStream = std::unique_ptr<DIR, CloseFolder>;

}  // namespace

std::vector<std::string> names_in(int folder) {
  std::vector<std::string> names;
  const int copy = openat(folder, ".", kFolderFlags);
  const FolderStream stream(copy < 0 ? nullptr : fdopendir(copy));
  if (!stream) {
    if (copy >= 0) {
      close(copy);
    }
    return names;
  }
  // readdir() is safe on a stream that nobody else has.
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  while (const dirent* entry = readdir(stream.get())) {
    const std::string_view name = static_cast<const char*>(entry->d_name);
    if (name != "." && name != "..") {
      names.emplace_back(name);
    }
  }
  return names;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

FolderTree::FolderTree(std::filesystem::path root, Descriptor folder, Descriptor incoming,
                       Descriptor versions)
    : root_(std::move(root)),
      folder_(std::move(folder)),
      incoming_(std::move(incoming)),
      versions_(std::move(versions)) {}

Result<FolderTree> FolderTree::open(const std::filesystem::path& root) {
  std::error_code error;
  std::filesystem::create_directories(root, error);
  // The root itself may be a link: it is the administrator's.
  Descriptor folder(::open(root.c_str(), kFolderFlags & ~O_NOFOLLOW));
  if (!folder.is_open()) {
    return io_error("open the library", root.string(), errno);
  }
  std::array<Descriptor, 2> own;
  for (auto [name, opened] :
       {std::pair(std::string(kIncoming), &own[0]), std::pair(std::string(kVersions), &own[1])}) {
    if (mkdirat(folder.get(), name.c_str(), kFolderMode) != 0 && errno != EEXIST) {
      return io_error("write to the library", root.string(), errno);
    }
    *opened = Descriptor(openat(folder.get(), name.c_str(), kFolderFlags));
    if (!opened->is_open()) {
      return io_error("open the library", (root / name).string(), errno);
    }
  }
  auto& [incoming, versions] = own;
  for (const std::string& leftover : names_in(incoming.get())) {
    unlinkat(incoming.get(), leftover.c_str(), 0);
  }
  return FolderTree(root, std::move(folder), std::move(incoming), std::move(versions));
}

Result<Descriptor> FolderTree::open_folder(const std::string& folder, bool create) const {
  Descriptor at(openat(folder_.get(), ".", kFolderFlags));
  if (!at.is_open()) {
    return io_error("open the library", root_.string(), errno);
  }
  for (std::string_view rest = folder; !rest.empty();) {
    const std::size_t slash = rest.find('/');
    const std::string name(rest.substr(0, slash));
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
    if (create) {
      if (mkdirat(at.get(), name.c_str(), kFolderMode) == 0) {
        fsync(at.get());
      } else if (errno != EEXIST) {
        return io_error("make the folder", folder, errno);
      }
    }
    Descriptor next(openat(at.get(), name.c_str(), kFolderFlags));
    if (!next.is_open()) {
      return io_error("open the folder", folder, errno);
    }
    at = std::move(next);
  }
  return at;
}

Result<FolderTree::Found> FolderTree::find(const LibraryPath& path) const {
  const auto folder = open_folder(path.folder(), false);
  if (!folder) {
    return folder.error().code == Errc::kNotFound ? Result<Found>(Found{})
                                                  : tl::unexpected(folder.error());
  }
  struct stat status {};
  if (fstatat(folder->get(), path.name().c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) {
      return Found{};
    }
    return io_error("look at", path.text(), errno);
  }
  return found_of(status);
}

Result<Descriptor> FolderTree::open_file(const LibraryPath& path) const {
  const auto folder = open_folder(path.folder(), false);
  if (!folder) {
    return tl::unexpected(folder.error());
  }
  // Without waiting: somebody may have put a pipe there.
  Descriptor file(
      openat(folder->get(), path.name().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file.is_open() || fstat(file.get(), &status) != 0) {
    return io_error("read", path.text(), errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(Errc::kNotFound, "this is not a file", path.text());
  }
  return file;
}

Result<FolderTree::Incoming> FolderTree::create_incoming() {
  std::uint64_t random = 0;
  if (getrandom(&random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) {
    return io_error("choose a name", root_.string(), errno);
  }
  Incoming incoming;
  incoming.name = fmt::format("{:016x}", random);
  incoming.file = Descriptor(openat(incoming_.get(), incoming.name.c_str(),
                                    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  if (!incoming.file.is_open()) {
    return io_error("write", incoming_path(incoming.name).string(), errno);
  }
  return incoming;
}

void FolderTree::drop_incoming(const std::string& name) {
  unlinkat(incoming_.get(), name.c_str(), 0);
}

std::filesystem::path FolderTree::incoming_path(const std::string& name) const {
  return root_ / kIncoming / name;
}

Result<void> FolderTree::put(const std::string& name, const LibraryPath& path) {
  const auto folder = open_folder(path.folder(), true);
  if (!folder) {
    return tl::unexpected(folder.error());
  }
  const std::string target = path.name();
  const auto rename_as = [&](unsigned flags) {
    return renameat2(incoming_.get(), name.c_str(), folder->get(), target.c_str(), flags) == 0;
  };
  // Exchanging keeps the old file until the new one is entered into the store. File systems that
  // cannot do that replace it.
  bool done = rename_as(RENAME_NOREPLACE);
  if (!done && errno == EEXIST) {
    done = rename_as(RENAME_EXCHANGE);
  }
  if (!done && (errno == EINVAL || errno == ENOSYS)) {
    done = rename_as(0);
  }
  if (!done) {
    return io_error("put the file into its place", path.text(), errno);
  }
  if (fsync(folder->get()) != 0) {
    return io_error("save the folder of", path.text(), errno);
  }
  return {};
}

Result<bool> FolderTree::keep_version(const LibraryPath& path, const std::string& sha256) {
  const auto folder = open_folder(path.folder(), false);
  if (!folder) {
    return tl::unexpected(folder.error());
  }
  if (linkat(folder->get(), path.name().c_str(), versions_.get(), sha256.c_str(), 0) == 0) {
    fsync(versions_.get());
    return true;
  }
  if (errno == EEXIST) {
    return false;
  }
  return io_error("keep the former version of", path.text(), errno);
}

std::int64_t FolderTree::drop_version(const std::string& sha256) {
  const std::int64_t size = version_size(sha256);
  return unlinkat(versions_.get(), sha256.c_str(), 0) == 0 ? size : 0;
}

bool FolderTree::has_version(const std::string& sha256) const {
  return faccessat(versions_.get(), sha256.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

std::int64_t FolderTree::version_size(const std::string& sha256) const {
  struct stat status {};
  const bool found = fstatat(versions_.get(), sha256.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  return found ? status.st_size : 0;
}

Result<Descriptor> FolderTree::open_version(const std::string& sha256) const {
  Descriptor file(openat(versions_.get(), sha256.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file.is_open()) {
    return io_error("read the version", sha256, errno);
  }
  return file;
}

std::vector<std::string> FolderTree::version_names() const {
  return names_in(versions_.get());
}

std::filesystem::path FolderTree::version_path(const std::string& sha256) const {
  return root_ / kVersions / sha256;
}

Result<void> FolderTree::make_folder(const LibraryPath& path) {
  const auto folder = open_folder(path.folder(), true);
  if (!folder) {
    return tl::unexpected(folder.error());
  }
  if (mkdirat(folder->get(), path.name().c_str(), kFolderMode) != 0) {
    return io_error("make the folder", path.text(), errno);
  }
  fsync(folder->get());
  return {};
}

Result<void> FolderTree::remove_file(const LibraryPath& path) {
  const auto folder = open_folder(path.folder(), false);
  if (!folder) {
    return tl::unexpected(folder.error());
  }
  if (unlinkat(folder->get(), path.name().c_str(), 0) != 0) {
    return io_error("remove", path.text(), errno);
  }
  fsync(folder->get());
  return {};
}

Result<void> FolderTree::remove_folder(const LibraryPath& path) {
  const auto folder = open_folder(path.folder(), false);
  if (!folder) {
    return tl::unexpected(folder.error());
  }
  if (unlinkat(folder->get(), path.name().c_str(), AT_REMOVEDIR) != 0) {
    return io_error("remove the folder", path.text(), errno);
  }
  fsync(folder->get());
  return {};
}

Result<void> FolderTree::move(const LibraryPath& from, const LibraryPath& to) {
  const auto source = open_folder(from.folder(), false);
  if (!source) {
    return tl::unexpected(source.error());
  }
  const auto target = open_folder(to.folder(), true);
  if (!target) {
    return tl::unexpected(target.error());
  }
  if (renameat2(source->get(), from.name().c_str(), target->get(), to.name().c_str(),
                RENAME_NOREPLACE) != 0) {
    return io_error(fmt::format("move {}", from.text()), to.text(), errno);
  }
  fsync(source->get());
  fsync(target->get());
  return {};
}

Result<void> FolderTree::walk(
    const std::function<void(const LibraryPath&, const Found&)>& visit) const {
  std::vector<std::string> folders{std::string()};
  while (!folders.empty()) {
    const std::string at = std::move(folders.back());
    folders.pop_back();
    const auto folder = open_folder(at, false);
    if (!folder) {
      if (folder.error().code == Errc::kNotFound) {
        continue;  // removed in the meantime
      }
      return tl::unexpected(folder.error());
    }
    for (const std::string& name : names_in(folder->get())) {
      const auto path = LibraryPath::parse(at.empty() ? name : fmt::format("{}/{}", at, name));
      struct stat status {};
      if (!path || fstatat(folder->get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        continue;  // nothing of ours
      }
      const Found found = found_of(status);
      if (found.kind == Kind::kFile || found.kind == Kind::kFolder) {
        visit(*path, found);
      }
      if (found.kind == Kind::kFolder) {
        folders.push_back(path->text());
      }
    }
  }
  return {};
}

Library::Space FolderTree::space() const {
  struct statvfs status {};
  if (fstatvfs(folder_.get(), &status) != 0) {
    return {};
  }
  const auto block = static_cast<std::int64_t>(status.f_frsize);
  return {.free_bytes = static_cast<std::int64_t>(status.f_bavail) * block,
          .total_bytes = static_cast<std::int64_t>(status.f_blocks) * block};
}

}  // namespace stepcast::files
