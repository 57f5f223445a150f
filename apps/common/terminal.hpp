#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace stepcast::cli {

/// What a stream can show: colours and a line that is redrawn, or plain text when it is a file, a
/// pipe, a dumb terminal, or NO_COLOR is set.
class Terminal {
 public:
  explicit Terminal(std::FILE* stream);

  [[nodiscard]] bool interactive() const { return interactive_; }
  [[nodiscard]] std::size_t columns() const;

  [[nodiscard]] std::string strong(std::string_view text) const { return wrap("1", text); }
  [[nodiscard]] std::string dim(std::string_view text) const { return wrap("2", text); }
  [[nodiscard]] std::string good(std::string_view text) const { return wrap("32", text); }
  [[nodiscard]] std::string warn(std::string_view text) const { return wrap("33", text); }
  [[nodiscard]] std::string bad(std::string_view text) const { return wrap("1;31", text); }
  [[nodiscard]] std::string accent(std::string_view text) const { return wrap("36", text); }

 private:
  [[nodiscard]] std::string wrap(std::string_view code, std::string_view text) const;

  std::FILE* stream_;
  bool interactive_;
  bool coloured_;
};

}  // namespace stepcast::cli
