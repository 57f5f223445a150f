#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "stepcast/base/result.hpp"
#include "stepcast/files/library.hpp"
#include "stepcast/store/files.hpp"

#include "folder_tree.hpp"

namespace stepcast::files {

[[nodiscard]] store::UnixMs wall_clock_ms();
/// The calling thread has the lowest priority from now on: prints, uploads and people go first.
void make_way();
/// Without its analysis.
[[nodiscard]] Entry entry_of(const store::FileRow& row);
[[nodiscard]] bool is_inside(std::string_view path, std::string_view folder);
/// Reads a file from the start to the end, piece by piece.
[[nodiscard]] Result<void> read_file(
    const Descriptor& file, const std::string& name,
    const std::function<Result<void>(std::span<const char>)>& take);

}  // namespace stepcast::files
