#include "stepcast/store/files.hpp"

#include <utility>

#include "session.hpp"

namespace stepcast::store {

Result<void> put_file(Session& session, const FileRow& row) {
  return session
      .execute(
          "INSERT INTO files (path, display, sha256, size, uploaded_ms, user_name, analysis) "
          "VALUES (:path, :display, :sha256, :size, :uploaded_ms, :user_name, :analysis) "
          "ON CONFLICT (path) DO UPDATE SET display = excluded.display, "
          "sha256 = excluded.sha256, size = excluded.size, uploaded_ms = excluded.uploaded_ms, "
          "user_name = excluded.user_name, analysis = excluded.analysis",
          row.path, row.display, row.sha256, row.size, row.uploaded, row.user, row.analysis)
      .map([](std::int64_t /*rows*/) {});
}

Result<bool> remove_file(Session& session, std::string_view path) {
  return session.execute("DELETE FROM files WHERE path = :path", path).map([](std::int64_t rows) {
    return rows > 0;
  });
}

Result<void> set_analysis(Session& session, std::string_view path, std::string_view sha256,
                          std::string_view json) {
  return session
      .execute("UPDATE files SET analysis = :analysis WHERE path = :path AND sha256 = :sha256",
               json, path, sha256)
      .map([](std::int64_t /*rows*/) {});
}

Result<std::optional<FileRow>> find_file(Session& session, std::string_view path) {
  std::optional<FileRow> found;
  return session
      .query<std::string, std::string, std::string, std::int64_t, std::int64_t, std::string,
             std::string>(
          "SELECT path, display, sha256, size, uploaded_ms, user_name, analysis FROM files "
          "WHERE path = :path",
          [&](auto&&... column) { found = FileRow{std::forward<decltype(column)>(column)...}; },
          path)
      .map([&] { return std::move(found); });
}

Result<std::vector<FileRow>> all_files(Session& session) {
  std::vector<FileRow> files;
  return session
      .query<std::string, std::string, std::string, std::int64_t, std::int64_t, std::string,
             std::string>(
          "SELECT path, display, sha256, size, uploaded_ms, user_name, analysis FROM files "
          "ORDER BY path",
          [&](auto&&... column) {
            files.push_back(FileRow{std::forward<decltype(column)>(column)...});
          })
      .map([&] { return std::move(files); });
}

}  // namespace stepcast::store
