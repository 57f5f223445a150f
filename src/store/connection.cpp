#include "connection.hpp"

#include <cmath>
#include <exception>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <unistd.h>

#include "stepcast/base/contracts.hpp"

namespace stepcast::store {
namespace {

// Longer than any checkpoint on a slow card; only somebody else's tool ever makes us wait.
constexpr int kBusyTimeoutS = 5;
// A fleet's server that does not answer by then is down.
constexpr int kConnectTimeoutS = 10;
// "stepcast" in one number: the advisory lock of the server that writes to a PostgreSQL database.
constexpr std::int64_t kServerLockNumber = 0x7374'6570'6361'7374;
constexpr int kSqlitePrimaryCodeMask = 0xff;  // the rest of a SQLite code is detail

struct Slot {
  ValueKind kind{};
  bool nullable = false;
  soci::indicator state = soci::i_ok;
  // SOCI binds to the address of the variable that holds the value.
  long long integer = 0;
  double real = 0;
  std::string text;
};

// A statement and the variables to which it is bound; they must not move.
struct Prepared {
  explicit Prepared(soci::session& session) : statement(session) {}
  std::vector<Slot> in;
  std::vector<Slot> out;
  soci::statement statement;
};

Errc sqlite_code(int code) {
  switch (code & kSqlitePrimaryCodeMask) {
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
      return Errc::kInvalidArgument;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Errc::kBusy;
    case SQLITE_FULL:
      return Errc::kFull;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Errc::kIo;
    default:
      return Errc::kFault;
  }
}

// By the class of the SQLSTATE (appendix A of the PostgreSQL manual).
Errc postgresql_code(std::string_view state) {
  const auto kind = state.substr(0, 2);
  if (state == "53100") {  // disk full
    return Errc::kFull;
  }
  if (kind == "22" || kind == "23") {  // data, integrity
    return Errc::kInvalidArgument;
  }
  if (kind == "40" || kind == "55") {  // rolled back, in use
    return Errc::kBusy;
  }
  if (kind == "58" || kind == "25") {  // system error, read-only
    return Errc::kIo;
  }
  // Lost connections come without a state.
  return kind == "42" ? Errc::kFault : Errc::kNetwork;
}

// SOCI 4.0 takes a URL for the name of an option unless there is a `=` in it.
std::string with_timeout(const std::string& url) {
  if (url.find("connect_timeout=") != std::string::npos) {
    return url;
  }
  return fmt::format("{}{}connect_timeout={}", url, url.find('?') == std::string::npos ? '?' : '&',
                     kConnectTimeoutS);
}

}  // namespace

class Connection::Impl {
 public:
  Impl(DatabaseUrl where, Access how) : url(std::move(where)), access(how) {}

  void connect() {
    if (url.dialect == Dialect::kPostgresql) {
      database.open(soci::postgresql, with_timeout(url.server));
      if (access == Access::kRead) {
        execute_plain("SET default_transaction_read_only = on");
      }
      return;
    }
    database.open(soci::sqlite3,
                  fmt::format("db=\"{}\" timeout={}", url.path.string(), kBusyTimeoutS));
    execute_plain("PRAGMA foreign_keys = ON");
    if (access == Access::kRead) {
      execute_plain("PRAGMA query_only = ON");
      return;
    }
    execute_plain("PRAGMA journal_mode = WAL");
    // Of WAL the default only syncs at checkpoints; a returned write() has to be on the disk.
    execute_plain("PRAGMA synchronous = FULL");
    // Each page that a piece of work changes is kept for its savepoint: not in a file.
    execute_plain("PRAGMA temp_store = MEMORY");
    // What one commit of telemetry touches fits, so that no page is written before its end and
    // again.
    execute_plain("PRAGMA cache_size = -16384");
    // In pages. A checkpoint writes each page once, however often it changed since the last.
    execute_plain("PRAGMA wal_autocheckpoint = 4096");
  }

  [[nodiscard]] sqlite_api::sqlite3* raw_sqlite() {
    return static_cast<soci::sqlite3_session_backend*>(database.get_backend())->conn_;
  }

  // Statements that SOCI cannot prepare, or need not.
  void execute_plain(const char* sql) {
    if (url.dialect == Dialect::kPostgresql) {
      database << sql;
      return;
    }
    const int code = sqlite_api::sqlite3_exec(raw_sqlite(), sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
      throw soci::sqlite3_soci_error(sqlite_api::sqlite3_errmsg(raw_sqlite()), code);
    }
  }

