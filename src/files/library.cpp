#include "stepcast/files/library.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

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
          .analysis = {}};
}

}  // namespace

// --- opening ---

Library::Impl::Impl(store::Store& store, Options options, Analyse analyse, FolderTree tree)
    : store_(store),
      options_(std::move(options)),
      analyse_(std::move(analyse)),
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
                     .analysis = {}};
  if (known != nullptr && known->sha256 == row.sha256) {
    row.analysis = known->analysis;
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
      if (!entry_of(row->second).analysis) {
        analyse_later(row->second.path, row->second.sha256);
      }
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
    if (!entry->analysis) {
      analyse_later(entry->path, entry->sha256);
    }
    rows->erase(path.text());
  }
  if (rows->empty()) {
    return {};
  }
  return store_.write([&](store::Session& session) -> Result<void> {
    for (const auto& [path, row] : *rows) {
      if (auto removed = store::remove_file(session, path); !removed) {
        return tl::unexpected(removed.error());
      }
    }
    return {};
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

Result<std::vector<Entry>> Library::Impl::list() const {
  auto rows = rows_by_path();
  if (!rows) {
    return tl::unexpected(rows.error());
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
    entries.push_back(entry_of(row));
  }
  return entries;
}

Result<std::optional<Entry>> Library::Impl::find(const LibraryPath& path) const {
  std::optional<Entry> entry;
  auto read = store_.read([&](store::Session& session) -> Result<void> {
    auto row = store::find_file(session, path.text());
    if (!row) {
      return tl::unexpected(row.error());
    }
    if (*row) {
      entry = entry_of(**row);
    }
    return {};
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  if (!entry) {
    const auto found = tree_.find(path);
    if (!found) {
      return tl::unexpected(found.error());
    }
    if (found->kind == FolderTree::Kind::kFolder) {
      entry = folder_entry(path, *found);
    }
  }
  return entry;
}

// --- analysis ---

void Library::Impl::start_analysis() {
  analyst_ = std::jthread([this](const std::stop_token& stop) { analyse_all(stop); });
}

void Library::Impl::analyse_later(const std::string& path, const std::string& sha256) {
  {
    const std::lock_guard lock(mutex_);
    to_analyse_.emplace_back(path, sha256);
  }
  work_.notify_all();
}

void Library::Impl::analyse_all(const std::stop_token& stop) {
  for (;;) {
    std::pair<std::string, std::string> next;
    {
      std::unique_lock lock(mutex_);
      work_.wait(lock, stop, [this] { return !to_analyse_.empty(); });
      if (stop.stop_requested()) {
        return;  // what is left is found by the next open()
      }
      next = std::move(to_analyse_.front());
      to_analyse_.pop_front();
    }
    const std::string& path = next.first;
    const std::string& sha256 = next.second;
    const std::string json = analysis_to_json(analyse_(tree_.root() / path));
    // Of these bytes only: a file that was replaced meanwhile has its own turn.
    auto written = store_.write(
        [&](store::Session& session) { return store::set_analysis(session, path, sha256, json); });
    if (written) {
      tell({.kind = Change::Kind::kAnalysed,
            .path = path,
            .from = {},
            .sha256 = sha256,
            .size = 0,
            .user = {}});
    }
  }
}

void Library::Impl::tell(const Change& change) {
  std::vector<std::function<void(const Change&)>> listeners;
  {
    const std::lock_guard lock(mutex_);
    listeners = listeners_;
  }
  for (const auto& listener : listeners) {
    listener(change);
  }
}

// --- the library ---

Result<std::unique_ptr<Library>> Library::open(store::Store& store, Options options,
                                               Analyse analyse) {
  auto tree = FolderTree::open(options.root);
  if (!tree) {
    return tl::unexpected(tree.error());
  }
  auto impl =
      std::make_unique<Impl>(store, std::move(options), std::move(analyse), std::move(*tree));
  if (auto swept = impl->sweep(); !swept) {
    return tl::unexpected(swept.error());
  }
  impl->start_analysis();
  return std::unique_ptr<Library>(new Library(std::move(impl)));
}

Library::Library(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Library::~Library() = default;

Result<std::unique_ptr<Library::Upload>> Library::begin_upload(const LibraryPath& path,
                                                               std::string user) {
  return impl_->begin_upload(path, std::move(user));
}
Result<std::vector<Entry>> Library::list() const {
  return impl_->list();
}
Result<std::optional<Entry>> Library::find(const LibraryPath& path) const {
  return impl_->find(path);
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
