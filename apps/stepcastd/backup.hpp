#pragma once

#include <filesystem>

#include "stepcast/base/result.hpp"

#include "daemon_config.hpp"

namespace stepcast::daemon {

/// Copies everything that a server keeps in `data` to the new folder `to`: the database as of one
/// moment, also while the server runs, and the files. Nothing appears under that name before it is
/// whole.
/// @returns kInvalidArgument: `to` exists, or `data` holds no database; kUnsupported: the
/// configuration names a PostgreSQL server; kIo, kFull.
[[nodiscard]] Result<void> back_up(const Config& config, const std::filesystem::path& data,
                                   const std::filesystem::path& to);

/// Makes `data`, which must be empty or not exist, from what back_up() wrote, and opens its
/// database once, to know that it will serve.
/// @returns kInvalidArgument: `from` is no backup, or `data` holds something; kUnsupported: it is
/// of a newer version; kIo, kFull.
[[nodiscard]] Result<void> restore(const std::filesystem::path& from,
                                   const std::filesystem::path& data);

}  // namespace stepcast::daemon
