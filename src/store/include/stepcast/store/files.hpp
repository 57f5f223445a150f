#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::store {

/// A file of the library.
struct FileRow {
  std::string path;     ///< `folder/part.gcode`, UTF-8, unique.
  std::string display;  ///< As the user named it.
  std::string sha256;   ///< Lower-case hexadecimal.
  std::int64_t size{};
  UnixMs uploaded{};
  std::string user;
  std::string stated;  ///< JSON: what the file says about itself; empty until it has been read.
};

/// What an analysis found; it belongs to a content, whatever the file is called.
struct AnalysisRow {
  std::string sha256;
  std::string settings;  ///< That it depends on, as a hash.
  std::string result;    ///< JSON.
};

/// Repository of file rows; the bytes are elsewhere. All calls run inside a Store session.
[[nodiscard]] Result<void> put_file(Session& session,
                                    const FileRow& row);  ///< Inserts or replaces.
[[nodiscard]] Result<bool> remove_file(Session& session, std::string_view path);
/// For every file of that content.
[[nodiscard]] Result<void> set_stated(Session& session, std::string_view sha256,
                                      std::string_view json);
[[nodiscard]] Result<std::optional<FileRow>> find_file(Session& session, std::string_view path);
[[nodiscard]] Result<std::vector<FileRow>> all_files(Session& session);
/// Those of one content, by path.
[[nodiscard]] Result<std::vector<FileRow>> files_with(Session& session, std::string_view sha256);

[[nodiscard]] Result<void> put_analysis(Session& session, const AnalysisRow& row);
[[nodiscard]] Result<std::optional<AnalysisRow>> find_analysis(Session& session,
                                                               std::string_view sha256,
                                                               std::string_view settings);
[[nodiscard]] Result<std::vector<AnalysisRow>> analyses_with(Session& session,
                                                             std::string_view settings);
/// Removes those of contents that no file has, or had before, and those with other settings than
/// these.
[[nodiscard]] Result<void> sweep_analyses(Session& session,
                                          const std::vector<std::string>& settings);

}  // namespace stepcast::store
