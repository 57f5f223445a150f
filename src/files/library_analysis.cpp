// How the library learns what is in its files.
#include <algorithm>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "stepcast/gcode/metadata.hpp"

#include "analysis_json.hpp"
#include "library_impl.hpp"
#include "library_parts.hpp"

namespace stepcast::files {
namespace {

template <class T>
std::optional<double> claimed(const std::optional<gcode::Claim<T>>& claim) {
  return claim ? std::optional(claim->value.v) : std::nullopt;
}

Stated stated_by(const gcode::Metadata& metadata) {
  Stated stated;
  if (metadata.slicer) {
    const gcode::Slicer& slicer = metadata.slicer->value;
    stated.slicer =
        slicer.version.empty() ? slicer.name : fmt::format("{} {}", slicer.name, slicer.version);
  }
  if (metadata.material) {
    stated.material = metadata.material->value;
  }
  stated.print_time_s = claimed(metadata.print_time);
  stated.layer_height_mm = claimed(metadata.layer_height);
  stated.first_layer_height_mm = claimed(metadata.first_layer_height);
  stated.thumbnails = metadata.thumbnails;
  return stated;
}

}  // namespace

void Library::Impl::start_analysis() {
  analyst_ = std::jthread([this](const std::stop_token& stop) { analyse_all(stop); });
  for (std::size_t i = 0; i < options_.followers; ++i) {
    followers_.emplace_back([this](const std::stop_token& stop) { follow_all(stop); });
  }
}

void Library::Impl::analyse_later(const std::string& path, const std::string& sha256) {
  {
    const std::lock_guard lock(mutex_);
    to_analyse_.push_back({.path = path, .sha256 = sha256});
  }
  work_.notify_all();
}

void Library::Impl::hurry(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto it = std::find_if(to_analyse_.begin(), to_analyse_.end(),
                               [&](const Task& one) { return one.path == path; });
  if (it != to_analyse_.end()) {
    std::rotate(to_analyse_.begin(), it, it + 1);
  }
}

void Library::Impl::tell_news() {
  {
    const std::lock_guard lock(mutex_);
    ++news_count_;
  }
  news_.notify_all();
}

Result<Analysis> Library::Impl::await_analysis(const LibraryPath& path, std::string_view sha256,
                                               std::string_view printer,
                                               const std::stop_token& stop) {
  hurry(path.text());
  for (;;) {
    std::uint64_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      seen = news_count_;
    }
    auto entry = find(path, printer);
    if (!entry) {
      return tl::unexpected(entry.error());
    }
    if (!*entry || (*entry)->sha256 != sha256) {
      return fail(Errc::kNotFound, "the file has gone, or was replaced, before it was analysed",
                  path.text(), "choose it again");
    }
    if ((*entry)->analysis) {
      return *(*entry)->analysis;
    }
    std::unique_lock lock(mutex_);
    if (!news_.wait(lock, stop, [&] { return news_count_ != seen; })) {
      return fail(Errc::kInterrupted, "nobody waits any more", path.text());
    }
  }
}

/// Called when a file has gone or was replaced.
void Library::Impl::stop_needless_analysis() {
  tell_news();
  std::vector<std::pair<std::string, std::stop_source>> running;
  {
    const std::lock_guard lock(mutex_);
    if (!being_analysed_.empty()) {
      running.emplace_back(being_analysed_, needless_);
    }
    for (const auto& arrival : arrivals_) {
      if (arrival->stage == Arrival::Stage::kFollowed && !arrival->sha256.empty()) {
        running.emplace_back(arrival->sha256, arrival->needless);
      }
    }
  }
  for (auto& [sha256, needless] : running) {
    const auto still = file_with(sha256, {});
    if (still && !*still) {
      needless.request_stop();
    }
  }
}

void Library::Impl::analyse_all(const std::stop_token& stop) {
  make_way();
  for (;;) {
    Task next;
    std::stop_source needless;
    {
      std::unique_lock lock(mutex_);
      being_analysed_.clear();
      work_.wait(lock, stop, [this] { return !to_analyse_.empty(); });
      if (stop.stop_requested()) {
        return;  // what is left is found by the next open()
      }
      next = std::move(to_analyse_.front());
      to_analyse_.pop_front();
      being_analysed_ = next.sha256;
      needless_ = needless;
    }
    const std::stop_callback at_the_end(stop, [&needless] { needless.request_stop(); });
    analyse_content(next, needless.get_token());
  }
}

