#include "step_books.hpp"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace stepcast::printer {
namespace {

constexpr const char* kBooksTitle = "stepcast position 1";

bool read_counters(std::istream& in, const char* key, PerAxis<Steps>& counters) {
  std::string word;
  bool fine = static_cast<bool>(in >> word) && word == key;
  for (const Axis motor : kAllAxes) {
    fine = fine && static_cast<bool>(in >> counters[motor]);
  }
  return fine;
}

}  // namespace

bool StepBooks::load(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string title;
  PerAxis<Steps> home;
  PerAxis<Steps> last;
  std::string end;
  if (!std::getline(in, title) || title != kBooksTitle || !read_counters(in, "home", home) ||
      !read_counters(in, "last", last) || !(in >> end) || end != "end") {
    return false;
  }
  home_ = home;
  last_ = last;
  return true;
}

Result<void> StepBooks::save(const std::filesystem::path& file) const {
  if (!home_) {
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
    return {};
  }
  std::string text = std::string(kBooksTitle) + '\n';
  for (const auto& [key, counters] : {std::pair{"home", *home_}, std::pair{"last", last_}}) {
    text += key;
    for (const Axis motor : kAllAxes) {
      text += fmt::format(" {}", counters[motor]);
    }
    text += '\n';
  }
  text += "end\n";
  // In place of the old one at once, or not at all.
  const std::filesystem::path draft = file.string() + ".new";
  const int descriptor = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool written =
      descriptor >= 0 &&
      ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fdatasync(descriptor) == 0;
  if (descriptor >= 0) {
    ::close(descriptor);
  }
  written = written && std::rename(draft.c_str(), file.c_str()) == 0;
  return written ? Result<void>()
                 : fail(Errc::kIo, std::generic_category().message(errno), file.string(),
                        "free some space, or correct the rights of the folder");
}

}  // namespace stepcast::printer
