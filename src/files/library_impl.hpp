#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "stepcast/files/library.hpp"
#include "stepcast/store/file_versions.hpp"
#include "stepcast/store/files.hpp"

#include "folder_tree.hpp"
#include "growing_file.hpp"

namespace stepcast::files {

/// An upload under way, and the analysis that follows it.
struct Arrival {
  enum class Stage : std::uint8_t {
    kAlone,   ///< Nobody reads it yet, or any more.
    kQueued,  ///< Waits for a follower.
    kFollowed,
    kDone,  ///< `result` is there, or the follower has let go of it.
  };

  const LibraryPath path;
  const std::string user;
  const std::size_t analyst;
  const std::shared_ptr<GrowingFile> file;
  std::stop_source needless{};  ///< Stops its follower.
  // By Library::Impl::mutex_:
  Stage stage = Stage::kAlone;
  std::string sha256{};  ///< Of a file that has arrived.
  std::optional<Analysis> result{};
};

class Library::Impl {
 public:
  Impl(store::Store& store, Options options, std::vector<Analyst> analysts, FolderTree tree);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> sweep();
  void start_analysis();

  Result<std::unique_ptr<Upload>> begin_upload(const LibraryPath& path, std::string user,
                                               const std::optional<std::string>& printer);
  [[nodiscard]] std::vector<Arriving> arriving() const;
  [[nodiscard]] Result<std::vector<Entry>> list(std::string_view printer) const;
  [[nodiscard]] Result<std::optional<Entry>> find(const LibraryPath& path,
                                                  std::string_view printer) const;
  Result<Analysis> await_analysis(const LibraryPath& path, std::string_view sha256,
                                  std::string_view printer, const std::stop_token& stop);
  Result<void> make_folder(const LibraryPath& path);
  Result<void> remove(const LibraryPath& path);
  Result<Entry> copy(const LibraryPath& from, const LibraryPath& to);
  Result<Entry> move(const LibraryPath& from, const LibraryPath& to);
  [[nodiscard]] Result<std::vector<Version>> versions(const LibraryPath& path) const;
  [[nodiscard]] Result<void> check_version(const LibraryPath& path,
                                           const std::string& sha256) const;
  Result<Entry> restore(const LibraryPath& path, const std::string& sha256, std::string user);

 private:
  friend class Library;
  class Incoming;
  /// A content that is to be analysed.
  struct Task {
    std::string path;
    std::string sha256;
    bool is_news = false;  ///< A part of it was done elsewhere.
  };

  [[nodiscard]] Result<std::map<std::string, store::FileRow>> rows_by_path() const;
  Result<Entry> adopt(const LibraryPath& path, const store::FileRow* known);
  Result<Entry> copy_in(const Descriptor& file, const LibraryPath& to, std::string user);
  std::optional<store::FileVersionRow> keep_former(const LibraryPath& path,
                                                   const store::FileRow& next);
  void drop_unused_version(const std::string& sha256);
  Result<void> remove_versions(const std::vector<store::FileVersionRow>& rows);
  [[nodiscard]] Result<std::vector<store::FileVersionRow>> version_rows(
      const std::string& path) const;
  Result<void> remove_surplus_versions(const std::string& path);
  bool drop_oldest_version();
  Result<void> know_former(const store::FileRow& known, const Entry& now);
  Result<void> sweep_versions();
  Result<void> reserve(std::int64_t bytes, const LibraryPath& path);
  Result<void> try_reserve(std::int64_t bytes, const LibraryPath& path, bool& may_make_room);
  Result<void> enter(const std::string& incoming, const LibraryPath& path,
                     const store::FileRow& row, const std::shared_ptr<Arrival>& arrival);
  [[nodiscard]] Result<void> may_change(const LibraryPath& path) const;
  Result<void> remove_one(const LibraryPath& path, std::int64_t size);
  Result<void> remove_all(const LibraryPath& path);
  [[nodiscard]] std::size_t analyst_for(std::string_view printer) const;
  [[nodiscard]] const std::string& settings_for(std::string_view printer) const {
    return settings_[analyst_for(printer)];
  }
  void analyse_later(const std::string& path, const std::string& sha256);
  void hurry(const std::string& path);
  void tell_news();
  void stop_needless_analysis();
  void analyse_all(const std::stop_token& stop);
  void analyse_content(const Task& task, const std::stop_token& stop);
  void tell_analysed(const store::FileRow& row);
  Result<std::optional<store::FileRow>> file_with(const std::string& sha256,
                                                  const std::string& path) const;
  Result<void> read_stated(const store::FileRow& row, const std::stop_token& stop);
  [[nodiscard]] Result<bool> knows_analysis(const std::string& sha256, std::size_t analyst) const;
  Result<bool> analyse_for(std::size_t analyst, const store::FileRow& row,
                           const std::stop_token& stop);
  [[nodiscard]] std::optional<Analysis> analyse_whole(std::size_t analyst,
                                                      const store::FileRow& row,
                                                      const std::stop_token& stop) const;
  void begin_to_follow(const std::shared_ptr<Arrival>& arrival);
  void follow_all(const std::stop_token& stop);
  void follow(const std::shared_ptr<Arrival>& arrival);
  void keep_result(const Arrival& arrival);
  void hand_over(const std::shared_ptr<Arrival>& arrival, const std::string& sha256);
  void end_arrival(const std::shared_ptr<Arrival>& arrival);
  bool leave_to_follower(const std::string& sha256, std::size_t analyst);
  void tell(const Change& change);

  store::Store& store_;
  const Options options_;
  const std::vector<Analyst> analysts_;
  const std::vector<std::string> settings_;  ///< Of each analyst, as a hash.
  FolderTree tree_;
  std::mutex changes_;  ///< File and row change together; taken before mutex_.
  mutable std::mutex mutex_;
  std::condition_variable_any work_;
  std::condition_variable_any arrival_;
  std::condition_variable_any news_;  ///< Of analyses and of files.
  // By mutex_:
  std::map<std::string, int> held_;
  std::int64_t stored_bytes_ = 0;   ///< Of the files.
  std::int64_t version_bytes_ = 0;  ///< Of their versions.
  std::int64_t incoming_bytes_ = 0;
  std::deque<Task> to_analyse_;
  std::uint64_t news_count_ = 0;
  std::string being_analysed_;                      // sha256
  std::stop_source needless_;                       // that analysis
  std::vector<std::shared_ptr<Arrival>> arrivals_;  ///< Under way, or followed to their end.
  std::deque<std::shared_ptr<Arrival>> to_follow_;
  std::vector<std::function<void(const Change&)>> listeners_;
  // Last: they use the rest.
  std::jthread analyst_;
  std::vector<std::jthread> followers_;
};

}  // namespace stepcast::files