  // SOCI's what() quotes the values of the parameters, password hashes among them: never use it.
  [[nodiscard]] Error translate(const soci::soci_error& error) {
    auto code = Errc::kFault;
    if (const auto* postgresql = dynamic_cast<const soci::postgresql_soci_error*>(&error)) {
      code = postgresql_code(postgresql->sqlstate());
    } else if (url.dialect == Dialect::kPostgresql) {
      code = Errc::kNetwork;
    } else if (const auto* sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&error)) {
      code = sqlite_code(sqlite->result());
    } else if (database.get_backend() != nullptr) {
      code = sqlite_code(sqlite_api::sqlite3_errcode(raw_sqlite()));
    }
    return {code, "database: " + error.get_error_message(), url.shown,
            code == Errc::kFull ? "free some space on its disk" : ""};
  }

  template <class Action>
  [[nodiscard]] auto guarded(Action action) -> Result<decltype(action())> {
    try {
      if constexpr (std::is_void_v<decltype(action())>) {
        action();
        return {};
      } else {
        return action();
      }
    } catch (const soci::soci_error& error) {
      return tl::unexpected(translate(error));
    } catch (const std::exception& error) {
      return fail(Errc::kFault, fmt::format("database: {}", error.what()), url.shown);
    }
  }

  Prepared& prepared(std::string_view sql, std::span<const Column> columns,
                     std::span<const Value> arguments) {
    if (const auto found = statements.find(sql); found != statements.end()) {
      return *found->second;
    }
    auto made = std::make_unique<Prepared>(database);
    made->in.resize(arguments.size());
    made->out.resize(columns.size());
    made->statement.alloc();
    made->statement.prepare(std::string(sql));
    for (std::size_t i = 0; i < columns.size(); ++i) {
      auto& slot = made->out[i];
      slot.kind = columns[i].kind;
      slot.nullable = columns[i].nullable;
      switch (slot.kind) {
        case ValueKind::kInteger:
          made->statement.exchange(soci::into(slot.integer, slot.state));
          break;
        case ValueKind::kReal:
          made->statement.exchange(soci::into(slot.real, slot.state));
          break;
        case ValueKind::kText:
          made->statement.exchange(soci::into(slot.text, slot.state));
          break;
      }
    }
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      auto& slot = made->in[i];
      slot.kind = arguments[i].kind;
      switch (slot.kind) {
        case ValueKind::kInteger:
          made->statement.exchange(soci::use(slot.integer, slot.state));
          break;
        case ValueKind::kReal:
          made->statement.exchange(soci::use(slot.real, slot.state));
          break;
        case ValueKind::kText:
          made->statement.exchange(soci::use(slot.text, slot.state));
          break;
      }
    }
    made->statement.define_and_bind();
    return *statements.emplace(std::string(sql), std::move(made)).first->second;
  }

  static void fill(Prepared& statement, std::span<const Value> arguments) {
    STEPCAST_CHECK(arguments.size() == statement.in.size());
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      auto& slot = statement.in[i];
      STEPCAST_CHECK(slot.kind == arguments[i].kind);
      slot.state = arguments[i].null ? soci::i_null : soci::i_ok;
      slot.integer = arguments[i].integer;
      slot.real = arguments[i].real;
      slot.text = arguments[i].text;
    }
  }

  // One database would cut a text at its NUL, the other refuse it; one turns NaN into null.
  [[nodiscard]] Result<void> storable(std::span<const Value> arguments) const {
    for (const auto& value : arguments) {
      if (value.text.find('\0') != std::string_view::npos) {
        return fail(Errc::kInvalidArgument, "a text with a NUL character cannot be stored",
                    url.shown);
      }
      if (!std::isfinite(value.real)) {
        return fail(Errc::kInvalidArgument,
                    fmt::format("the number {} cannot be stored", value.real), url.shown,
                    "leave an unknown value out");
      }
    }
    return {};
  }

  const DatabaseUrl url;
  const Access access;
  soci::session database;
  std::map<std::string, std::unique_ptr<Prepared>, std::less<>>
      statements;  // last, as they use the session
};

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::~Connection() = default;

Result<std::unique_ptr<Connection>> Connection::open(const DatabaseUrl& url, Access access) {
  std::unique_ptr<Connection> connection(new Connection(std::make_unique<Impl>(url, access)));
  auto& impl = *connection->impl_;
  if (auto connected = impl.guarded([&] { impl.connect(); }); !connected) {
    auto error = connected.error();
    if (url.dialect == Dialect::kSqlite && error.code == Errc::kFault) {
      error.code = Errc::kIo;  // what SOCI reports of a file that it cannot open has no code
    }
    error.message = "cannot open the " + error.message;
    if (error.remedy.empty()) {
      error.remedy = url.dialect == Dialect::kSqlite
                         ? "check that the folder exists and that this user may write there"
                         : "check that the server runs and lets this user in";
    }
    return tl::unexpected(std::move(error));
  }
  if (url.dialect == Dialect::kPostgresql && access == Access::kWrite) {
    std::int64_t taken = 0;
    auto asked = connection->query<std::int64_t>(
        "SELECT CASE WHEN pg_try_advisory_lock(:number) THEN 1 ELSE 0 END",
        [&](std::int64_t got) { taken = got; }, kServerLockNumber);
    if (!asked) {
      return tl::unexpected(asked.error());
    }
    if (taken == 0) {
      return fail(Errc::kBusy, "another server has this database", url.shown,
                  "stop it, or give this one a database of its own");
    }
  }
  return connection;
}

