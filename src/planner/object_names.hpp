#pragma once

#include <map>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "stepcast/gcode/command.hpp"

namespace stepcast::planner {

/// Which of the objects of a job the lines belong to: M486, EXCLUDE_OBJECT_START and _END.
///
/// M486 counts objects (S0, S1, ..., S-1 for none) and may name the current one (A"name") in the
/// same line or in a later one; until then the number is its name.
class ObjectNames {
 public:
  void m486(const gcode::Command& command) {
    if (const auto number = command.value('S')) {
      in_object_ = *number >= 0;
      number_ = *number;
    }
    if (in_object_ && !command.text.empty()) {
      names_[number_] = std::string(command.text);
    }
    if (in_object_) {
      const auto named = names_.find(number_);
      current_ = named == names_.end() ? fmt::format("{:g}", number_) : named->second;
    } else {
      current_.clear();
    }
  }
  /// `parameters`: of EXCLUDE_OBJECT_START, NAME=... among others.
  void start(std::string_view parameters) {
    constexpr std::string_view kKey = "NAME=";
    const std::size_t at = parameters.find(kKey);
    std::string_view name =
        at == std::string_view::npos ? parameters : parameters.substr(at + kKey.size());
    if (name.starts_with('\'') || name.starts_with('"')) {
      name = name.substr(1, name.substr(1).find(name.front()));
    } else {
      name = name.substr(0, name.find_first_of(" \t"));
    }
    current_ = std::string(name);
  }
  void end() { current_.clear(); }

  /// Empty between objects.
  [[nodiscard]] const std::string& current() const { return current_; }

 private:
  std::map<double, std::string> names_;
  bool in_object_ = false;
  double number_ = 0.0;
  std::string current_;
};

}  // namespace stepcast::planner
