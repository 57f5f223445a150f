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
  std::string analysis;  ///< JSON; empty until the file has been analysed.
};

/// Repository of file rows; the bytes are elsewhere. All calls run inside a Store session.
[[nodiscard]] Result<void> put_file(Session& session,
                                    const FileRow& row);  ///< Inserts or replaces.
[[nodiscard]] Result<bool> remove_file(Session& session, std::string_view path);
[[nodiscard]] Result<void> set_analysis(Session& session, std::string_view path,
                                        std::string_view sha256, std::string_view json);
[[nodiscard]] Result<std::optional<FileRow>> find_file(Session& session, std::string_view path);
[[nodiscard]] Result<std::vector<FileRow>> all_files(Session& session);

}  // namespace stepcast::store