Result<void> Connection::begin() {
  return impl_->guarded([this] {
    const bool upgrade = impl_->url.dialect == Dialect::kSqlite && impl_->access == Access::kWrite;
    // A writer that starts as a reader can fail half-way, when somebody else's tool wrote.
    impl_->execute_plain(upgrade ? "BEGIN IMMEDIATE" : "BEGIN");
  });
}

Result<void> Connection::commit() {
  return impl_->guarded([this] { impl_->execute_plain("COMMIT"); });
}

void Connection::roll_back() {
  // It fails where there is nothing to roll back: SQLite did so itself, or the server is gone.
  static_cast<void>(impl_->guarded([this] { impl_->execute_plain("ROLLBACK"); }).has_value());
}

Result<void> Connection::execute_once(std::string_view sql) {
  return impl_->guarded([&] { impl_->execute_plain(std::string(sql).c_str()); });
}

Result<std::int64_t> Connection::run(std::string_view sql, std::span<const Value> arguments) {
  if (auto fit = impl_->storable(arguments); !fit) {
    return tl::unexpected(fit.error());
  }
  auto changed = impl_->guarded([&] {
    auto& statement = impl_->prepared(sql, {}, arguments);
    Impl::fill(statement, arguments);
    statement.statement.execute(true);
    return std::int64_t{statement.statement.get_affected_rows()};
  });
  if (!changed) {
    impl_->statements.erase(std::string(sql));
  }
  return changed;
}

Result<void> Connection::fetch(std::string_view sql, std::span<const Column> columns,
                               std::span<const Value> arguments,
                               const std::function<void(std::span<const Value>)>& each) {
  if (auto fit = impl_->storable(arguments); !fit) {
    return tl::unexpected(fit.error());
  }
  auto fetched = impl_->guarded([&] {
    auto& statement = impl_->prepared(sql, columns, arguments);
    Impl::fill(statement, arguments);
    statement.statement.execute(false);
    std::vector<Value> row(columns.size());
    while (statement.statement.fetch()) {
      for (std::size_t i = 0; i < columns.size(); ++i) {
        const auto& slot = statement.out[i];
        const bool null = slot.state == soci::i_null;
        if (null && !slot.nullable) {
          throw soci::soci_error(fmt::format("column {} is null", i + 1));
        }
        row[i] = {slot.kind, null, slot.integer, slot.real, slot.text};
      }
      each(row);
    }
  });
  if (!fetched) {
    impl_->statements.erase(std::string(sql));
  }
  return fetched;
}

Result<void> Connection::copy_to(const std::filesystem::path& to) {
  if (impl_->url.dialect != Dialect::kSqlite) {
    return fail(Errc::kUnsupported, "only a SQLite database is backed up from here",
                impl_->url.shown, "use pg_dump");
  }
  std::error_code code;
  if (std::filesystem::exists(to, code)) {
    return fail(Errc::kInvalidArgument, "a backup does not overwrite a file", to.string(),
                "name one that does not exist");
  }
  // Under another name until it is whole and on the disk.
  const auto part = std::filesystem::path(to.string() + ".part");
  std::filesystem::remove(part, code);
  sqlite_api::sqlite3* target = nullptr;
  int status = sqlite_api::sqlite3_open_v2(part.c_str(), &target,
                                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  if (status == SQLITE_OK) {
    auto* backup = sqlite_api::sqlite3_backup_init(target, "main", impl_->raw_sqlite(), "main");
    if (backup != nullptr) {
      // In one step: readers and the writer go on meanwhile, as the log keeps what they need.
      sqlite_api::sqlite3_backup_step(backup, -1);
      sqlite_api::sqlite3_backup_finish(backup);
    }
    status = sqlite_api::sqlite3_errcode(target);
  }
  const std::string message = sqlite_api::sqlite3_errmsg(target);
  sqlite_api::sqlite3_close(target);
  if (status != SQLITE_OK) {
    std::filesystem::remove(part, code);
    const auto kind = sqlite_code(status);
    return fail(kind == Errc::kFault ? Errc::kIo : kind, "cannot write the backup: " + message,
                to.string(), "check the folder and the space on its disk");
  }
  std::filesystem::rename(part, to, code);
  const auto folder = to.has_parent_path() ? to.parent_path() : std::filesystem::path(".");
  const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = !code && handle >= 0 && ::fsync(handle) == 0;
  if (handle >= 0) {
    ::close(handle);
  }
  if (!synced) {
    return fail(Errc::kIo, "cannot put the backup in place", to.string(),
                "check the folder and the space on its disk");
  }
  return {};
}

}  // namespace stepcast::store
