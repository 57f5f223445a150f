#include "stepcast/store/file_versions.hpp"

#include "session.hpp"
#include "table.hpp"

namespace stepcast::store {
namespace {

constexpr Table kFileVersions("file_versions", 2, Field{"path", &FileVersionRow::path},
                              Field{"sha256", &FileVersionRow::sha256},
                              Field{"size", &FileVersionRow::size},
                              Field{"uploaded_ms", &FileVersionRow::uploaded},
                              Field{"user_name", &FileVersionRow::user},
                              Field{"replaced_ms", &FileVersionRow::replaced});

}  // namespace

Result<void> put_file_version(Session& session, const FileVersionRow& row) {
  return kFileVersions.put(session, row);
}

Result<std::vector<FileVersionRow>> versions_of(Session& session, std::string_view path) {
  return kFileVersions.select(session, "WHERE path = :path ORDER BY replaced_ms DESC, sha256",
                              path);
}

Result<std::optional<FileVersionRow>> find_file_version(Session& session, std::string_view path,
                                                        std::string_view sha256) {
  return kFileVersions.find(session, "WHERE path = :path AND sha256 = :sha256", path, sha256);
}

Result<std::vector<FileVersionRow>> all_file_versions(Session& session) {
  return kFileVersions.select(session, "ORDER BY replaced_ms DESC, path, sha256");
}

Result<std::optional<FileVersionRow>> oldest_file_version(Session& session) {
  return kFileVersions.find(session, "ORDER BY replaced_ms, path, sha256 LIMIT 1");
}

Result<bool> remove_file_version(Session& session, std::string_view path, std::string_view sha256) {
  return session.change("DELETE FROM file_versions WHERE path = :path AND sha256 = :sha256", path,
                        sha256);
}

Result<bool> is_file_version(Session& session, std::string_view sha256) {
  return session
      .value<std::int64_t>("SELECT count(*) FROM file_versions WHERE sha256 = :sha256", sha256)
      .map([](std::int64_t count) { return count > 0; });
}

Result<void> move_file_versions(Session& session, std::string_view from, std::string_view to) {
  return session.apply("UPDATE file_versions SET path = :to WHERE path = :from", to, from);
}

}  // namespace stepcast::store
