#include "stepcast/files/library.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "stepcast/base/contracts.hpp"
#include "stepcast/store/files.hpp"

#include "analysis_json.hpp"
#include "folder_tree.hpp"
#include "library_impl.hpp"
#include "library_parts.hpp"
#include "sha256.hpp"

namespace stepcast::files {
namespace {

Entry folder_entry(const LibraryPath& path, const FolderTree::Found& found) {
  return {.path = path.text(),
          .display = path.name(),
          .is_folder = true,
          .sha256 = {},
          .size = 0,
          .uploaded = found.modified_ms,
          .user = {},
          .stated = {},
          .analysis = {}};
}

std::vector<std::string> hashes_of(const std::vector<Analyst>& analysts) {
  std::vector<std::string> hashes;
  for (const Analyst& analyst : analysts) {
    Sha256 hash;
    hash.update(analyst.settings);
    hashes.push_back(hash.finish());
  }
  return hashes;
}

}  // namespace

// --- opening ---

Library::Impl::Impl(store::Store& store, Options options, std::vector<Analyst> analysts,
                    FolderTree tree)
    : store_(store),
      options_(std::move(options)),
      analysts_(std::move(analysts)),
      settings_(hashes_of(analysts_)),
      tree_(std::move(tree)) {}

Result<Entry> Library::Impl::adopt(const LibraryPath& path, const store::FileRow* known) {
  const auto file = tree_.open_file(path);
  if (!file) {
    return tl::unexpected(file.error());
  }
  Sha256 hash;
  std::int64_t size = 0;
  auto read = read_file(*file, path.text(), [&](std::span<const char> bytes) -> Result<void> {
    hash.update(bytes);
    size += static_cast<std::int64_t>(bytes.size());
    return {};
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  store::FileRow row{.path = path.text(),
                     .display = known != nullptr ? known->display : path.name(),
                     .sha256 = hash.finish(),
                     .size = size,
                     .uploaded = wall_clock_ms(),
                     .user = known != nullptr ? known->user : std::string(),
                     .stated = {}};
  if (known != nullptr && known->sha256 == row.sha256) {
    row.stated = known->stated;
  }
  auto written =
      store_.write([&](store::Session& session) { return store::put_file(session, row); });
  if (!written) {
    return tl::unexpected(written.error());
  }
  return entry_of(row);
}

/// Makes rows and files agree: the files are right.
Result<void> Library::Impl::sweep() {
  auto rows = rows_by_path();
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  std::vector<LibraryPath> strangers;
  auto walked = tree_.walk([&](const LibraryPath& path, const FolderTree::Found& found) {
    if (found.kind != FolderTree::Kind::kFile) {
      return;
    }
    stored_bytes_ += found.size;
    const auto row = rows->find(path.text());
    // A file that is younger than its row was replaced without it.
    if (row == rows->end() || row->second.size != found.size ||
        row->second.uploaded < found.modified_ms) {
      strangers.push_back(path);
    } else {
      analyse_later(row->second.path, row->second.sha256);
      rows->erase(row);
    }
  });
  if (!walked) {
    return walked;
  }
  for (const LibraryPath& path : strangers) {
    const auto row = rows->find(path.text());
    auto entry = adopt(path, row == rows->end() ? nullptr : &row->second);
    if (!entry) {
      return tl::unexpected(entry.error());
    }
    if (row != rows->end()) {
      if (auto known = know_former(row->second, *entry); !known) {
        return known;
      }
    }
    analyse_later(entry->path, entry->sha256);
    rows->erase(path.text());
  }
  if (auto swept = sweep_versions(); !swept) {
    return swept;
  }
  return store_.write([&](store::Session& session) -> Result<void> {
    for (const auto& [path, row] : *rows) {
      if (auto removed = store::remove_file(session, path); !removed) {
        return tl::unexpected(removed.error());
      }
    }
    return store::sweep_analyses(session, settings_);
  });
}

Result<std::map<std::string, store::FileRow>> Library::Impl::rows_by_path() const {
  std::map<std::string, store::FileRow> rows;
  auto read = store_.read([&](store::Session& session) -> Result<void> {
    auto all = store::all_files(session);
    if (!all) {
      return tl::unexpected(all.error());
    }
    for (store::FileRow& row : *all) {
      std::string path = row.path;
      rows.emplace(std::move(path), std::move(row));
    }
    return {};
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  return rows;
}

// --- questions ---

std::size_t Library::Impl::analyst_for(std::string_view printer) const {
  for (std::size_t i = 0; i < analysts_.size(); ++i) {
    const auto& printers = analysts_[i].printers;
    if (std::find(printers.begin(), printers.end(), printer) != printers.end()) {
      return i;
    }
  }
  return 0;
}

Result<std::vector<Entry>> Library::Impl::list(std::string_view printer) const {
  auto rows = rows_by_path();
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  std::map<std::string, std::string> results;
  auto read = store_.read([&](store::Session& session) {
    return store::analyses_with(session, settings_for(printer)).map([&](auto found) {
      for (store::AnalysisRow& row : found) {
        results.emplace(std::move(row.sha256), std::move(row.result));
      }
    });
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  std::vector<Entry> entries;
  auto walked = tree_.walk([&](const LibraryPath& path, const FolderTree::Found& found) {
    if (found.kind == FolderTree::Kind::kFolder) {
      entries.push_back(folder_entry(path, found));
    }
  });
  if (!walked) {
    return tl::unexpected(walked.error());
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.path < b.path; });
  for (const auto& [path, row] : *rows) {
    Entry& entry = entries.emplace_back(entry_of(row));
    if (const auto result = results.find(row.sha256); result != results.end()) {
      entry.analysis = analysis_from_json(result->second);
    }
  }
  return entries;
}

Result<std::optional<Entry>> Library::Impl::find(const LibraryPath& path,
                                                 std::string_view printer) const {
  std::optional<Entry> entry;
  auto read = store_.read([&](store::Session& session) -> Result<void> {
    auto row = store::find_file(session, path.text());
    if (!row || !*row) {
      return row ? Result<void>() : tl::unexpected(row.error());
    }
    auto result = store::find_analysis(session, (*row)->sha256, settings_for(printer));
    if (!result) {
      return tl::unexpected(result.error());
    }
    entry = entry_of(**row);
    if (*result) {
      entry->analysis = analysis_from_json((*result)->result);
    }
    return {};
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  const auto found = tree_.find(path);
  if (!found) {
    return tl::unexpected(found.error());
  }
  if (entry && found->kind != FolderTree::Kind::kFile) {
    entry.reset();  // somebody has taken it away, or put a link there
  }
  if (!entry) {
    if (found->kind == FolderTree::Kind::kFolder) {
      entry = folder_entry(path, *found);
    }
  }
  return entry;
}

// --- the library ---

Result<std::unique_ptr<Library>> Library::open(store::Store& store, Options options,
                                               std::vector<Analyst> analysts) {
  STEPCAST_CHECK(!analysts.empty());
  auto tree = FolderTree::open(options.root);
  if (!tree) {
    return tl::unexpected(tree.error());
  }
  auto impl =
      std::make_unique<Impl>(store, std::move(options), std::move(analysts), std::move(*tree));
  if (auto swept = impl->sweep(); !swept) {
    return tl::unexpected(swept.error());
  }
  impl->start_analysis();
  return std::unique_ptr<Library>(new Library(std::move(impl)));
}

Library::Library(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Library::~Library() = default;

Result<std::unique_ptr<Library::Upload>> Library::begin_upload(
    const LibraryPath& path, std::string user, const std::optional<std::string>& printer) {
  return impl_->begin_upload(path, std::move(user), printer);
}
std::vector<Arriving> Library::arriving() const {
  return impl_->arriving();
}
Result<std::vector<Entry>> Library::list(std::string_view printer) const {
  return impl_->list(printer);
}
Result<std::optional<Entry>> Library::find(const LibraryPath& path,
                                           std::string_view printer) const {
  return impl_->find(path, printer);
}
Result<Analysis> Library::await_analysis(
    const LibraryPath& path, std::string_view sha256, std::string_view printer,
    // NOLINTNEXTLINE(performance-unnecessary-value-param): the contract of the header
    std::stop_token stop) const {
  return impl_->await_analysis(path, sha256, printer, stop);
}
Result<void> Library::make_folder(const LibraryPath& path) {
  return impl_->make_folder(path);
}
Result<void> Library::remove(const LibraryPath& path) {
  return impl_->remove(path);
}
Result<Entry> Library::copy(const LibraryPath& from, const LibraryPath& to) {
  return impl_->copy(from, to);
}
Result<Entry> Library::move(const LibraryPath& from, const LibraryPath& to) {
  return impl_->move(from, to);
}
Result<std::vector<Version>> Library::versions(const LibraryPath& path) const {
  return impl_->versions(path);
}
Result<Entry> Library::restore(const LibraryPath& path, const std::string& sha256,
                               std::string user) {
  return impl_->restore(path, sha256, std::move(user));
}
Result<std::filesystem::path> Library::version_location(const LibraryPath& path,
                                                        const std::string& sha256) const {
  return impl_->check_version(path, sha256).map([&] { return impl_->tree_.version_path(sha256); });
}
std::filesystem::path Library::location(const LibraryPath& path) const {
  return impl_->tree_.root() / path.text();
}
void Library::hold(const LibraryPath& path) {
  const std::lock_guard lock(impl_->mutex_);
  ++impl_->held_[path.text()];
}
void Library::release(const LibraryPath& path) {
  const std::lock_guard lock(impl_->mutex_);
  const auto held = impl_->held_.find(path.text());
  if (held != impl_->held_.end() && --held->second == 0) {
    impl_->held_.erase(held);
  }
}
Library::Space Library::space() const {
  return impl_->tree_.space();
}
void Library::on_change(std::function<void(const Change&)> listener) {
  const std::lock_guard lock(impl_->mutex_);
  impl_->listeners_.push_back(std::move(listener));
}

}  // namespace stepcast::files
