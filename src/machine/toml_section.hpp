#pragma once

// Only for profile_loader.cpp: toml++ is costly to compile and its types stay there.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include "stepcast/base/result.hpp"

#include "spelling.hpp"

namespace stepcast::machine {

/// Closed range of a number.
struct Range {
  double min;
  double max;
  bool infinity_allowed = false;
};
inline constexpr Range kAnyNumber{-std::numeric_limits<double>::max(),
                                  std::numeric_limits<double>::max()};

inline std::string quote(std::string_view word) {
  return fmt::format("\"{}\"", word);
}

/// Where the first problem of one file is kept. Later ones are often only its consequences.
class Findings {
 public:
  explicit Findings(std::string_view file) : file_(file) {}

  void report(Errc code, const toml::source_region& where, std::string_view key,
              std::string message, std::string remedy) {
    if (!first_) {
      first_ = Error{code, std::move(message),
                     fmt::format("{}:{}: {}", file_, where.begin.line, key), std::move(remedy)};
    }
  }

  [[nodiscard]] const std::optional<Error>& first() const { return first_; }
  [[nodiscard]] bool any() const { return first_.has_value(); }

 private:
  std::string file_;
  std::optional<Error> first_;
};

/// One table of the file. Reads report to the findings and then return a harmless value, so that
/// the code below reads like the file; after the first problem nothing more is looked at.
class Section {
 public:
  Section(Findings& findings, const toml::table* table, std::string path)
      : findings_(&findings), table_(table), path_(std::move(path)) {}

  [[nodiscard]] std::string full_key(std::string_view key) const {
    return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
  }
  [[nodiscard]] bool has(std::string_view key) const {
    return table_ != nullptr && table_->contains(key);
  }

  /// Reports the topmost key that is not in `known`.
  void allow_only(std::initializer_list<std::string_view> known) const {
    if (findings_->any()) {
      return;
    }
    const toml::node* first = nullptr;
    std::string_view first_key;
    for (const auto& [key, node] : *table_) {
      const bool is_known = std::find(known.begin(), known.end(), key.str()) != known.end();
      // The table is sorted by name; a person reads the file from the top.
      if (!is_known &&
          (first == nullptr || node.source().begin.line < first->source().begin.line)) {
        first = &node;
        first_key = key.str();
      }
    }
    if (first != nullptr) {
      const std::string_view meant = nearest_spelling(first_key, {known.begin(), known.size()});
      findings_->report(Errc::kInvalidArgument, first->source(), full_key(first_key),
                        fmt::format("unknown key {}", quote(first_key)),
                        meant.empty() ? fmt::format("known here: {}", fmt::join(known, ", "))
                                      : fmt::format("did you mean {}?", quote(meant)));
    }
  }

  void fail(Errc code, std::string_view key, std::string message, std::string remedy) const {
    const toml::node* node = table_ == nullptr ? nullptr : table_->get(key);
    if (node != nullptr) {
      findings_->report(code, node->source(), full_key(key), std::move(message), std::move(remedy));
    } else if (table_ != nullptr) {
      findings_->report(code, table_->source(), full_key(key), std::move(message),
                        std::move(remedy));
    }
  }

  [[nodiscard]] double number(std::string_view key, const Range& range) const {
    const toml::node* node = find(key, "a number");
    return node == nullptr ? range.min : checked(*node, key, range);
  }

  [[nodiscard]] std::string text(std::string_view key) const {
    const toml::node* node = find(key, "a text in quotes");
    if (node == nullptr) {
      return {};
    }
    const auto value = node->value_exact<std::string>();
    if (!value || value->empty()) {
      wrong_type(key, *node, "a text in quotes");
      return {};
    }
    return *value;
  }

