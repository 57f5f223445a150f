#include "xml.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace stepcast::dataset {
namespace {

constexpr std::string_view kXmlBlank = " \t\r\n";
constexpr std::size_t kDeepestElement = 32;  // annotation/object/part/bndbox/xmin are five

void append_utf8(std::string& out, std::uint32_t code) {
  constexpr std::uint32_t kLow = 0x3F;
  const auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xC0U | code >> 6U);
    add(0x80U | (code & kLow));
  } else if (code < 0x10000) {
    add(0xE0U | code >> 12U);
    add(0x80U | (code >> 6U & kLow));
    add(0x80U | (code & kLow));
  } else {
    add(0xF0U | code >> 18U);
    add(0x80U | (code >> 12U & kLow));
    add(0x80U | (code >> 6U & kLow));
    add(0x80U | (code & kLow));
  }
}

class XmlReader {
 public:
  XmlReader(std::string_view text, std::string_view file_name) : text_(text), file_(file_name) {}

  Result<XmlElement> read() {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    skip(kByteOrderMark);
    if (auto good = skip_misc(); !good) {
      return tl::unexpected(good.error());
    }
    XmlElement root;
    if (auto good = element(root, 1); !good) {
      return tl::unexpected(good.error());
    }
    if (auto good = skip_misc(); !good) {
      return tl::unexpected(good.error());
    }
    if (at_ != text_.size()) {
      return wrong("there is something after the last element");
    }
    return root;
  }

 private:
  [[nodiscard]] tl::unexpected<Error> wrong(std::string message) const {
    return fail(Errc::kMalformed, std::move(message), fmt::format("{}:{}", file_, line_));
  }
  [[nodiscard]] bool sees(std::string_view word) const {
    return text_.substr(at_, word.size()) == word;
  }
  void advance(std::size_t count) {
    const auto passed = text_.substr(at_, count);
    line_ += static_cast<std::size_t>(std::count(passed.begin(), passed.end(), '\n'));
    at_ += passed.size();
  }
  bool skip(std::string_view word) {
    if (!sees(word)) {
      return false;
    }
    advance(word.size());
    return true;
  }
  void skip_blanks() {
    advance(std::min(text_.find_first_not_of(kXmlBlank, at_), text_.size()) - at_);
  }
  /// Reads up to `end` and over it; nullopt when it never comes.
  std::optional<std::string_view> until(std::string_view end) {
    const auto found = text_.find(end, at_);
    if (found == std::string_view::npos) {
      return std::nullopt;
    }
    const auto inner = text_.substr(at_, found - at_);
    advance(inner.size() + end.size());
    return inner;
  }

  /// Blanks, comments and processing instructions around the root.
  Result<void> skip_misc() {
    for (;;) {
      skip_blanks();
      if (sees("<!--") || sees("<?")) {
        if (!until(sees("<?") ? "?>" : "-->")) {
          return wrong("a comment or an instruction does not end");
        }
      } else if (sees("<!")) {
        return wrong("declarations (<!...>) are not read");
      } else {
        return {};
      }
    }
  }

  Result<void> element(XmlElement& out, std::size_t depth) {
    if (depth > kDeepestElement) {
      return wrong(fmt::format("nests deeper than {} elements", kDeepestElement));
    }
    out.line = line_;
    if (!skip("<")) {
      return wrong("an element was expected");
    }
    const auto end = std::min(text_.find_first_of(" \t\r\n/><", at_), text_.size());
    out.name = std::string(text_.substr(at_, end - at_));
    if (out.name.empty()) {
      return wrong("an element has no name");
    }
    advance(out.name.size());
    const auto opened = attributes();
    if (!opened) {
      return tl::unexpected(opened.error());
    }
    return *opened ? content(out, depth) : Result<void>{};
  }

