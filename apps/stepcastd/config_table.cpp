#include "config_table.hpp"

namespace stepcast::daemon {
namespace {

bool is_one_of(std::string_view word, const std::vector<std::string_view>& known) {
  return std::find(known.begin(), known.end(), word) != known.end();
}

std::string known_names(const std::vector<std::string_view>& known) {
  return fmt::format("known here: {}", fmt::join(known, ", "));
}

}  // namespace

std::string ConfigFile::place_of(const toml::node& node) const {
  return fmt::format("{}:{}", name, node.source().begin.line);
}

void ConfigTable::text(std::string_view key, std::string& value) {
  if (const toml::node* node = find(key)) {
    if (const auto read = node->value_exact<std::string>()) {
      value = *read;
    } else {
      refuse(key, "is no text", "put it in quotes");
    }
  }
}

void ConfigTable::path(std::string_view key, std::filesystem::path& value) {
  std::string read = value.string();
  text(key, read);
  value = read;
}

void ConfigTable::flag(std::string_view key, bool& value) {
  if (const toml::node* node = find(key)) {
    if (const auto read = node->value_exact<bool>()) {
      value = *read;
    } else {
      refuse(key, "is neither true nor false", "write it without quotes");
    }
  }
}

void ConfigTable::texts(std::string_view key, std::vector<std::string>& values) {
  if (const toml::node* node = find(key)) {
    const toml::array* array = node->as_array();
    if (array == nullptr || !array->is_homogeneous<std::string>()) {
      refuse(key, "is no list of texts", R"(write it like ["a", "b"])");
      return;
    }
    for (const toml::node& item : *array) {
      values.push_back(*item.value_exact<std::string>());
    }
  }
}

void ConfigTable::names(std::string_view key, std::vector<std::string>& values,
                        const std::vector<std::string_view>& known) {
  texts(key, values);
  for (const std::string& value : values) {
    if (!is_one_of(value, known)) {
      refuse(key, fmt::format("names '{}', which is not there", value), known_names(known));
    }
  }
}

void ConfigTable::name(std::string_view key, std::string& value,
                       const std::vector<std::string_view>& known) {
  if (find(key) != nullptr) {
    text(key, value);
    if (!is_one_of(value, known)) {
      refuse(key, fmt::format("is '{}'", value), known_names(known));
    }
  }
}

std::optional<std::int64_t> ConfigTable::whole_number(std::string_view key, std::int64_t least,
                                                      std::int64_t most) {
  const toml::node* node = find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const auto read = node->value_exact<std::int64_t>();
  if (!read) {
    refuse(key, "is no whole number", "write it without quotes or fraction");
  } else if (*read < least || *read > most) {
    refuse(key, fmt::format("is {}", *read), fmt::format("from {} to {} is possible", least, most));
    return std::nullopt;
  }
  return read;
}

void ConfigTable::refuse_other_keys() {
  for (const auto& [key, node] : table_) {
    if (std::find(asked_.begin(), asked_.end(), key.str()) == asked_.end()) {
      refuse(key.str(), "is an unknown key",
             fmt::format("known here: {}", fmt::join(asked_, ", ")));
    }
  }
}

void ConfigTable::refuse(std::string_view key, const std::string& what, std::string remedy) {
  const toml::node* const node = table_.get(key);
  report(node != nullptr ? *node : table_, fmt::format("{} {}", name_of(key), what),
         std::move(remedy));
}

void ConfigTable::refuse(std::string_view key, const Error& why) {
  const toml::node* const node = table_.get(key);
  report(node != nullptr ? *node : table_, fmt::format("{}: {}", name_of(key), why.message),
         why.remedy);
}

void ConfigTable::refuse_whole(const std::string& what, std::string remedy) {
  report(table_, fmt::format("{} {}", name_, what), std::move(remedy));
}

std::string ConfigTable::place_of(std::string_view key) const {
  const toml::node* const node = table_.get(key);
  return file_.place_of(node != nullptr ? *node : table_);
}

const toml::node* ConfigTable::find(std::string_view key) {
  if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) {
    asked_.emplace_back(key);
  }
  return table_.get(key);
}

std::string ConfigTable::name_of(std::string_view key) const {
  return name_.empty() ? std::string(key) : fmt::format("{}.{}", name_, key);
}

// Not skipped: what was configured would not be there, and nobody would say so.
void ConfigTable::refuse_shape(const toml::node& node, std::string_view key, bool wants_list) {
  const std::string name = name_of(key);
  const std::string remedy =
      wants_list
          ? fmt::format("write [[{}]] on a line of its own for each, and its keys below", name)
          : fmt::format("write [{}] on a line of its own, and its keys below", name);
  if (node.is_table()) {
    report(node, fmt::format("{} is one table, where there may be several", name), remedy);
  } else if (node.is_array() && !wants_list) {
    report(node, fmt::format("{} is a list, where there is one", name), remedy);
  } else {
    report(node, fmt::format("{} is a value, not a table", name), remedy);
  }
}

void ConfigTable::report(const toml::node& node, const std::string& what, std::string remedy) {
  if (!file_.problem) {
    file_.problem = Error{Errc::kInvalidArgument, what, file_.place_of(node), std::move(remedy)};
  }
}

}  // namespace stepcast::daemon
