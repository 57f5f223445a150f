#include "stepcast/store/files.hpp"

#include "session.hpp"
#include "table.hpp"

namespace stepcast::store {
namespace {

constexpr Table kFiles("files", 1, Field{"path", &FileRow::path},
                       Field{"display", &FileRow::display}, Field{"sha256", &FileRow::sha256},
                       Field{"size", &FileRow::size}, Field{"uploaded_ms", &FileRow::uploaded},
                       Field{"user_name", &FileRow::user}, Field{"analysis", &FileRow::analysis});

}  // namespace

Result<void> put_file(Session& session, const FileRow& row) {
  return kFiles.put(session, row);
}

Result<bool> remove_file(Session& session, std::string_view path) {
  return session.change("DELETE FROM files WHERE path = :path", path);
}

Result<void> set_analysis(Session& session, std::string_view path, std::string_view sha256,
                          std::string_view json) {
  return session.apply(
      "UPDATE files SET analysis = :analysis WHERE path = :path AND sha256 = :sha256", json, path,
      sha256);
}

Result<std::optional<FileRow>> find_file(Session& session, std::string_view path) {
  return kFiles.find(session, "WHERE path = :path", path);
}

Result<std::vector<FileRow>> all_files(Session& session) {
  return kFiles.select(session, "ORDER BY path");
}

}  // namespace stepcast::store
