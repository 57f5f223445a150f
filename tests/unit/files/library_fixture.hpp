#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "stepcast/files/library.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::files {

inline constexpr std::string_view kPart = "G28\nG1 X10 F3000\n";

inline LibraryPath at(std::string_view text) {
  return LibraryPath::parse(text).value();
}

class LibraryTest : public ::testing::Test {
 protected:
  LibraryTest() {
    store = store::Store::open({.url = "sqlite:" + (folder / "stepcast.db").string()}).value();
    reopen();
  }
  ~LibraryTest() override {
    library.reset();
    store.reset();
    std::filesystem::remove_all(folder);
  }

  Analyst analyst(std::string settings, std::vector<std::string> printers) {
    const auto analyse = [this, settings](const gcode::Reader& job,
                                          const std::stop_token& /*stop*/) {
      Analysis analysis;
      analysis.warnings = {settings, job.name()};
      analysis.layers = ++analysed;
      return analysis;
    };
    return {.settings = settings, .analyse = analyse, .printers = std::move(printers)};
  }
  void reopen_with(std::vector<Analyst> analysts) {
    library.reset();
    library =
        Library::open(*store, {.root = root, .minimum_free_bytes = 0}, std::move(analysts)).value();
  }
  void reopen(std::int64_t quota = 0, std::int64_t minimum_free = 0, std::size_t versions = 0) {
    library.reset();
    library = Library::open(*store,
                            {.root = root,
                             .minimum_free_bytes = minimum_free,
                             .quota_bytes = quota,
                             .versions = versions},
                            {analyst("one", {})})
                  .value();
  }
  Result<Entry> upload(std::string_view path, std::string_view text = kPart) {
    auto upload = library->begin_upload(at(path), "ann");
    if (!upload) {
      return tl::unexpected(upload.error());
    }
    if (auto written = (*upload)->write(text); !written) {
      return tl::unexpected(written.error());
    }
    return (*upload)->commit();
  }
  [[nodiscard]] std::vector<std::string> paths() const {
    std::vector<std::string> out;
    const std::vector<Entry> entries = library->list().value();
    for (const Entry& entry : entries) {
      out.push_back(entry.is_folder ? entry.path + "/" : entry.path);
    }
    return out;
  }
  [[nodiscard]] std::string content(std::string_view path) const {
    std::ifstream file(root / path);
    return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  [[nodiscard]] std::size_t leftovers(const char* where = ".incoming") const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(root / where),
                                                  std::filesystem::directory_iterator()));
  }
  [[nodiscard]] bool wait_for_analysis(std::string_view path, std::string_view printer = {}) const {
    for (int i = 0; i < 10'000; ++i) {
      if (library->find(at(path), printer).value()->analysis) {
        return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }

  std::filesystem::path folder = [] {
    std::string name = ::testing::TempDir() + "stepcast-files-XXXXXX";
    return std::filesystem::path(::mkdtemp(name.data()));
  }();
  std::filesystem::path root = folder / "library";
  std::atomic<std::int64_t> analysed = 0;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Library> library;
};

}  // namespace stepcast::files
