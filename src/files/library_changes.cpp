// What may be done to a file of the library, and to its row.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "library_impl.hpp"
#include "library_parts.hpp"

namespace stepcast::files {
namespace {

Change change_of(Change::Kind kind, const LibraryPath& path, std::string from = {}) {
  return {.kind = kind,
          .path = path.text(),
          .from = std::move(from),
          .sha256 = {},
          .size = 0,
          .user = {}};
}

}  // namespace

Result<void> Library::Impl::may_change(const LibraryPath& path) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [held, count] : held_) {
    if (held == path.text() || is_inside(held, path.text())) {
      return fail(Errc::kBusy, "a print uses this file", held, "wait until the print has ended");
    }
  }
  return {};
}

Result<void> Library::Impl::make_folder(const LibraryPath& path) {
  {
    const std::lock_guard changes(changes_);
    if (auto made = tree_.make_folder(path); !made) {
      return made;
    }
  }
  tell(change_of(Change::Kind::kFolderAdded, path));
  return {};
}

Result<void> Library::Impl::remove(const LibraryPath& path) {
  bool is_folder = false;
  {
    const std::lock_guard changes(changes_);
    if (auto may = may_change(path); !may) {
      return may;
    }
    const auto found = tree_.find(path);
    if (!found) {
      return tl::unexpected(found.error());
    }
    if (found->kind != FolderTree::Kind::kFile && found->kind != FolderTree::Kind::kFolder) {
      return fail(Errc::kNotFound, "there is no such file", path.text());
    }
    is_folder = found->kind == FolderTree::Kind::kFolder;
    if (auto removed = is_folder ? remove_all(path) : remove_one(path, found->size); !removed) {
      return removed;
    }
  }
  stop_needless_analysis();
  using Kind = Change::Kind;
  tell(change_of(is_folder ? Kind::kFolderRemoved : Kind::kFileRemoved, path));
  return {};
}

Result<void> Library::Impl::remove_one(const LibraryPath& path, std::int64_t size) {
  if (auto removed = tree_.remove_file(path); !removed) {
    return removed;
  }
  {
    const std::lock_guard lock(mutex_);
    stored_bytes_ -= size;
  }
  auto removed = store_.write([&](store::Session& session) -> Result<void> {
    auto gone = store::remove_file(session, path.text());
    return gone ? Result<void>() : tl::unexpected(gone.error());
  });
  if (!removed) {
    return removed;
  }
  const auto versions = version_rows(path.text());
  if (!versions) {
    return tl::unexpected(versions.error());
  }
  return versions->empty() ? Result<void>() : remove_versions(*versions);
}

/// A folder and everything in it, the innermost first.
Result<void> Library::Impl::remove_all(const LibraryPath& path) {
  std::vector<std::pair<LibraryPath, FolderTree::Found>> inside;
  auto walked = tree_.walk([&](const LibraryPath& at, const FolderTree::Found& found) {
    if (is_inside(at.text(), path.text())) {
      inside.emplace_back(at, found);
    }
  });
  if (!walked) {
    return walked;
  }
  std::reverse(inside.begin(), inside.end());
  for (const FolderTree::Kind kind : {FolderTree::Kind::kFile, FolderTree::Kind::kFolder}) {
    for (const auto& [at, found] : inside) {
      if (found.kind != kind) {
        continue;
      }
      auto removed =
          kind == FolderTree::Kind::kFile ? remove_one(at, found.size) : tree_.remove_folder(at);
      if (!removed) {
        return removed;
      }
    }
  }
  return tree_.remove_folder(path);
}

Result<Entry> Library::Impl::copy(const LibraryPath& from, const LibraryPath& to) {
  const auto target = tree_.find(to);
  if (!target) {
    return tl::unexpected(target.error());
  }
  if (target->kind != FolderTree::Kind::kNothing) {
    return fail(Errc::kBusy, "the name is already taken", to.text(), "choose another name");
  }
  const auto source = tree_.find(from);
  if (!source) {
    return tl::unexpected(source.error());
  }
  if (source->kind == FolderTree::Kind::kFolder) {
    return fail(Errc::kUnsupported, "folders cannot be copied", from.text(), "copy its files");
  }
  const auto file = tree_.open_file(from);
  if (!file) {
    return tl::unexpected(file.error());
  }
  const auto known = find(from, {});
  return copy_in(*file, to, known && *known ? (*known)->user : std::string());
}

Result<Entry> Library::Impl::copy_in(const Descriptor& file, const LibraryPath& to,
                                     std::string user) {
  auto upload = begin_upload(to, std::move(user), std::nullopt);
  if (!upload) {
    return tl::unexpected(upload.error());
  }
  auto copied = read_file(file, to.text(),
                          [&](std::span<const char> bytes) { return (*upload)->write(bytes); });
  if (!copied) {
    return tl::unexpected(copied.error());
  }
  return (*upload)->commit();
}

Result<Entry> Library::Impl::move(const LibraryPath& from, const LibraryPath& to) {
  if (to.text() == from.text() || is_inside(to.text(), from.text())) {
    return fail(Errc::kInvalidArgument, fmt::format("cannot move {} into itself", from.text()),
                to.text(), "choose another name");
  }
  {
    const std::lock_guard changes(changes_);
    if (auto may = may_change(from); !may) {
      return tl::unexpected(may.error());
    }
    const auto found = tree_.find(from);
    if (!found) {
      return tl::unexpected(found.error());
    }
    if (found->kind != FolderTree::Kind::kFile && found->kind != FolderTree::Kind::kFolder) {
      return fail(Errc::kNotFound, "there is no such file", from.text());
    }
    auto rows = rows_by_path();
    if (!rows) {
      return tl::unexpected(rows.error());
    }
    if (auto moved = tree_.move(from, to); !moved) {
      return tl::unexpected(moved.error());
    }
    auto written = store_.write([&](store::Session& session) -> Result<void> {
      for (const auto& [path, row] : *rows) {
        if (path != from.text() && !is_inside(path, from.text())) {
          continue;
        }
        store::FileRow renamed = row;
        renamed.path = to.text() + path.substr(from.text().size());
        if (path == from.text()) {
          renamed.display = to.name();
        }
        if (auto removed = store::remove_file(session, path); !removed) {
          return tl::unexpected(removed.error());
        }
        if (auto put = store::put_file(session, renamed); !put) {
          return put;
        }
        if (auto moved = store::move_file_versions(session, path, renamed.path); !moved) {
          return moved;
        }
      }
      return {};
    });
    if (!written) {
      static_cast<void>(tree_.move(to, from));
      return tl::unexpected(written.error());
    }
  }
  tell_news();
  auto entry = find(to, {});
  if (!entry) {
    return tl::unexpected(entry.error());
  }
  if (!*entry) {
    return fail(Errc::kNotFound, "the file has gone again", to.text());
  }
  using Kind = Change::Kind;
  tell(change_of((*entry)->is_folder ? Kind::kFolderMoved : Kind::kFileMoved, to, from.text()));
  return **entry;
}

}  // namespace stepcast::files
