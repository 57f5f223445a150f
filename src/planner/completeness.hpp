#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stepcast::planner {

/// Notices a file that was cut short, by what slicers promise in their comments: Cura states the
/// number of layers first, PrusaSlicer ends with its settings.
class Completeness {
 public:
  void see(std::string_view comment);

  /// At the end of the job: what is missing, if anything.
  [[nodiscard]] std::optional<std::string> missing() const;

 private:
  bool starts_as_prusaslicer_{};
  bool ends_as_prusaslicer_{};
  std::optional<std::int64_t> cura_layers_promised_;
  std::int64_t cura_layers_seen_{};
};

}  // namespace stepcast::planner
