#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace stepcast::server::octoprint {

/// The last lines of each printer's conversation, numbered from 1.
///
/// Threads: any.
class LogTail {
 public:
  void add(const std::string& printer, std::string_view line);
  struct Lines {
    std::vector<std::string> lines;  ///< Oldest first.
    std::uint64_t last = 0;          ///< Number of the newest there is.
  };
  /// Those after number `after` that are still known.
  [[nodiscard]] Lines after(const std::string& printer, std::uint64_t after) const;

 private:
  struct Tail {
    std::deque<std::string> lines;
    std::uint64_t last = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Tail, std::less<>> tails_;
};

}  // namespace stepcast::server::octoprint
