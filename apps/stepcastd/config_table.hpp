#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "stepcast/base/result.hpp"

namespace stepcast::daemon {

/// The file that a configuration is read from, and the first problem found in it.
struct ConfigFile {
  std::string name;
  std::optional<Error> problem;

  /// "stepcastd.toml:12"
  [[nodiscard]] std::string place_of(const toml::node& node) const;
};

/// Reads the values of one table of the configuration. What is absent leaves the value as it is.
class ConfigTable {
 public:
  /// @param name as people write it: "printer", "notify.rule"; empty: the whole file.
  ConfigTable(const toml::table& table, ConfigFile& file, std::string name)
      : table_(table), file_(file), name_(std::move(name)) {}

  [[nodiscard]] bool has(std::string_view key) const { return table_.contains(key); }
  void text(std::string_view key, std::string& value);
  void path(std::string_view key, std::filesystem::path& value);
  void flag(std::string_view key, bool& value);
  void texts(std::string_view key, std::vector<std::string>& values);
  /// Of names that there are.
  void names(std::string_view key, std::vector<std::string>& values,
             const std::vector<std::string_view>& known);
  void name(std::string_view key, std::string& value, const std::vector<std::string_view>& known);

  template <class Integer>
  void integer(std::string_view key, Integer& value, std::int64_t least, std::int64_t most) {
    if (const auto read = whole_number(key, least, most)) {
      value = static_cast<Integer>(*read);
    }
  }
  void seconds(std::string_view key, std::chrono::milliseconds& value, std::int64_t least,
               std::int64_t most) {
    if (const auto read = whole_number(key, least, most)) {
      value = std::chrono::seconds(*read);
    }
  }

  /// One of some words, each of which stands for a value.
  template <class Value>
  void choice(std::string_view key, Value& value,
              std::initializer_list<std::pair<std::string_view, std::type_identity_t<Value>>> all) {
    std::string word;
    std::vector<std::string_view> words;
    for (const auto& [each, meaning] : all) {
      words.push_back(each);
    }
    name(key, word, words);
    for (const auto& [each, meaning] : all) {
      if (each == word) {
        value = meaning;
      }
    }
  }

  /// Calls `read` with the table `[key]`, if there is one.
  template <class Read>
  void table(std::string_view key, Read&& read) {
    if (const toml::node* node = find(key)) {
      if (const toml::table* found = node->as_table()) {
        read(ConfigTable(*found, file_, name_of(key)));
      } else {
        refuse_shape(*node, key, /*wants_list=*/false);
      }
    }
  }
  /// Calls `read` with each table of `[[key]]`.
  template <class Read>
  void tables(std::string_view key, Read&& read) {
    if (const toml::node* node = find(key)) {
      const toml::array* list = node->as_array();
      const auto is_table = [](const toml::node& item) { return item.is_table(); };
      if (list == nullptr || !std::all_of(list->begin(), list->end(), is_table)) {
        refuse_shape(*node, key, /*wants_list=*/true);
        return;
      }
      for (const toml::node& item : *list) {
        read(ConfigTable(*item.as_table(), file_, name_of(key)));
      }
    }
  }

  /// Every key that was not asked for until now is a problem.
  void refuse_other_keys();

  /// Of a value, in its line, or in that of the table where the key is absent.
  void refuse(std::string_view key, const std::string& what, std::string remedy);
  void refuse(std::string_view key, const Error& why);
  void refuse_whole(const std::string& what, std::string remedy);

  [[nodiscard]] std::string place() const { return file_.place_of(table_); }
  [[nodiscard]] std::string place_of(std::string_view key) const;

 private:
  const toml::node* find(std::string_view key);
  [[nodiscard]] std::string name_of(std::string_view key) const;
  std::optional<std::int64_t> whole_number(std::string_view key, std::int64_t least,
                                           std::int64_t most);
  void refuse_shape(const toml::node& node, std::string_view key, bool wants_list);
  void report(const toml::node& node, const std::string& what, std::string remedy);

  const toml::table& table_;
  ConfigFile& file_;
  std::string name_;
  std::vector<std::string> asked_;
};

}  // namespace stepcast::daemon
