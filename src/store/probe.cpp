#include "stepcast/store/probe.hpp"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

#include "connection.hpp"
#include "database_url.hpp"
#include "migrations.hpp"

namespace stepcast::store {
namespace {

namespace fs = std::filesystem;

Result<void> check_writable(const fs::path& path) {
  if (::access(path.c_str(), W_OK) != 0) {
    return fail(Errc::kIo,
                fmt::format("cannot be written: {}", std::generic_category().message(errno)),
                path.string(), "create the folder, or let this user write there");
  }
  return {};
}

}  // namespace

Result<Found> probe(const std::string& url) {
  const auto parsed = parse_database_url(url);
  if (!parsed) {
    return tl::unexpected(parsed.error());
  }
  if (parsed->dialect == Dialect::kSqlite) {
    std::error_code code;
    const bool is_there = fs::exists(parsed->path, code);
    const fs::path folder = fs::absolute(parsed->path, code).parent_path();
    if (auto writable = check_writable(is_there ? parsed->path : folder); !writable) {
      return tl::unexpected(writable.error());
    }
    if (!is_there) {
      return Found{parsed->shown, 0};
    }
  }
  return Connection::open(*parsed, Access::kRead)
      .and_then([&](const std::unique_ptr<Connection>& connection) {
        return found_version(*connection, *parsed);
      })
      .map([&](int version) {
        return Found{parsed->shown, version};
      });
}

}  // namespace stepcast::store
