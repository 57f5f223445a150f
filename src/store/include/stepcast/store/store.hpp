#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "stepcast/base/result.hpp"

namespace stepcast::store {

/// Milliseconds since 1970, UTC: for display and history, never for deadlines.
using UnixMs = std::int64_t;

/// One connection inside one transaction. Repositories unwrap it; nobody else sees SQL.
class Session;

/// The database of a server: SQLite in a file by default, PostgreSQL by configuration.
///
/// All writes go through one thread that commits what has queued up in one transaction (group
/// commit): a write() returns when its rows are on disk. Reads run on the caller's thread, each on
/// a connection of a pool, and see only what is committed.
///
/// Threads: any.
class Store {
 public:
  struct Options {
    /// `sqlite:PATH` or `postgresql://user@host/database`.
    std::string url;
    unsigned readers = 4;  ///< Connections for read(): as many reads run at once.
  };

  /// Opens, and brings the schema up to date; before a migration a SQLite database is backed up
  /// beside itself.
  /// @returns kIo: cannot be opened or written (names the file); kUnsupported: written by a newer
  /// version; kBusy: another server has it.
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(Options options);
  ~Store();

  /// Runs `work` on the writer thread inside a transaction and waits until it is durable. An error
  /// rolls back `work` alone.
  /// @returns the error of `work`; kFull, kIo, kNetwork: of the database; kInvalidArgument: a row
  /// breaks a rule of the schema. `work` must not call write() itself.
  [[nodiscard]] Result<void> write(std::function<Result<void>(Session&)> work);
  /// The same without waiting: for telemetry. Dropped, and counted, when too much is queued.
  void write_later(std::function<Result<void>(Session&)> work);
  /// The same for what may not be lost, such as the audit trail: committed as soon as the disk
  /// allows; waits only while far too much is queued. `work` may run several times, even after a
  /// run whose commit arrived although its answer was lost: it has to leave what it captured as it
  /// is, and either be harmless when it is done twice or refuse the second time by a key.
  void write_soon(std::function<Result<void>(Session&)> work);
  /// Waits until everything queued so far is durable.
  [[nodiscard]] Result<void> flush();
  /// Runs `work` on the caller's thread, on one consistent state. Not within another read(): the
  /// pool could run dry.
  [[nodiscard]] Result<void> read(const std::function<Result<void>(Session&)>& work);

  /// A consistent copy while the server runs. SQLite only.
  /// @returns kInvalidArgument when `to` exists; kIo, kFull; kUnsupported on PostgreSQL.
  [[nodiscard]] Result<void> backup(const std::filesystem::path& to);
  [[nodiscard]] int schema_version() const;

  /// Since the start.
  struct Counters {
    std::uint64_t commits{};
    std::uint64_t done{};     ///< Pieces of work that are durable.
    std::uint64_t failed{};   ///< Rolled back, with the error to write()'s caller, if there is one.
    std::uint64_t dropped{};  ///< Refused by write_later().
    std::string last_error;   ///< Of a piece of work that nobody waited for.
  };
  [[nodiscard]] Counters counters() const;

 private:
  class Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::store