  /// Over attributes and the end of the tag. @returns whether the element has content
  Result<bool> attributes() {
    for (;;) {
      const auto next = text_.find_first_of("\"'>/<", at_);
      if (next == std::string_view::npos || text_[next] == '<') {
        return wrong("a tag does not end");
      }
      advance(next - at_);
      if (skip("/>")) {
        return false;
      }
      if (skip(">")) {
        return true;
      }
      const char mark = text_[at_];
      advance(1);
      if (mark != '/' && !until(std::string_view(&mark, 1))) {
        return wrong("an attribute does not end");
      }
    }
  }

  Result<void> content(XmlElement& out, std::size_t depth) {
    for (;;) {
      if (at_ == text_.size()) {
        return wrong(fmt::format("<{}> of line {} does not end", out.name, out.line));
      }
      if (skip("</")) {
        return closing(out);
      }
      if (sees("<!--") || sees("<?")) {
        if (!until(sees("<?") ? "?>" : "-->")) {
          return wrong("a comment or an instruction does not end");
        }
      } else if (skip("<![CDATA[")) {
        const auto raw = until("]]>");
        if (!raw) {
          return wrong("a CDATA section does not end");
        }
        out.text += *raw;
      } else if (sees("<!")) {
        return wrong("declarations (<!...>) are not read");
      } else if (sees("<")) {
        if (auto good = element(out.children.emplace_back(), depth + 1); !good) {
          return good;
        }
      } else if (auto good = characters(out.text); !good) {
        return good;
      }
    }
  }

  Result<void> closing(XmlElement& out) {
    const auto name = until(">");
    if (!name || name->substr(0, std::min(name->find_last_not_of(kXmlBlank) + 1, name->size())) !=
                     out.name) {
      return wrong(fmt::format("<{}> of line {} is closed by another name", out.name, out.line));
    }
    const auto first = out.text.find_first_not_of(kXmlBlank);
    out.text = first == std::string::npos
                   ? std::string()
                   : out.text.substr(first, out.text.find_last_not_of(kXmlBlank) + 1 - first);
    return {};
  }

  Result<void> characters(std::string& out) {
    const auto end = std::min(text_.find_first_of("<&", at_), text_.size());
    out += text_.substr(at_, end - at_);
    advance(end - at_);
    if (!skip("&")) {
      return {};
    }
    constexpr std::size_t kLongestEntity = 10;
    const auto close = text_.find(';', at_);
    if (close == std::string_view::npos || close - at_ > kLongestEntity) {
      return wrong("'&' begins no entity");
    }
    const auto name = text_.substr(at_, close - at_);
    if (!entity(name, out)) {
      return wrong(fmt::format("the entity '&{};' is not known", name));
    }
    advance(name.size() + 1);
    return {};
  }

  static bool entity(std::string_view name, std::string& out) {
    constexpr std::array<std::pair<std::string_view, char>, 5> kNamed = {
        {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};
    for (const auto& [known, sign] : kNamed) {
      if (known == name) {
        out += sign;
        return true;
      }
    }
    if (name.size() < 2 || name.front() != '#') {
      return false;
    }
    const bool hex = name[1] == 'x';
    const auto digits = name.substr(hex ? 2 : 1);
    std::uint32_t code = 0;
    const auto [end, problem] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
    constexpr std::uint32_t kLastCode = 0x10FFFF;
    if (problem != std::errc{} || end != digits.data() + digits.size() || code == 0 ||
        code > kLastCode) {
      return false;
    }
    append_utf8(out, code);
    return true;
  }

  std::string_view text_;
  std::string_view file_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

}  // namespace

const XmlElement* XmlElement::child(std::string_view wanted) const {
  const auto found = std::find_if(children.begin(), children.end(), [&](const XmlElement& element) {
    return element.name == wanted;
  });
  return found == children.end() ? nullptr : &*found;
}

std::string_view XmlElement::text_of(std::string_view wanted) const {
  const XmlElement* element = child(wanted);
  return element == nullptr ? std::string_view{} : std::string_view(element->text);
}

Result<XmlElement> parse_xml(std::string_view text, std::string_view file_name) {
  return XmlReader(text, file_name).read();
}

}  // namespace stepcast::dataset
