#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/units.hpp"

namespace stepcast::test {

/// Where a job leaves the tool, found without any of the code under test: a second, minimal reading
/// of G-code in whole nanometres, so that nothing is lost on the way.
///
/// Knows what the jobs of the shared data use: G0, G1, G2, G3, G28, G90, G91, G92, M82, M83, and
/// commands that move nothing. Throws at anything else that could move something.
class GcodeEnd {
 public:
  using Nanometres = std::int64_t;

  /// `home`: where the tool is at the start and after G28; E counts all filament from 0.
  explicit GcodeEnd(const PerAxis<Mm>& home) {
    for (Axis axis : kAllAxes) {
      home_[index(axis)] = std::llround(home[axis].v * 1e6);
    }
    machine_ = home_;
    logical_ = home_;
  }

  void run(const std::filesystem::path& file) {
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) {
      command(line.substr(0, line.find(';')));
    }
  }

  /// Position in whole motor steps of a Cartesian machine, rounded half up, without any rounding in
  /// between.
  [[nodiscard]] Steps steps(Axis axis, double steps_per_mm) const {
    constexpr std::int64_t kScale = 1000;  // profiles state at most three decimals
    constexpr std::int64_t kNanometresPerMm = 1'000'000;
    const std::int64_t scaled = std::llround(steps_per_mm * kScale);
    const std::int64_t unit = kScale * kNanometresPerMm;
    const std::int64_t doubled = 2 * machine_[index(axis)] * scaled + unit;
    const std::int64_t rounded = doubled / (2 * unit);
    return doubled % (2 * unit) < 0 ? rounded - 1 : rounded;
  }

 private:
  static constexpr std::string_view kLetters = "XYZE";

  void command(const std::string& line) {
    const std::size_t start = line.find_first_not_of(" \t\r");
    if (start == std::string::npos) {
      return;
    }
    const std::size_t end = line.find_first_of(" \t\r", start);
    const std::string code = line.substr(start, end - start);
    const std::string words = end == std::string::npos ? "" : line.substr(end);
    if (code == "G0" || code == "G1" || code == "G2" || code == "G3") {
      for (std::size_t i = 0; i < kAxisCount; ++i) {
        if (const auto value = number(words, kLetters[i])) {
          const bool relative = i == index(Axis::kE) ? relative_e_ : relative_;
          const Nanometres by = relative ? *value : *value - logical_[i];
          machine_[i] += by;
          logical_[i] += by;
        }
      }
    } else if (code == "G28") {
      const bool all = words.find_first_of("XYZ") == std::string::npos;
      for (std::size_t i = 0; i < index(Axis::kE); ++i) {
        if (all || words.find(kLetters[i]) != std::string::npos) {
          machine_[i] = logical_[i] = home_[i];
        }
      }
    } else if (code == "G90" || code == "G91") {
      relative_ = relative_e_ = code == "G91";
    } else if (code == "G92") {
      const bool all = words.find_first_of(kLetters) == std::string::npos;
      for (std::size_t i = 0; i < kAxisCount; ++i) {
        if (const auto value = number(words, kLetters[i]); value || all) {
          logical_[i] = value.value_or(0);
        }
      }
    } else if (code == "M82" || code == "M83") {
      relative_e_ = code == "M83";
    } else if (!moves_nothing(code, words)) {
      throw std::runtime_error("this test does not know what " + line + " does");
    }
  }

  static bool moves_nothing(const std::string& code, const std::string& words) {
    for (const char* known : {"G21", "M0", "M84", "M104", "M105", "M106", "M107", "M109", "M116",
                              "M140", "M190", "T0"}) {
      if (code == known) {
        return true;
      }
    }
    // With words it sets a temperature; without it would be a retraction.
    return code == "G10" && words.find('P') != std::string::npos;
  }

  // The number behind a letter in nanometres; at most six decimals.
  static std::optional<Nanometres> number(const std::string& words, char letter) {
    std::size_t at = words.find(letter);
    if (at == std::string::npos) {
      return std::nullopt;
    }
    ++at;
    const bool negative = words[at] == '-';
    at += negative || words[at] == '+' ? 1 : 0;
    Nanometres value = 0;
    int decimals = -1;
    for (; at < words.size() && (words[at] == '.' || (words[at] >= '0' && words[at] <= '9'));
         ++at) {
      if (words[at] == '.') {
        decimals = 0;
        continue;
      }
      value = 10 * value + (words[at] - '0');
      decimals += decimals >= 0 ? 1 : 0;
    }
    constexpr int kDecimals = 6;
    if (decimals > kDecimals) {
      throw std::runtime_error("more than six decimals:" + words);
    }
    for (int n = std::max(decimals, 0); n < kDecimals; ++n) {
      value *= 10;
    }
    return negative ? -value : value;
  }

  std::array<Nanometres, kAxisCount> home_{};
  std::array<Nanometres, kAxisCount> machine_{};  // E: all filament so far
  std::array<Nanometres, kAxisCount> logical_{};  // what the job calls it
  bool relative_ = false;
  bool relative_e_ = false;
};

}  // namespace stepcast::test