/// The file at `path` if it has that content, or another one that has it.
Result<std::optional<store::FileRow>> Library::Impl::file_with(const std::string& sha256,
                                                               const std::string& path) const {
  std::optional<store::FileRow> found;
  auto read = store_.read([&](store::Session& session) {
    return store::files_with(session, sha256).map([&](std::vector<store::FileRow> rows) {
      for (store::FileRow& row : rows) {
        if (!found || row.path == path) {
          found = std::move(row);
        }
      }
    });
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  return found;
}

/// What a database that fails leaves undone is done after the next open().
void Library::Impl::analyse_content(const Task& task, const std::stop_token& stop) {
  const auto row = file_with(task.sha256, task.path);
  if (!row || !*row) {
    return;  // it has gone, and its content with it
  }
  bool is_news = task.is_news;
  bool is_complete = true;
  if (!entry_of(**row).stated) {
    is_news = true;
    if (!read_stated(**row, stop)) {
      return;
    }
  }
  for (std::size_t i = 0; i < analysts_.size(); ++i) {
    if (leave_to_follower(task.sha256, i)) {
      is_complete = false;
      continue;
    }
    if (stop.stop_requested()) {
      return;
    }
    const auto made = analyse_for(i, **row, stop);
    if (!made) {
      if (made.error().code == Errc::kInterrupted && !stop.stop_requested()) {
        analyse_later(task.path, task.sha256);  // it was moved, say
      }
      return;
    }
    is_news = is_news || *made;
  }
  if (is_news && is_complete) {
    tell_analysed(**row);
  }
}

void Library::Impl::tell_analysed(const store::FileRow& row) {
  {
    const std::lock_guard lock(mutex_);
    // What a follower did meanwhile is told with the rest.
    std::erase_if(to_analyse_,
                  [&](const Task& task) { return task.is_news && task.sha256 == row.sha256; });
  }
  tell({.kind = Change::Kind::kAnalysed,
        .path = row.path,
        .from = {},
        .sha256 = row.sha256,
        .size = 0,
        .user = {}});
}

/// @returns kInterrupted soon after `stop`: a large file takes a while.
Result<void> Library::Impl::read_stated(const store::FileRow& row, const std::stop_token& stop) {
  const auto path = LibraryPath::parse(row.path);
  auto file = path ? tree_.open_file(*path) : tl::unexpected(path.error());
  const auto metadata =
      file ? gcode::scan_metadata_bytes(whole_file(std::move(*file), stop), row.path)
           : tl::unexpected(file.error());
  if (stop.stop_requested()) {
    return fail(Errc::kInterrupted, "the analysis was stopped", row.path);
  }
  // A file that cannot be read says nothing; its analysis will tell why.
  const std::string json = stated_to_json(metadata ? stated_by(*metadata) : Stated{});
  return store_.write(
      [&](store::Session& session) { return store::set_stated(session, row.sha256, json); });
}

Result<bool> Library::Impl::knows_analysis(const std::string& sha256, std::size_t analyst) const {
  bool is_known = false;
  auto read = store_.read([&](store::Session& session) {
    return store::find_analysis(session, sha256, settings_[analyst]).map([&](auto found) {
      is_known = found && analysis_from_json(found->result);
    });
  });
  return read.map([&] { return is_known; });
}

std::optional<Analysis> Library::Impl::analyse_whole(std::size_t analyst, const store::FileRow& row,
                                                     const std::stop_token& stop) const {
  const auto path = LibraryPath::parse(row.path);
  auto file = path ? tree_.open_file(*path) : tl::unexpected(path.error());
  if (!file) {
    Analysis refused;
    refused.error = file.error().to_string();
    return refused;
  }
  return analysts_[analyst].analyse(
      gcode::Reader::from_bytes(whole_file(std::move(*file), stop), path->name()), stop);
}

/// @returns whether there was anything to do; kInterrupted when it was stopped, or the file has
/// changed meanwhile: its new content has its own turn.
Result<bool> Library::Impl::analyse_for(std::size_t analyst, const store::FileRow& row,
                                        const std::stop_token& stop) {
  const auto is_known = knows_analysis(row.sha256, analyst);
  if (!is_known) {
    return tl::unexpected(is_known.error());
  }
  if (*is_known) {
    return false;
  }
  const auto analysis = analyse_whole(analyst, row, stop);
  if (!analysis) {
    return fail(Errc::kInterrupted, "the analysis was stopped", row.path);
  }
  auto written = store_.write([&](store::Session& session) -> Result<void> {
    const auto now = store::find_file(session, row.path);
    if (!now) {
      return tl::unexpected(now.error());
    }
    // Only what surely was read is known: the path may have led to other bytes meanwhile.
    if (!*now || (*now)->sha256 != row.sha256 || (*now)->uploaded != row.uploaded) {
      return fail(Errc::kInterrupted, "the file has changed meanwhile", row.path);
    }
    return store::put_analysis(session, {.sha256 = row.sha256,
                                         .settings = settings_[analyst],
                                         .result = analysis_to_json(*analysis)});
  });
  if (!written) {
    return tl::unexpected(written.error());
  }
  tell_news();
  return true;
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

}  // namespace stepcast::files
