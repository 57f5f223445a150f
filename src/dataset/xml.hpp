#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"

namespace stepcast::dataset {

/// An element of an XML file: its children, or its text. Attributes are read over.
struct XmlElement {
  std::string name;
  std::string text;  ///< Without the blanks around it.
  std::size_t line = 0;
  std::vector<XmlElement> children;

  [[nodiscard]] const XmlElement* child(std::string_view wanted) const;
  /// The text of a child; empty when there is none.
  [[nodiscard]] std::string_view text_of(std::string_view wanted) const;
};

/// What label files need of XML: elements, text, comments, CDATA, the five named entities and
/// numeric ones. Declarations of a DTD are refused: they can ask for files and for gigabytes.
/// @returns the root element; kMalformed with file and line
[[nodiscard]] Result<XmlElement> parse_xml(std::string_view text, std::string_view file_name);

}  // namespace stepcast::dataset
