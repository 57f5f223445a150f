#include "backup.hpp"

#include <array>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "stepcast/store/copy.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::daemon {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDatabase = "stepcast.db";

tl::unexpected<Error> io_error(const std::error_code& code, const std::string& what,
                               const fs::path& where) {
  const bool full = code == std::errc::no_space_on_device;
  return fail(full ? Errc::kFull : Errc::kIo, fmt::format("{}: {}", what, code.message()),
              where.string(),
              full ? "free some space there" : "check that this user may read and write there");
}

// A folder under another name until it is whole; gone if it never becomes so.
class PartialFolder {
 public:
  static Result<PartialFolder> make(const fs::path& target) {
    std::error_code code;
    PartialFolder folder(target);
    fs::remove_all(folder.path_, code);
    fs::create_directories(folder.path_, code);
    if (code) {
      return io_error(code, "the folder cannot be made", folder.path_);
    }
    fs::permissions(folder.path_, fs::perms::owner_all, code);  // it holds password hashes
    return folder;
  }
  PartialFolder(PartialFolder&& other) noexcept
      : target_(std::move(other.target_)), path_(std::exchange(other.path_, {})) {}
  PartialFolder& operator=(PartialFolder&&) = delete;
  PartialFolder(const PartialFolder&) = delete;
  PartialFolder& operator=(const PartialFolder&) = delete;
  ~PartialFolder() {
    std::error_code ignored;
    if (!path_.empty()) {
      fs::remove_all(path_, ignored);
    }
  }

  [[nodiscard]] const fs::path& path() const { return path_; }
  [[nodiscard]] Result<void> put_in_place() {
    std::error_code code;
    fs::rename(path_, target_, code);
    if (code) {
      return io_error(code, "the folder cannot be put in place", target_);
    }
    path_.clear();
    return {};
  }

 private:
  explicit PartialFolder(const fs::path& target)
      : target_(target), path_(target.string() + ".part") {}
  fs::path target_;
  fs::path path_;
};

// The database and what SQLite and the server keep beside it are not copied as files.
bool belongs_to_database(const fs::path& relative) {
  return relative.string().starts_with(kDatabase);
}

// Keeps times: by them the library knows whether a file is the one of its row. What is deleted
// meanwhile is left out, as if it had been deleted before.
Result<void> copy_files(const fs::path& from, const fs::path& to) {
  std::error_code code;
  for (fs::recursive_directory_iterator entry(from, code), end; !code && entry != end;
       entry.increment(code)) {
    const auto relative = entry->path().lexically_relative(from);
    std::error_code problem;
    if (entry->is_directory(problem)) {
      fs::create_directories(to / relative, problem);
    } else if (entry->is_regular_file(problem) && !belongs_to_database(relative)) {
      fs::copy_file(entry->path(), to / relative, problem);
      const auto written = problem ? fs::file_time_type() : entry->last_write_time(problem);
      if (!problem) {
        fs::last_write_time(to / relative, written, problem);
      }
    }
    if (problem && problem != std::errc::no_such_file_or_directory) {
      return io_error(problem, "cannot copy", entry->path());
    }
  }
  if (code) {
    return io_error(code, "cannot read the folder", from);
  }
  return {};
}

bool is_empty_or_missing(const fs::path& folder) {
  std::error_code code;
  return !fs::exists(folder, code) ||
         (fs::is_directory(folder, code) && fs::is_empty(folder, code));
}

}  // namespace

Result<void> back_up(const Config& config, const fs::path& data, const fs::path& to) {
  if (!config.database.empty() && !config.database.starts_with("sqlite:")) {
    return fail(Errc::kUnsupported, "a PostgreSQL database is not backed up from here",
                "storage.database",
                fmt::format("use pg_dump, and copy the folder {}", (data / "files").string()));
  }
  std::error_code code;
  if (fs::exists(to, code)) {
    return fail(Errc::kInvalidArgument, "a backup does not overwrite anything", to.string(),
                "name a folder that does not exist");
  }
  const fs::path database = config.database.empty()
                                ? data / kDatabase
                                : fs::path(config.database.substr(std::string("sqlite:").size()));
  if (!fs::exists(database, code)) {
    return fail(Errc::kInvalidArgument, "there is no database to back up", database.string(),
                "name the folder of the server with --data");
  }
  auto folder = PartialFolder::make(to);
  if (!folder) {
    return tl::unexpected(folder.error());
  }
  // First the database: a file whose row it lacks is taken up when the server starts.
  return store::copy_database("sqlite:" + database.string(), folder->path() / kDatabase)
      .and_then([&] { return copy_files(data, folder->path()); })
      .and_then([&] { return folder->put_in_place(); });
}

Result<void> restore(const fs::path& from, const fs::path& data) {
  std::error_code code;
  if (!fs::exists(from / kDatabase, code)) {
    return fail(Errc::kInvalidArgument, "this is no backup: it has no stepcast.db", from.string(),
                "name a folder that `stepcast backup` made");
  }
  if (!is_empty_or_missing(data)) {
    return fail(Errc::kInvalidArgument, "the data folder is not empty", data.string(),
                "name another with --data, or move this one away first");
  }
  auto folder = PartialFolder::make(data);
  if (!folder) {
    return tl::unexpected(folder.error());
  }
  fs::copy_file(from / kDatabase, folder->path() / kDatabase, code);
  if (code) {
    return io_error(code, "cannot copy", from / kDatabase);
  }
  if (auto copied = copy_files(from, folder->path()); !copied) {
    return copied;
  }
  // Closed again before the folder gets its name: SQLite remembers that of its files.
  auto opened = store::Store::open({.url = "sqlite:" + (folder->path() / kDatabase).string()})
                    .map([](const auto& /*store*/) {});
  if (!opened) {
    return opened;
  }
  return folder->put_in_place();
}

}  // namespace stepcast::daemon
