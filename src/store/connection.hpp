#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "stepcast/base/result.hpp"

#include "database_url.hpp"
#include "session.hpp"

namespace stepcast::store {

enum class Access : std::uint8_t { kRead, kWrite };

/// A connection to either database, its transactions and its prepared statements; the one place
/// that knows SOCI, and where its exceptions end.
///
/// Threads: one at a time.
class Connection final : public Session {
 public:
  /// For kWrite on PostgreSQL it also takes the lock of the one server.
  /// @returns kIo, kNetwork: naming the database; kBusy: another server writes there.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const DatabaseUrl& url,
                                                                Access access);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  Connection(Connection&&) = delete;
  Connection& operator=(Connection&&) = delete;

  [[nodiscard]] Result<void> begin();
  [[nodiscard]] Result<void> commit();
  void roll_back();

  /// One statement that will not come again, without parameters.
  [[nodiscard]] Result<void> execute_once(std::string_view sql);

  /// A consistent copy of a SQLite database as the last commit left it.
  /// @returns kInvalidArgument when `to` exists; kIo; kFull; kUnsupported: not SQLite.
  [[nodiscard]] Result<void> copy_to(const std::filesystem::path& to);

 private:
  class Impl;
  explicit Connection(std::unique_ptr<Impl> impl);

  [[nodiscard]] Result<std::int64_t> run(std::string_view sql,
                                         std::span<const Value> arguments) override;
  [[nodiscard]] Result<void> fetch(
      std::string_view sql, std::span<const Column> columns, std::span<const Value> arguments,
      const std::function<void(std::span<const Value>)>& each) override;

  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::store
