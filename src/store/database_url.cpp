#include "database_url.hpp"

#include <fmt/format.h>

namespace stepcast::store {
namespace {

constexpr std::string_view kSqlitePrefix = "sqlite:";
constexpr std::string_view kUrlForms =
    "use sqlite:PATH, or postgresql://user@host/database for a fleet";

// `postgresql://user:secret@host/db` without `:secret`.
std::string without_password(std::string_view url) {
  const auto authority = url.find("://") + 3;
  const auto at = url.substr(0, url.find('/', authority)).rfind('@');
  const auto colon = url.find(':', authority);
  std::string shown(url);
  if (at != std::string_view::npos && colon < at) {
    shown.erase(colon, at - colon);
  }
  // A password may also be a parameter.
  return shown.substr(0, shown.find('?'));
}

}  // namespace

Result<DatabaseUrl> parse_database_url(std::string_view url) {
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
    // What a URL may not hold unencoded would end it for the library below.
    if (url.find_first_of(std::string_view(" \t\r\n\0", 5)) != std::string_view::npos) {
      return fail(Errc::kInvalidArgument, "the database URL holds a blank", "database url",
                  "write it as %20");
    }
    return DatabaseUrl{Dialect::kPostgresql, {}, std::string(url), without_password(url)};
  }
  if (!url.starts_with(kSqlitePrefix)) {
    return fail(Errc::kInvalidArgument, "the database URL names neither SQLite nor PostgreSQL",
                "database url", std::string(kUrlForms));
  }
  const auto path = url.substr(kSqlitePrefix.size());
  if (path.empty() || path.find_first_of(std::string_view("\"\0", 2)) != std::string_view::npos) {
    return fail(Errc::kInvalidArgument,
                fmt::format("'{}' holds no usable path (empty, or with a quotation mark)", url),
                "database url", std::string(kUrlForms));
  }
  return DatabaseUrl{Dialect::kSqlite, std::filesystem::path(path), {}, std::string(path)};
}

}  // namespace stepcast::store
