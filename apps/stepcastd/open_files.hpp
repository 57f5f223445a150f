#pragma once

#include <cstddef>

namespace stepcast::daemon {

/// Lets this process open as many files as the system allows it, rather than the 1024 that shells
/// and service managers start programs with for the sake of select().
/// @returns how many.
[[nodiscard]] std::size_t raise_open_files();

/// How many clients may be connected, `wanted` at most, so that the database, files and printers
/// can still be opened while all of them are.
[[nodiscard]] std::size_t connections_within(std::size_t open_files, std::size_t wanted);

}  // namespace stepcast::daemon
