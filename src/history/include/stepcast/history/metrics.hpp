#pragma once

#include <string>
#include <vector>

#include "stepcast/printer/printer.hpp"

namespace stepcast::history {

/// A number that a printer tells, under the name by which it is asked for later.
struct Measurement {
  std::string metric;
  double value{};
};

/// All numbers of a status that are known; none of a printer that is offline. Names end in their
/// unit; docs/history.md lists them.
[[nodiscard]] std::vector<Measurement> measurements_of(const printer::Status& status);

}  // namespace stepcast::history
