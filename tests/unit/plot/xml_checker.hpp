#pragma once

#include <cctype>
#include <string>
#include <string_view>
#include <vector>

namespace stepcast::plot {

/// Why `xml` is not well-formed, or "" when it is. Knows what our pictures use: elements,
/// attributes in double quotes, text with the predefined entities.
inline std::string xml_problem(std::string_view xml) {
  std::vector<std::string> open;
  bool has_root = false;
  const auto bad_text = [](std::string_view text) {
    for (std::size_t i = text.find('&'); i != std::string_view::npos; i = text.find('&', i + 1)) {
      const std::string_view rest = text.substr(i);
      if (!rest.starts_with("&amp;") && !rest.starts_with("&lt;") && !rest.starts_with("&gt;") &&
          !rest.starts_with("&quot;")) {
        return true;
      }
    }
    return text.find('<') != std::string_view::npos;
  };
  while (!xml.empty()) {
    if (xml.front() != '<') {
      const std::string_view text = xml.substr(0, xml.find('<'));
      if (bad_text(text)) {
        return "bare & in text";
      }
      if (open.empty() && text.find_first_not_of("\n ") != std::string_view::npos) {
        return "text outside of the root";
      }
      xml.remove_prefix(text.size());
      continue;
    }
    std::size_t end = 1;
    bool quoted = false;
    while (end < xml.size() && (quoted || xml[end] != '>')) {
      quoted ^= xml[end] == '"';
      ++end;
    }
    if (end == xml.size()) {
      return "a tag does not end";
    }
    std::string_view tag = xml.substr(1, end - 1);
    xml.remove_prefix(end + 1);
    if (tag.starts_with('/')) {
      if (open.empty() || open.back() != tag.substr(1)) {
        return "unexpected end tag " + std::string(tag);
      }
      open.pop_back();
      continue;
    }
    const bool empty_element = tag.ends_with('/');
    if (empty_element) {
      tag.remove_suffix(1);
    }
    const std::string name(tag.substr(0, tag.find(' ')));
    if (name.empty() || std::isalpha(static_cast<unsigned char>(name.front())) == 0) {
      return "a tag without a name";
    }
    if (open.empty() && has_root) {
      return "a second root";
    }
    has_root = true;
    tag.remove_prefix(name.size());
    while (!tag.empty()) {
      const std::size_t equals = tag.find("=\"");
      const std::size_t close =
          equals == std::string_view::npos ? equals : tag.find('"', equals + 2);
      if (tag.front() != ' ' || equals < 2 || close == std::string_view::npos ||
          bad_text(tag.substr(equals + 2, close - equals - 2))) {
        return "a broken attribute in " + name;
      }
      tag.remove_prefix(close + 1);
    }
    if (!empty_element) {
      open.push_back(name);
    }
  }
  return open.empty() ? (has_root ? "" : "no root") : "not closed: " + open.back();
}

}  // namespace stepcast::plot
