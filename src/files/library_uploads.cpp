// How a file comes into the library.
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "stepcast/gcode/reader.hpp"

#include "library_impl.hpp"
#include "library_parts.hpp"
#include "sha256.hpp"

namespace stepcast::files {
namespace {

// Large enough for the disk to write in one go, small enough that it begins soon.
constexpr std::int64_t kSaveStep = std::int64_t{8} << 20;

std::string mib(std::int64_t bytes) {
  constexpr double kMiB = 1 << 20;
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / kMiB);
}

/// A file that has at least one command; what is wrong in later lines is for the analysis to say.
Result<void> check_gcode(const std::filesystem::path& file, const LibraryPath& path) {
  auto reader = gcode::Reader::open(file);
  if (!reader) {
    return tl::unexpected(reader.error());
  }
  gcode::Command command;
  for (;;) {
    const auto more = reader->next(command);
    if (!more || !*more) {
      return fail(Errc::kMalformed,
                  more ? "there is no G-code in the file"
                       : fmt::format("this is no G-code: {}", more.error().message),
                  path.text(), "upload what the slicer has exported");
    }
    if (command.letter != 0 || !command.name.empty()) {
      return {};
    }
  }
}

}  // namespace

class Library::Impl::Incoming final : public Library::Upload {
 public:
  Incoming(Impl& library, std::shared_ptr<Arrival> arrival, std::string name, bool may_follow)
      : library_(library),
        arrival_(std::move(arrival)),
        name_(std::move(name)),
        may_follow_(may_follow) {}
  ~Incoming() override {
    library_.end_arrival(arrival_);
    library_.tree_.drop_incoming(name_);
    const std::lock_guard lock(library_.mutex_);
    library_.incoming_bytes_ -= size_;
  }
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;

  Result<void> write(std::span<const char> bytes) override {
    if (auto room = library_.reserve(static_cast<std::int64_t>(bytes.size()), arrival_->path);
        !room) {
      return room;
    }
    size_ += static_cast<std::int64_t>(bytes.size());
    hash_.update(bytes);
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) {
        continue;
      }
      if (written < 0) {
        const bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
        return fail(full ? Errc::kFull : Errc::kIo,
                    fmt::format("cannot write after {} bytes: {}", size_,
                                std::generic_category().message(errno)),
                    arrival_->path.text(),
                    full ? "make room on the disk" : "check the disk of the library");
      }
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    begin_to_save();
    arrival_->file->grown_to(size_);
    if (may_follow_ && size_ >= GrowingFile::kStep) {
      may_follow_ = false;
      library_.begin_to_follow(arrival_);
    }
    return {};
  }

  Result<Entry> commit() override { return commit_to(arrival_->path); }

  Result<Entry> commit_to(const LibraryPath& path) override {
    if (size_ == 0) {
      return fail(Errc::kMalformed, "the file is empty", path.text(),
                  "upload what the slicer has exported");
    }
    arrival_->file->make_whole();
    if (auto gcode = check_gcode(library_.tree_.incoming_path(name_), path); !gcode) {
      return tl::unexpected(gcode.error());
    }
    if (fsync(descriptor()) != 0) {
      return fail(Errc::kIo, fmt::format("cannot save: {}", std::generic_category().message(errno)),
                  path.text(), "check the disk of the library");
    }
    store::FileRow row{.path = path.text(),
                       .display = path.name(),
                       .sha256 = hash_.finish(),
                       .size = size_,
                       .uploaded = wall_clock_ms(),
                       .user = arrival_->user,
                       .stated = {}};
    if (auto entered = library_.enter(name_, path, row, arrival_); !entered) {
      return tl::unexpected(entered.error());
    }
    return entry_of(row);
  }

 private:
  // The disk works while the rest arrives, so that commit() has little left to wait for, and a
  // large upload does not fill the memory of the machine with pages that are not saved.
  void begin_to_save() {
    if (size_ - saving_ >= kSaveStep) {
      sync_file_range(descriptor(), saving_, size_ - saving_, SYNC_FILE_RANGE_WRITE);
      saving_ = size_;
    }
  }

  [[nodiscard]] int descriptor() const { return arrival_->file->file().get(); }

  Impl& library_;
  std::shared_ptr<Arrival> arrival_;
  std::string name_;  ///< Among the incoming ones.
  bool may_follow_;
  std::int64_t saving_ = 0;  ///< Bytes that the disk has been told to write.
  Sha256 hash_;
  std::int64_t size_ = 0;
};

