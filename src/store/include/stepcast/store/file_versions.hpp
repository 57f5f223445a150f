#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::store {

/// What a file held before it was replaced; the bytes are elsewhere, by their hash.
struct FileVersionRow {
  std::string path;  ///< Of the file; with `sha256` unique.
  std::string sha256;
  std::int64_t size{};
  UnixMs uploaded{};
  std::string user;  ///< Who uploaded it.
  UnixMs replaced{};
};

/// All calls run inside a Store session.
[[nodiscard]] Result<void> put_file_version(Session& session, const FileVersionRow& row);
/// Of one file, newest first.
[[nodiscard]] Result<std::vector<FileVersionRow>> versions_of(Session& session,
                                                              std::string_view path);
[[nodiscard]] Result<std::optional<FileVersionRow>> find_file_version(Session& session,
                                                                      std::string_view path,
                                                                      std::string_view sha256);
/// Of all files, newest first.
[[nodiscard]] Result<std::vector<FileVersionRow>> all_file_versions(Session& session);
/// That was replaced first of all.
[[nodiscard]] Result<std::optional<FileVersionRow>> oldest_file_version(Session& session);
[[nodiscard]] Result<bool> remove_file_version(Session& session, std::string_view path,
                                               std::string_view sha256);
/// @returns whether some file had that content before.
[[nodiscard]] Result<bool> is_file_version(Session& session, std::string_view sha256);
[[nodiscard]] Result<void> move_file_versions(Session& session, std::string_view from,
                                              std::string_view to);

}  // namespace stepcast::store
