#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "stepcast/octoprint_client/octoprint_printer.hpp"

#include "real_octoprint.hpp"

namespace stepcast::test {

/// An OctoPrintPrinter and a real OctoPrint, whose virtual printer takes time for G4 only.
class OctoPrintBackEnd {
 public:
  static constexpr const char* kName = "OctoPrint";
  static constexpr bool kChecksJobs = false;
  static constexpr bool kPrintsOnAlone = true;
  /// A second of a job, on its clock.
  static constexpr Seconds kSecond{0.02};

  OctoPrintBackEnd() { octoprint_.make_idle(); }

  [[nodiscard]] static octoprint_client::OctoPrintPrinter::Options options() {
    return {.id = "test",
            .url = testing::RealOctoPrint::shared().url() + "/",
            .api_key = testing::RealOctoPrint::key(),
            .timeout = std::chrono::milliseconds(2'000),
            .poll_interval = std::chrono::milliseconds(100)};
  }
  [[nodiscard]] static std::unique_ptr<printer::Printer> make_printer() {
    auto made = octoprint_client::OctoPrintPrinter::make(options());
    EXPECT_TRUE(made) << made.error().to_string();
    return std::move(*made);
  }
  /// A line that takes a second.
  [[nodiscard]] static std::string dwell() {
    return fmt::format("G4 P{}\n", static_cast<int>(kSecond.v * 1000));
  }
  void switch_off() { octoprint_.kill(); }
  [[nodiscard]] const testing::RealOctoPrint& octoprint() const { return octoprint_; }

 private:
  testing::RealOctoPrint& octoprint_ = testing::RealOctoPrint::shared();
};

}  // namespace stepcast::test
