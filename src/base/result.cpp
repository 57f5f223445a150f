#include "stepcast/base/result.hpp"

namespace stepcast {

std::string Error::to_string() const {
  std::string text;
  if (!location.empty()) {
    text += location + ": ";
  }
  text += message;
  if (!remedy.empty()) {
    text += " (" + remedy + ")";
  }
  return text;
}

}  // namespace stepcast
