#include "stepcast/store/files.hpp"

#include <algorithm>
#include <utility>

#include "session.hpp"
#include "table.hpp"

namespace stepcast::store {
namespace {

constexpr Table kFiles("files", 1, Field{"path", &FileRow::path},
                       Field{"display", &FileRow::display}, Field{"sha256", &FileRow::sha256},
                       Field{"size", &FileRow::size}, Field{"uploaded_ms", &FileRow::uploaded},
                       Field{"user_name", &FileRow::user}, Field{"stated", &FileRow::stated});

constexpr Table kAnalyses("analyses", 2, Field{"sha256", &AnalysisRow::sha256},
                          Field{"settings", &AnalysisRow::settings},
                          Field{"result", &AnalysisRow::result});

}  // namespace

Result<void> put_file(Session& session, const FileRow& row) {
  return kFiles.put(session, row);
}

Result<bool> remove_file(Session& session, std::string_view path) {
  return session.change("DELETE FROM files WHERE path = :path", path);
}

Result<void> set_stated(Session& session, std::string_view sha256, std::string_view json) {
  return session.apply("UPDATE files SET stated = :stated WHERE sha256 = :sha256", json, sha256);
}

Result<std::optional<FileRow>> find_file(Session& session, std::string_view path) {
  return kFiles.find(session, "WHERE path = :path", path);
}

Result<std::vector<FileRow>> all_files(Session& session) {
  return kFiles.select(session, "ORDER BY path");
}

Result<std::vector<FileRow>> files_with(Session& session, std::string_view sha256) {
  return kFiles.select(session, "WHERE sha256 = :sha256 ORDER BY path", sha256);
}

Result<void> put_analysis(Session& session, const AnalysisRow& row) {
  return kAnalyses.put(session, row);
}

Result<std::optional<AnalysisRow>> find_analysis(Session& session, std::string_view sha256,
                                                 std::string_view settings) {
  return kAnalyses.find(session, "WHERE sha256 = :sha256 AND settings = :settings", sha256,
                        settings);
}

Result<std::vector<AnalysisRow>> analyses_with(Session& session, std::string_view settings) {
  return kAnalyses.select(session, "WHERE settings = :settings", settings);
}

Result<void> sweep_analyses(Session& session, const std::vector<std::string>& settings) {
  auto swept = session.apply(
      "DELETE FROM analyses WHERE sha256 NOT IN (SELECT sha256 FROM files) "
      "AND sha256 NOT IN (SELECT sha256 FROM file_versions)");
  std::vector<std::string> others;
  if (swept) {
    swept = session.query<std::string>(
        "SELECT DISTINCT settings FROM analyses", [&](std::string found) {
          if (std::find(settings.begin(), settings.end(), found) == settings.end()) {
            others.push_back(std::move(found));
          }
        });
  }
  for (const std::string& other : others) {
    if (swept) {
      swept = session.apply("DELETE FROM analyses WHERE settings = :settings", other);
    }
  }
  return swept;
}

}  // namespace stepcast::store
