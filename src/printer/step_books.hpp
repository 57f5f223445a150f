#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"

namespace stepcast::printer {

/// How far the motors are from where they stand at home, by the counters of a device, which run
/// from power-on and wrap at 32 bits.
class StepBooks {
 public:
  /// Steps from `before` to `after`, the short way round.
  [[nodiscard]] static constexpr Steps difference(Steps after, Steps before) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(after) -
                                     static_cast<std::uint32_t>(before));
  }

  [[nodiscard]] bool known() const { return home_.has_value(); }
  /// The machine stands at home now.
  void open(const PerAxis<Steps>& counters) { home_ = last_ = counters; }
  /// The machine stands `from_home` steps away from home now.
  void open_at(const PerAxis<Steps>& counters, const PerAxis<Steps>& from_home) {
    home_ = last_ = counters;
    for (const Axis motor : kAllAxes) {
      (*home_)[motor] = difference(counters[motor], from_home[motor]);
    }
  }
  /// The machine was followed to these counters.
  void follow(const PerAxis<Steps>& counters) { last_ = counters; }
  /// Nobody knows any more where it stands.
  void close() { home_.reset(); }

  /// From and to a file, which is replaced as a whole; closed books have none.
  [[nodiscard]] bool load(const std::filesystem::path& file);
  [[nodiscard]] Result<void> save(const std::filesystem::path& file) const;

  /// Nobody has moved the motors since follow().
  [[nodiscard]] bool match(const PerAxis<Steps>& counters) const {
    return known() && counters == last_;
  }
  /// @pre known()
  [[nodiscard]] PerAxis<Steps> from_home() const { return from_home(last_); }
  /// @pre known()
  [[nodiscard]] PerAxis<Steps> from_home(const PerAxis<Steps>& counters) const {
    PerAxis<Steps> steps;
    for (const Axis motor : kAllAxes) {
      steps[motor] = difference(counters[motor], (*home_)[motor]);
    }
    return steps;
  }

 private:
  std::optional<PerAxis<Steps>> home_;
  PerAxis<Steps> last_;
};

}  // namespace stepcast::printer
