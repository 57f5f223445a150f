#pragma once

#include "stepcast/base/result.hpp"

namespace stepcast::cli {

/// Exit statuses of the program; `stepcast --help` lists them.
enum ExitStatus : int {
  kSuccess = 0,
  kUsage = 2,        ///< The command line is wrong.
  kBadInput = 3,     ///< A file, a profile or a value in it is wrong.
  kNoPeer = 4,       ///< The device is not there, is busy, or speaks another protocol.
  kPrintFailed = 5,  ///< A print began and did not end as planned.
  kIoFailed = 6,     ///< A file could not be read or written.
  kStopped = 130,    ///< The user stopped the program (128 + SIGINT).
};

[[nodiscard]] ExitStatus status_of(Errc code);

/// Prints the error for a person on standard error (as JSON on standard output too, if asked) and
/// returns its exit status.
int report(const Error& error, bool json = false);

}  // namespace stepcast::cli
