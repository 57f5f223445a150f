// What files held before they were replaced.
#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "stepcast/store/file_versions.hpp"

#include "library_impl.hpp"
#include "library_parts.hpp"

namespace stepcast::files {

/// Before a file is replaced by other bytes. @returns what it held, if that is kept: on file
/// systems without hard links it is not, and the upload goes on all the same. With changes_.
std::optional<store::FileVersionRow> Library::Impl::keep_former(const LibraryPath& path,
                                                                const store::FileRow& next) {
  if (options_.versions == 0) {
    return std::nullopt;
  }
  std::optional<store::FileVersionRow> former;
  const auto read = store_.read([&](store::Session& session) {
    return store::find_file(session, path.text()).map([&](const auto& known) {
      if (known && known->sha256 != next.sha256) {
        former = store::FileVersionRow{.path = known->path,
                                       .sha256 = known->sha256,
                                       .size = known->size,
                                       .uploaded = known->uploaded,
                                       .user = known->user,
                                       .replaced = next.uploaded};
      }
    });
  });
  if (!read || !former) {
    return std::nullopt;
  }
  const auto kept = tree_.keep_version(path, former->sha256);
  if (!kept) {
    return std::nullopt;
  }
  if (*kept) {
    const std::lock_guard lock(mutex_);
    version_bytes_ += former->size;
  }
  return former;
}

/// A crash came between the replacing of a file and its row: what the file held is kept already.
Result<void> Library::Impl::know_former(const store::FileRow& known, const Entry& now) {
  if (known.sha256 == now.sha256 || !tree_.has_version(known.sha256)) {
    return {};
  }
  return store_.write([&](store::Session& session) {
    return store::put_file_version(session, {.path = known.path,
                                             .sha256 = known.sha256,
                                             .size = known.size,
                                             .uploaded = known.uploaded,
                                             .user = known.user,
                                             .replaced = now.uploaded});
  });
}

/// The bytes of a version that no file has any more. With changes_.
void Library::Impl::drop_unused_version(const std::string& sha256) {
  bool is_used = true;
  const auto read = store_.read([&](store::Session& session) {
    return store::is_file_version(session, sha256).map([&](bool found) { is_used = found; });
  });
  if (!read || is_used) {
    return;
  }
  const std::int64_t freed = tree_.drop_version(sha256);
  const std::lock_guard lock(mutex_);
  version_bytes_ -= freed;
}

/// Removes rows, and then the bytes that nothing needs any more. With changes_.
Result<void> Library::Impl::remove_versions(const std::vector<store::FileVersionRow>& rows) {
  auto removed = store_.write([&](store::Session& session) -> Result<void> {
    for (const store::FileVersionRow& row : rows) {
      if (auto gone = store::remove_file_version(session, row.path, row.sha256); !gone) {
        return tl::unexpected(gone.error());
      }
    }
    return {};
  });
  if (removed) {
    for (const store::FileVersionRow& row : rows) {
      drop_unused_version(row.sha256);
    }
  }
  return removed;
}

Result<std::vector<store::FileVersionRow>> Library::Impl::version_rows(
    const std::string& path) const {
  std::vector<store::FileVersionRow> rows;
  auto read = store_.read([&](store::Session& session) {
    return store::versions_of(session, path).map([&](auto found) { rows = std::move(found); });
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  return rows;
}

/// With changes_.
Result<void> Library::Impl::remove_surplus_versions(const std::string& path) {
  auto rows = version_rows(path);
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  const std::size_t kept = std::min(rows->size(), options_.versions);
  rows->erase(rows->begin(), rows->begin() + static_cast<std::ptrdiff_t>(kept));
  return rows->empty() ? Result<void>() : remove_versions(*rows);
}

/// Makes room for what is new. @returns whether there was a version to drop.
bool Library::Impl::drop_oldest_version() {
  const std::lock_guard changes(changes_);
  std::optional<store::FileVersionRow> oldest;
  const auto read = store_.read([&](store::Session& session) {
    return store::oldest_file_version(session).map([&](auto found) { oldest = std::move(found); });
  });
  return read && oldest && remove_versions({*oldest});
}

/// Makes rows and kept bytes agree; files have been swept before.
Result<void> Library::Impl::sweep_versions() {
  std::vector<store::FileVersionRow> rows;
  auto read = store_.read([&](store::Session& session) {
    return store::all_file_versions(session).map([&](auto found) { rows = std::move(found); });
  });
  if (!read) {
    return read;
  }
  std::vector<store::FileVersionRow> lost;
  std::set<std::string> paths;
  std::set<std::string> used;
  for (const store::FileVersionRow& row : rows) {
    const auto path = LibraryPath::parse(row.path);
    const auto file = path ? tree_.find(*path) : tl::unexpected(path.error());
    if (!file || file->kind != FolderTree::Kind::kFile || !tree_.has_version(row.sha256)) {
      lost.push_back(row);
    } else {
      paths.insert(row.path);
      used.insert(row.sha256);
    }
  }
  for (const std::string& name : tree_.version_names()) {
    if (used.count(name) == 0) {
      tree_.drop_version(name);
    } else {
      version_bytes_ += tree_.version_size(name);
    }
  }
  if (auto removed = lost.empty() ? Result<void>() : remove_versions(lost); !removed) {
    return removed;
  }
  for (const std::string& path : paths) {
    if (auto removed = remove_surplus_versions(path); !removed) {
      return removed;
    }
  }
  return {};
}

Result<std::vector<Version>> Library::Impl::versions(const LibraryPath& path) const {
  return version_rows(path.text()).map([](const auto& rows) {
    std::vector<Version> versions;
    versions.reserve(rows.size());
    for (const store::FileVersionRow& row : rows) {
      versions.push_back({.sha256 = row.sha256,
                          .size = row.size,
                          .uploaded = row.uploaded,
                          .user = row.user,
                          .replaced = row.replaced});
    }
    return versions;
  });
}

Result<void> Library::Impl::check_version(const LibraryPath& path,
                                          const std::string& sha256) const {
  bool is_there = false;
  auto read = store_.read([&](store::Session& session) {
    return store::find_file_version(session, path.text(), sha256).map([&](const auto& found) {
      is_there = found.has_value();
    });
  });
  if (!read || is_there) {
    return read;
  }
  return fail(Errc::kNotFound, fmt::format("'{}' has no such version", path.text()), {},
              "the list of its versions has their hashes");
}

Result<Entry> Library::Impl::restore(const LibraryPath& path, const std::string& sha256,
                                     std::string user) {
  if (auto there = check_version(path, sha256); !there) {
    return tl::unexpected(there.error());
  }
  const auto bytes = tree_.open_version(sha256);
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }
  return copy_in(*bytes, path, std::move(user));
}

}  // namespace stepcast::files