  [[nodiscard]] std::vector<double> numbers(std::string_view key, std::size_t max_count) const {
    const toml::node* node = find(key, "a list of numbers");
    if (node == nullptr) {
      return {};
    }
    const toml::array* list = node->as_array();
    if (list == nullptr) {
      wrong_type(key, *node, "a list of numbers");
      return {};
    }
    if (list->size() > max_count) {
      fail(Errc::kOutOfRange, key,
           fmt::format("{} numbers are more than the limit of {}", list->size(), max_count),
           "shorten the list");
      return {};
    }
    std::vector<double> values;
    values.reserve(list->size());
    for (const toml::node& element : *list) {
      values.push_back(checked(element, key, kAnyNumber));
    }
    return values;
  }

  [[nodiscard]] Section section(std::string_view key) const {
    const toml::node* node = find(key, fmt::format("a table, [{}]", full_key(key)));
    if (node == nullptr) {
      return {*findings_, nullptr, full_key(key)};
    }
    if (!node->is_table()) {
      wrong_type(key, *node, fmt::format("a table, [{}]", full_key(key)));
    }
    return {*findings_, node->as_table(), full_key(key)};
  }

  [[nodiscard]] std::vector<Section> sections(std::string_view key, std::size_t max_count) const {
    const std::string expected = fmt::format("a list of tables, [[{}]]", full_key(key));
    const toml::node* node = find(key, expected);
    std::vector<Section> result;
    if (node == nullptr) {
      return result;
    }
    const toml::array* list = node->as_array();
    if (list == nullptr || list->empty() || !list->is_homogeneous(toml::node_type::table)) {
      wrong_type(key, *node, expected);
      return result;
    }
    if (list->size() > max_count) {
      fail(Errc::kOutOfRange, key,
           fmt::format("{} tables are more than the limit of {}", list->size(), max_count),
           "remove some");
      return result;
    }
    for (const toml::node& element : *list) {
      result.emplace_back(*findings_, element.as_table(),
                          fmt::format("{}[{}]", full_key(key), result.size()));
    }
    return result;
  }

 private:
  /// The node, or null after a report that it is missing.
  [[nodiscard]] const toml::node* find(std::string_view key, std::string_view expected) const {
    if (findings_->any() || table_ == nullptr) {
      return nullptr;
    }
    const toml::node* node = table_->get(key);
    if (node == nullptr) {
      fail(Errc::kInvalidArgument, key, fmt::format("the key {} is missing", quote(key)),
           fmt::format("add it: {}; printers/README.md describes every key", expected));
    }
    return node;
  }

  void wrong_type(std::string_view key, const toml::node& node, std::string_view expected) const {
    std::ostringstream kind;
    kind << node.type();
    findings_->report(Errc::kInvalidArgument, node.source(), full_key(key),
                      fmt::format("{} is of the type {}, or empty; {} is needed", quote(key),
                                  kind.str(), expected),
                      "printers/README.md describes every key");
  }

  /// The number in `node`, which stands under `key`, inside `range`.
  [[nodiscard]] double checked(const toml::node& node, std::string_view key,
                               const Range& range) const {
    if (findings_->any()) {
      return range.min;
    }
    if (!node.is_number()) {
      wrong_type(key, node, "a number");
      return range.min;
    }
    const double value = node.value_or(0.0);
    if (value == kInfinity && range.infinity_allowed) {
      return value;
    }
    if (!std::isfinite(value)) {
      findings_->report(Errc::kOutOfRange, node.source(), full_key(key),
                        fmt::format("{} is {}, which means nothing here", key, value),
                        "give a finite number; `inf` is only for the acceleration and jerk of z "
                        "and e");
    } else if (value < range.min || value > range.max) {
      findings_->report(
          Errc::kOutOfRange, node.source(), full_key(key),
          fmt::format("{} is {}; it must lie between {} and {}{}", key, value, range.min, range.max,
                      range.infinity_allowed ? ", or be inf" : ""),
          "check the unit, which is the end of the key's name");
    } else {
      return value;
    }
    return range.min;
  }

  Findings* findings_;
  const toml::table* table_;
  std::string path_;
};

}  // namespace stepcast::machine