Result<void> Library::Impl::reserve(std::int64_t bytes, const LibraryPath& path) {
  for (;;) {
    bool may_make_room = false;
    auto reserved = try_reserve(bytes, path, may_make_room);
    if (reserved || !may_make_room || !drop_oldest_version()) {
      return reserved;
    }
  }
}

/// `may_make_room`: there would be room without the versions.
Result<void> Library::Impl::try_reserve(std::int64_t bytes, const LibraryPath& path,
                                        bool& may_make_room) {
  const Space space = tree_.space();
  const std::lock_guard lock(mutex_);
  if (const std::int64_t left = space.free_bytes - bytes; left < options_.minimum_free_bytes) {
    may_make_room = version_bytes_ > 0 && left + version_bytes_ >= options_.minimum_free_bytes;
    return fail(Errc::kFull,
                fmt::format("{} are free on the disk, and {} have to stay free",
                            mib(space.free_bytes), mib(options_.minimum_free_bytes)),
                path.text(), "remove files that are no longer needed");
  }
  const std::int64_t files = stored_bytes_ + incoming_bytes_;
  if (options_.quota_bytes > 0 && files + version_bytes_ + bytes > options_.quota_bytes) {
    may_make_room = version_bytes_ > 0 && files + bytes <= options_.quota_bytes;
    return fail(Errc::kFull,
                fmt::format("the library holds {} and would exceed its quota of {}", mib(files),
                            mib(options_.quota_bytes)),
                path.text(), "remove files that are no longer needed");
  }
  incoming_bytes_ += bytes;
  return {};
}

/// File, then row. In between, a crash leaves a file that is younger than its row, or has none:
/// open() finds it.
Result<void> Library::Impl::enter(const std::string& incoming, const LibraryPath& path,
                                  const store::FileRow& row,
                                  const std::shared_ptr<Arrival>& arrival) {
  {
    const std::lock_guard changes(changes_);
    if (auto may = may_change(path); !may) {
      return may;
    }
    const auto before = tree_.find(path);
    if (!before) {
      return tl::unexpected(before.error());
    }
    if (before->kind != FolderTree::Kind::kFile && before->kind != FolderTree::Kind::kNothing) {
      return fail(Errc::kBusy, "a folder of that name is already there", path.text(),
                  "choose another name");
    }
    const auto former =
        before->kind == FolderTree::Kind::kFile ? keep_former(path, row) : std::nullopt;
    if (auto put = tree_.put(incoming, path); !put) {
      if (former) {
        drop_unused_version(former->sha256);
      }
      return put;
    }
    auto written = store_.write([&](store::Session& session) -> Result<void> {
      auto put = store::put_file(session, row);
      if (put && former) {
        put = store::put_file_version(session, *former);
      }
      // What is there again is no former version.
      return put.and_then([&] {
        return store::remove_file_version(session, row.path, row.sha256).map([](bool) {});
      });
    });
    if (!written) {
      // Both as before: the old file is still among the incoming ones.
      static_cast<void>(before->kind == FolderTree::Kind::kFile ? tree_.put(incoming, path)
                                                                : tree_.remove_file(path));
      if (former) {
        drop_unused_version(former->sha256);
      }
      return written;
    }
    {
      const std::lock_guard lock(mutex_);
      stored_bytes_ += row.size - (before->kind == FolderTree::Kind::kFile ? before->size : 0);
    }
    drop_unused_version(row.sha256);
    // The file is safe: a version too many is swept up by the next open().
    static_cast<void>(remove_surplus_versions(row.path));
  }
  hand_over(arrival, row.sha256);
  stop_needless_analysis();
  analyse_later(row.path, row.sha256);
  tell({.kind = Change::Kind::kFileAdded,
        .path = row.path,
        .from = {},
        .sha256 = row.sha256,
        .size = row.size,
        .user = row.user});
  return {};
}

Result<std::unique_ptr<Library::Upload>> Library::Impl::begin_upload(
    const LibraryPath& path, std::string user, const std::optional<std::string>& printer) {
  if (auto may = may_change(path); !may) {
    return tl::unexpected(may.error());
  }
  auto incoming = tree_.create_incoming();
  if (!incoming) {
    return tl::unexpected(incoming.error());
  }
  auto arrival = std::make_shared<Arrival>(
      Arrival{.path = path,
              .user = std::move(user),
              .analyst = printer ? analyst_for(*printer) : 0,
              .file = std::make_shared<GrowingFile>(std::move(incoming->file))});
  {
    const std::lock_guard lock(mutex_);
    arrivals_.push_back(arrival);
  }
  return std::make_unique<Incoming>(*this, std::move(arrival), std::move(incoming->name),
                                    printer.has_value());
}

}  // namespace stepcast::files
