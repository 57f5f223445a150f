#pragma once

#include <filesystem>
#include <memory>

#include "stepcast/base/result.hpp"

namespace stepcast::store {

/// One server per database file: a lock on `<database>.lock` that ends with the process, however it
/// ends. The file stays: deleting it could take it from under a server that is just starting.
class ServerLock {
 public:
  /// @returns kBusy naming the process that holds it; kIo.
  [[nodiscard]] static Result<std::unique_ptr<ServerLock>> take(
      const std::filesystem::path& database);
  ~ServerLock();
  ServerLock(const ServerLock&) = delete;
  ServerLock& operator=(const ServerLock&) = delete;
  ServerLock(ServerLock&&) = delete;
  ServerLock& operator=(ServerLock&&) = delete;

 private:
  explicit ServerLock(int file) : file_(file) {}
  int file_;
};

}  // namespace stepcast::store
