#include "terminal.hpp"

#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

namespace stepcast::cli {

Terminal::Terminal(std::FILE* stream) : stream_(stream) {
  const char* term = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): before any thread
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  interactive_ = isatty(fileno(stream)) != 0 && !dumb;
  coloured_ = interactive_ && std::getenv("NO_COLOR") == nullptr;  // NOLINT(concurrency-mt-unsafe)
}

std::size_t Terminal::columns() const {
  constexpr std::size_t kUsual = 80;
  winsize size{};
  if (interactive_ && ioctl(fileno(stream_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  return kUsual;
}

std::string Terminal::wrap(std::string_view code, std::string_view text) const {
  if (!coloured_) {
    return std::string(text);
  }
  return "\033[" + std::string(code) + "m" + std::string(text) + "\033[0m";
}

}  // namespace stepcast::cli
