#include "log_tail.hpp"

namespace stepcast::server::octoprint {
namespace {

// What OctoPrint's terminal is given when it opens.
constexpr std::size_t kMostLines = 300;
constexpr std::size_t kLongestLine = 1024;

}  // namespace

void LogTail::add(const std::string& printer, std::string_view line) {
  const std::scoped_lock lock(mutex_);
  Tail& tail = tails_[printer];
  tail.lines.emplace_back(line.substr(0, kLongestLine));
  ++tail.last;
  if (tail.lines.size() > kMostLines) {
    tail.lines.pop_front();
  }
}

LogTail::Lines LogTail::after(const std::string& printer, std::uint64_t after) const {
  const std::scoped_lock lock(mutex_);
  const auto found = tails_.find(printer);
  if (found == tails_.end()) {
    return {};
  }
  const Tail& tail = found->second;
  Lines lines{.lines = {}, .last = tail.last};
  std::uint64_t number = tail.last - tail.lines.size();
  for (const std::string& line : tail.lines) {
    if (++number > after) {
      lines.lines.push_back(line);
    }
  }
  return lines;
}

}  // namespace stepcast::server::octoprint
