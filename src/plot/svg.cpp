#include "svg.hpp"

#include <cmath>
#include <cstddef>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace stepcast::plot::svg {
namespace {

// One look for all pictures: on light pages, and again on dark ones. Text has a contrast of at
// least 4.5 to its page, lines of at least 3. No CSS variables: several viewers ignore them.
constexpr std::string_view kStyle = R"(
text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','DejaVu Sans',sans-serif;font-size:11px;fill:#5b6675}
.title{font-size:18px;font-weight:600}.subtitle{font-size:12.5px}.head{font-size:12.5px;font-weight:600}
.title,.head,.value{fill:#1c2430}.page{fill:#ffffff}.field{fill:#f6f8fa}
.grid,.zero,.frame{fill:none;stroke:#e3e7ec;stroke-width:1;shape-rendering:crispEdges}
.zero,.frame{stroke:#b4bdc8}
@media(prefers-color-scheme:dark){
text{fill:#9aa6b4}.title,.head,.value{fill:#e8ecf1}.page{fill:#12161b}.field{fill:#181d24}
.grid{stroke:#262d36}.zero,.frame{stroke:#4b5664}
}
)";

/// Length of the UTF-8 sequence at the front of `text`, or 0 when it is none that XML may hold.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length == 0 || length > text.size()) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) {
      return 0;
    }
  }
  // Overlong forms, surrogates, U+FFFE and U+FFFF, and code points beyond U+10FFFF.
  const bool excluded = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) >= 0xA0) ||
                        (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) >= 0x90) ||
                        (lead == 0xEF && byte(1) == 0xBF && byte(2) >= 0xBE) ||
                        (length == 1 && lead < 0x20 && lead != '\t' && lead != '\n');
  return excluded ? 0 : length;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    switch (length == 0 ? '\0' : text.front()) {
      case '\0':  // A picture with an odd file name in its title must still open.
        escaped += "\uFFFD";
        break;
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return escaped;
}

std::string coordinate(double value) {
  // In whole tenths, so that there is no "-0".
  const long long tenths = std::llround(value * 10);
  if (tenths % 10 == 0) {
    return fmt::format("{}", tenths / 10);
  }
  return fmt::format("{:.1f}", static_cast<double>(tenths) / 10);
}

Document::Document(double width, double height, std::string_view title,
                   std::string_view description, std::string_view style) {
  body_ = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" aria-labelledby="t d">
<title id="t">{2}</title>
<desc id="d">{3}</desc>
<style>{4}{5}</style>
<rect class="page" width="{0}" height="{1}"/>
)",
      coordinate(width), coordinate(height), escape(title), escape(description), kStyle, style);
}

void Document::text(double x, double y, std::string_view css_class, std::string_view content,
                    Anchor anchor) {
  const std::string_view align = anchor == Anchor::kStart ? ""
                                 : anchor == Anchor::kEnd ? R"( text-anchor="end")"
                                                          : R"( text-anchor="middle")";
  fmt::format_to(std::back_inserter(body_), "<text x=\"{}\" y=\"{}\" class=\"{}\"{}>{}</text>\n",
                 coordinate(x), coordinate(y), css_class, align, escape(content));
}

void Document::line(double x1, double y1, double x2, double y2, std::string_view css_class) {
  fmt::format_to(std::back_inserter(body_), "<path class=\"{}\" d=\"M{} {}L{} {}\"/>\n", css_class,
                 coordinate(x1), coordinate(y1), coordinate(x2), coordinate(y2));
}

void Document::rect(double x, double y, double width, double height, std::string_view css_class) {
  fmt::format_to(std::back_inserter(body_),
                 "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n", css_class,
                 coordinate(x), coordinate(y), coordinate(width), coordinate(height));
}

std::string Document::finish() && {
  body_ += "</svg>\n";
  return std::move(body_);
}

}  // namespace stepcast::plot::svg
