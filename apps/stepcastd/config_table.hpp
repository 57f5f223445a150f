#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "stepcast/base/result.hpp"

namespace stepcast::daemon {

/// Reads the values of one table of the configuration and keeps the first problem.
class ConfigTable {
 public:
  ConfigTable(const toml::table& table, std::string file, std::string name,
              std::optional<Error>& problem)
      : table_(table), file_(std::move(file)), name_(std::move(name)), problem_(problem) {}

  void allow_only(std::initializer_list<std::string_view> known) {
    for (const auto& [key, node] : table_) {
      if (std::find(known.begin(), known.end(), key.str()) == known.end()) {
        report(node, key.str(), "unknown key",
               fmt::format("known here: {}", fmt::join(known, ", ")));
      }
    }
  }

  void text(std::string_view key, std::string& value) {
    if (const toml::node* node = table_.get(key)) {
      if (const auto read = node->value_exact<std::string>()) {
        value = *read;
      } else {
        report(*node, key, "is no text", "put it in quotes");
      }
    }
  }

  template <class Integer>
  void integer(std::string_view key, Integer& value, std::int64_t least, std::int64_t most) {
    if (const toml::node* node = table_.get(key)) {
      const auto read = node->value_exact<std::int64_t>();
      if (!read) {
        report(*node, key, "is no whole number", "write it without quotes or fraction");
      } else if (*read < least || *read > most) {
        report(*node, key, fmt::format("is {}", *read),
               fmt::format("from {} to {} is possible", least, most));
      } else {
        value = static_cast<Integer>(*read);
      }
    }
  }

  void flag(std::string_view key, bool& value) {
    if (const toml::node* node = table_.get(key)) {
      if (const auto read = node->value_exact<bool>()) {
        value = *read;
      } else {
        report(*node, key, "is neither true nor false", "write it without quotes");
      }
    }
  }

  void texts(std::string_view key, std::vector<std::string>& values) {
    if (const toml::node* node = table_.get(key)) {
      const toml::array* array = node->as_array();
      if (array == nullptr || !array->is_homogeneous<std::string>()) {
        report(*node, key, "is no list of texts", R"(write it like ["a", "b"])");
        return;
      }
      for (const toml::node& item : *array) {
        values.push_back(*item.value_exact<std::string>());
      }
    }
  }

  void one_of(std::string_view key, std::string& value,
              std::initializer_list<std::string_view> known) {
    text(key, value);
    if (std::find(known.begin(), known.end(), value) == known.end()) {
      if (const toml::node* node = table_.get(key)) {
        report(*node, key, fmt::format("is '{}'", value),
               fmt::format("one of {}", fmt::join(known, ", ")));
      }
    }
  }

  void report(const toml::node& node, std::string_view key, const std::string& what,
              std::string remedy) {
    if (!problem_) {
      problem_ = Error{Errc::kInvalidArgument, fmt::format("{}{} {}", name_, key, what),
                       fmt::format("{}:{}", file_, node.source().begin.line), std::move(remedy)};
    }
  }
  void report_whole(const std::string& what, std::string remedy) {
    report(table_, "", what, std::move(remedy));
  }

 private:
  const toml::table& table_;
  std::string file_;
  std::string name_;
  std::optional<Error>& problem_;
};

}  // namespace stepcast::daemon
