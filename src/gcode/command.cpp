#include "stepcast/gcode/command.hpp"

#include <algorithm>

namespace stepcast::gcode {

const Word* Command::find(char word_letter) const {
  const auto all = words();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Word& w) { return w.letter == word_letter; });
  return found == all.end() ? nullptr : &*found;
}

std::optional<double> Command::value(char word_letter) const {
  const Word* const word = find(word_letter);
  if (word == nullptr || !word->has_value) {
    return std::nullopt;
  }
  return word->value;
}

}  // namespace stepcast::gcode
