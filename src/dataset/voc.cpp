#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "labels.hpp"
#include "xml.hpp"

namespace stepcast::dataset {
namespace {

Result<double> number_in(const XmlElement& parent, std::string_view key,
                         std::string_view file_name) {
  const auto text = parent.text_of(key);
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return fail(Errc::kMalformed,
                fmt::format("<{}> needs a number <{}>, not '{}'", parent.name, key, text),
                fmt::format("{}:{}", file_name, parent.line));
  }
  return value;
}

Result<RawBox> object_box(const XmlElement& object, std::string_view file_name) {
  RawBox raw;
  raw.line = object.line;
  raw.class_name = object.text_of("name");
  const XmlElement* sides = object.child("bndbox");
  if (raw.class_name.empty() || sides == nullptr) {
    return fail(Errc::kMalformed, "an <object> needs a <name> and a <bndbox>",
                fmt::format("{}:{}", file_name, object.line));
  }
  const auto left = number_in(*sides, "xmin", file_name);
  const auto top = number_in(*sides, "ymin", file_name);
  const auto right = number_in(*sides, "xmax", file_name);
  const auto bottom = number_in(*sides, "ymax", file_name);
  for (const auto* side : {&left, &top, &right, &bottom}) {
    if (!*side) {
      return tl::unexpected(side->error());
    }
  }
  raw.box = {*left, *top, *right - *left, *bottom - *top};
  return raw;
}

}  // namespace

Result<VocPicture> parse_voc(std::string_view text, std::string_view file_name) {
  const auto root = parse_xml(text, file_name);
  if (!root) {
    return tl::unexpected(root.error());
  }
  if (root->name != "annotation") {
    return fail(Errc::kMalformed, fmt::format("begins with <{}>, not <annotation>", root->name),
                std::string(file_name));
  }
  VocPicture picture;
  picture.file_name = root->text_of("filename");
  if (const XmlElement* size = root->child("size"); size != nullptr) {
    const auto width = number_in(*size, "width", file_name);
    const auto height = number_in(*size, "height", file_name);
    constexpr double kLongest = 1e6;
    if (width && height && *width >= 1 && *height >= 1 && *width <= kLongest &&
        *height <= kLongest) {  // some tools write 0 for "not known"
      picture.size = {static_cast<int>(*width), static_cast<int>(*height)};
    }
  }
  for (const XmlElement& child : root->children) {
    if (child.name == "object") {
      auto box = object_box(child, file_name);
      if (!box) {
        return tl::unexpected(box.error());
      }
      picture.boxes.push_back(std::move(*box));
    }
  }
  return picture;
}

}  // namespace stepcast::dataset
