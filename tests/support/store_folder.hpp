#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <stdlib.h>

#include "stepcast/store/store.hpp"

namespace stepcast::testing {

/// A folder of its own for a database, removed at the end.
class StoreFolder {
 public:
  StoreFolder() {
    // With a blank, as people have them.
    auto name = (std::filesystem::temp_directory_path() / "stepcast store XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw std::runtime_error("cannot make " + name);
    }
    path_ = name;
  }
  ~StoreFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  StoreFolder(const StoreFolder&) = delete;
  StoreFolder& operator=(const StoreFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path database() const { return path_ / "stepcast.db"; }
  [[nodiscard]] Result<std::unique_ptr<store::Store>> try_open() const {
    return store::Store::open({.url = "sqlite:" + database().string()});
  }
  [[nodiscard]] std::unique_ptr<store::Store> open() const {
    auto opened = try_open();
    if (!opened) {
      throw std::runtime_error(opened.error().to_string());
    }
    return std::move(*opened);
  }

 private:
  std::filesystem::path path_;
};

/// What `query(session)` gives, or an exception with the error.
template <class Query>
auto read_from(store::Store& store, Query query) {
  decltype(query(std::declval<store::Session&>())) answer;
  const auto done = store.read([&](store::Session& session) -> Result<void> {
    answer = query(session);
    return answer.map([](const auto& /*value*/) {});
  });
  if (!done) {
    throw std::runtime_error(done.error().to_string());
  }
  return std::move(*answer);
}

}  // namespace stepcast::testing
