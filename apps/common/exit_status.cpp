#include "exit_status.hpp"

#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "terminal.hpp"

namespace stepcast::cli {

ExitStatus status_of(Errc code) {
  switch (code) {
    case Errc::kInvalidArgument:
    case Errc::kNotFound:
    case Errc::kMalformed:
    case Errc::kOutOfRange:
    case Errc::kUnsupported:
      return kBadInput;
    case Errc::kIo:
    case Errc::kFull:
      return kIoFailed;
    case Errc::kNetwork:
    case Errc::kProtocol:
    case Errc::kBusy:
    case Errc::kDenied:
      return kNoPeer;
    case Errc::kFault:
      return kPrintFailed;
    case Errc::kInterrupted:
      return kStopped;
  }
  return kPrintFailed;
}

int report(const Error& error, bool json) {
  const Terminal terminal(stderr);
  fmt::print(stderr, "{} {}\n", terminal.bad("stepcast:"),
             error.location.empty() ? error.message : error.location + ": " + error.message);
  if (!error.remedy.empty()) {
    fmt::print(stderr, "  {} {}\n", terminal.dim("try:"), error.remedy);
  }
  if (json) {
    const nlohmann::json object{{"error", error.message},
                                {"location", error.location},
                                {"remedy", error.remedy},
                                {"status", static_cast<int>(status_of(error.code))}};
    fmt::print("{}\n", object.dump(2));
  }
  return status_of(error.code);
}

}  // namespace stepcast::cli
