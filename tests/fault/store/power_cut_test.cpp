#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "stepcast/store/files.hpp"
#include "stepcast/store/store.hpp"

#include "store_contract.hpp"
#include "store_folder.hpp"

namespace stepcast::testing {
namespace {

namespace fs = std::filesystem;

// A disk that keeps, besides the files, what of each was there when it was last synced: after a
// power cut nothing else need be left. It stands between SQLite and the real files.
class ForgetfulDisk {
 public:
  ForgetfulDisk() {
    real_ = sqlite3_vfs_find(nullptr);
    vfs_ = *real_;
    vfs_.zName = "forgetful";
    vfs_.pAppData = this;
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.xOpen = &ForgetfulDisk::open;
    vfs_.xDelete = &ForgetfulDisk::remove;
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~ForgetfulDisk() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_, 1);
  }
  ForgetfulDisk(const ForgetfulDisk&) = delete;
  ForgetfulDisk& operator=(const ForgetfulDisk&) = delete;

  /// Puts into `to` what is left of the files of `from` when the power fails now.
  void restore(const fs::path& from, const fs::path& to) {
    const std::lock_guard lock(mutex_);
    for (const auto& [path, bytes] : synced_) {
      if (fs::path(path).parent_path() == from) {
        std::ofstream(to / fs::path(path).filename(), std::ios::binary) << bytes;
      }
    }
  }
  std::size_t syncs() {
    const std::lock_guard lock(mutex_);
    return syncs_;
  }

 private:
  // SQLite allocates szOsFile bytes: this, and after it the file of the real system.
  struct File {
    sqlite3_file base;
    ForgetfulDisk* disk;
    const char* path;  // SQLite keeps it until the file is closed
  };
  static sqlite3_file* inner(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(File));
  }
  static const sqlite3_io_methods& real(sqlite3_file* file) { return *inner(file)->pMethods; }

  static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out) {
    auto* self = static_cast<ForgetfulDisk*>(vfs->pAppData);
    auto* outer = reinterpret_cast<File*>(file);
    std::memset(file, 0, sizeof(File));
    outer->disk = self;
    outer->path = path == nullptr ? "" : path;
    const int status = self->real_->xOpen(self->real_, path, inner(file), flags, out);
    if (inner(file)->pMethods != nullptr) {
      file->pMethods = methods();
    }
    return status;
  }

  static int remove(sqlite3_vfs* vfs, const char* path, int sync_folder) {
    auto* self = static_cast<ForgetfulDisk*>(vfs->pAppData);
    {
      const std::lock_guard lock(self->mutex_);
      self->synced_.erase(path);
    }
    return self->real_->xDelete(self->real_, path, sync_folder);
  }

  static int sync(sqlite3_file* file, int flags) {
    const int status = real(file).xSync(inner(file), flags);
    sqlite3_int64 size = 0;
    real(file).xFileSize(inner(file), &size);
    std::string bytes(static_cast<std::size_t>(size), '\0');
    real(file).xRead(inner(file), bytes.data(), static_cast<int>(size), 0);
    auto* outer = reinterpret_cast<File*>(file);
    const std::lock_guard lock(outer->disk->mutex_);
    outer->disk->synced_[outer->path] = std::move(bytes);
    ++outer->disk->syncs_;
    return status;
  }

  static const sqlite3_io_methods* methods() {
    static const sqlite3_io_methods table = [] {
      sqlite3_io_methods m{};
      m.iVersion = 2;
      m.xClose = [](sqlite3_file* f) { return real(f).xClose(inner(f)); };
      m.xRead = [](sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
        return real(f).xRead(inner(f), to, size, at);
      };
      m.xWrite = [](sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
        return real(f).xWrite(inner(f), from, size, at);
      };
      m.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
        return real(f).xTruncate(inner(f), size);
      };
      m.xSync = &ForgetfulDisk::sync;
      m.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
        return real(f).xFileSize(inner(f), size);
      };
      m.xLock = [](sqlite3_file* f, int kind) { return real(f).xLock(inner(f), kind); };
      m.xUnlock = [](sqlite3_file* f, int kind) { return real(f).xUnlock(inner(f), kind); };
      m.xCheckReservedLock = [](sqlite3_file* f, int* out) {
        return real(f).xCheckReservedLock(inner(f), out);
      };
      m.xFileControl = [](sqlite3_file* f, int what, void* argument) {
        return real(f).xFileControl(inner(f), what, argument);
      };
      m.xSectorSize = [](sqlite3_file* f) { return real(f).xSectorSize(inner(f)); };
      // No promise about what survives without a sync.
      m.xDeviceCharacteristics = [](sqlite3_file* /*file*/) { return 0; };
      m.xShmMap = [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
        return real(f).xShmMap(inner(f), page, size, extend, out);
      };
      m.xShmLock = [](sqlite3_file* f, int at, int count, int flags) {
        return real(f).xShmLock(inner(f), at, count, flags);
      };
      m.xShmBarrier = [](sqlite3_file* f) { real(f).xShmBarrier(inner(f)); };
      m.xShmUnmap = [](sqlite3_file* f, int remove) { return real(f).xShmUnmap(inner(f), remove); };
      return m;
    }();
    return &table;
  }

  sqlite3_vfs* real_ = nullptr;
  sqlite3_vfs vfs_{};
  std::mutex mutex_;
  std::map<std::string, std::string> synced_;  // by path; guarded by mutex_
  std::size_t syncs_ = 0;                      // guarded by mutex_
};

TEST(PowerCut, LeavesEveryRowThatWasAcknowledged) {
  ForgetfulDisk disk;
  const StoreFolder folder;
  const auto store = folder.open();
  // Past a checkpoint of the log, which SQLite makes every thousand pages.
  constexpr int kRows = 600;
  constexpr int kCutEvery = 40;
  for (int i = 0; i < kRows; ++i) {
    auto row = file_row("row" + std::to_string(i));
    row.stated = std::string(8000, 'x');
    const auto syncs = disk.syncs();
    ASSERT_TRUE(write_to(*store, [&](auto& session) { return store::put_file(session, row); }));
    ASSERT_GT(disk.syncs(), syncs) << "acknowledged without waiting for the disk";
    if (i % kCutEvery != 0 && i != kRows - 1) {
      continue;
    }
    const StoreFolder after;
    disk.restore(folder.path(), after.path());
    ASSERT_EQ(files_in(*after.open()).size(), static_cast<std::size_t>(i + 1));
  }
}

}  // namespace
}  // namespace stepcast::testing
