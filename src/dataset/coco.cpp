#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "json_text.hpp"
#include "labels.hpp"

namespace stepcast::dataset {
namespace {

using Json = nlohmann::ordered_json;
using Id = std::int64_t;

const Json* list_in(const Json& parent, const char* key) {
  const auto found = parent.find(key);
  return found != parent.end() && found->is_array() ? &*found : nullptr;
}

std::optional<Id> id_in(const Json& parent, const char* key) {
  const auto found = parent.find(key);
  if (found == parent.end() || !found->is_number_integer()) {
    return std::nullopt;
  }
  return found->get<Id>();
}

std::string text_in(const Json& parent, const char* key) {
  const auto found = parent.find(key);
  return found != parent.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<vision::PictureSize> size_in(const Json& image) {
  const auto width = id_in(image, "width");
  const auto height = id_in(image, "height");
  constexpr Id kLongest = 1'000'000;
  if (!width || !height || *width < 1 || *height < 1 || *width > kLongest || *height > kLongest) {
    return std::nullopt;
  }
  return vision::PictureSize{static_cast<int>(*width), static_cast<int>(*height)};
}

std::optional<std::vector<double>> numbers_in(const Json& list) {
  std::vector<double> numbers;
  for (const Json& entry : list) {
    if (!entry.is_number()) {
      return std::nullopt;
    }
    numbers.push_back(entry.get<double>());
  }
  return numbers;
}

/// `bbox`, or else the bounds of the polygons in `segmentation`.
std::optional<vision::Box> box_in(const Json& annotation) {
  constexpr std::size_t kSides = 4;
  if (const Json* sides = list_in(annotation, "bbox")) {
    const auto numbers = numbers_in(*sides);
    if (!numbers || numbers->size() != kSides) {
      return std::nullopt;
    }
    return vision::Box{(*numbers)[0], (*numbers)[1], (*numbers)[2], (*numbers)[3]};
  }
  const Json* polygons = list_in(annotation, "segmentation");
  if (polygons == nullptr) {
    return std::nullopt;
  }
  std::vector<double> xs;
  std::vector<double> ys;
  for (const Json& polygon : *polygons) {
    const auto numbers = polygon.is_array() ? numbers_in(polygon) : std::nullopt;
    if (!numbers || numbers->size() % 2 != 0) {
      return std::nullopt;
    }
    for (std::size_t i = 0; i < numbers->size(); i += 2) {
      xs.push_back((*numbers)[i]);
      ys.push_back((*numbers)[i + 1]);
    }
  }
  if (xs.empty()) {
    return std::nullopt;
  }
  const auto [left, right] = std::minmax_element(xs.begin(), xs.end());
  const auto [top, bottom] = std::minmax_element(ys.begin(), ys.end());
  return vision::Box{*left, *top, *right - *left, *bottom - *top};
}

class CocoReader {
 public:
  CocoReader(const Json& json, std::string_view file_name) : json_(json), file_(file_name) {}

  Result<CocoFile> read() {
    if (!json_.is_object()) {
      return wrong("", "is no object with images, annotations and categories");
    }
    for (auto step : {&CocoReader::categories, &CocoReader::images, &CocoReader::annotations}) {
      if (auto good = (this->*step)(); !good) {
        return tl::unexpected(good.error());
      }
    }
    drop_parents();
    return std::move(out_);
  }

 private:
  [[nodiscard]] tl::unexpected<Error> wrong(const std::string& place, std::string message) const {
    return fail(Errc::kMalformed, std::move(message),
                place.empty() ? std::string(file_) : fmt::format("{}: {}", file_, place));
  }

  Result<void> categories() {
    const Json* list = list_in(json_, "categories");
    if (list == nullptr) {
      return wrong("categories", "is no list");
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
      const Json& category = (*list)[i];
      const auto place = fmt::format("categories[{}]", i);
      const auto id = id_in(category, "id");
      const auto name = text_in(category, "name");
      if (!id || name.empty()) {
        return wrong(place, "needs a number 'id' and a 'name'");
      }
      if (!class_of_.emplace(*id, out_.classes.size()).second) {
        return wrong(place, fmt::format("the id {} is there twice", *id));
      }
      if (std::find(out_.classes.begin(), out_.classes.end(), name) != out_.classes.end()) {
        return wrong(place, fmt::format("the name '{}' is there twice", name));
      }
      out_.classes.push_back(name);
      parents_.insert(text_in(category, "supercategory"));
    }
    used_.resize(out_.classes.size());
    return {};
  }

  Result<void> images() {
    const Json* list = list_in(json_, "images");
    if (list == nullptr) {
      return wrong("images", "is no list");
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
      const Json& image = (*list)[i];
      const auto place = fmt::format("images[{}]", i);
      const auto id = id_in(image, "id");
      const auto name = text_in(image, "file_name");
      if (!id || name.empty()) {
        return wrong(place, "needs a number 'id' and a 'file_name'");
      }
      if (!picture_of_.emplace(*id, out_.pictures.size()).second) {
        return wrong(place, fmt::format("the id {} is there twice", *id));
      }
      out_.pictures.push_back({.file_name = name, .size = size_in(image), .boxes = {}});
    }
    return {};
  }

  Result<void> annotations() {
    const Json* list = list_in(json_, "annotations");
    if (list == nullptr) {
      return wrong("annotations", "is no list");
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
      const Json& annotation = (*list)[i];
      const auto place = fmt::format("annotations[{}]", i);
      const auto image = id_in(annotation, "image_id");
      const auto category = id_in(annotation, "category_id");
      const auto picture = image ? picture_of_.find(*image) : picture_of_.end();
      const auto index = category ? class_of_.find(*category) : class_of_.end();
      if (picture == picture_of_.end() || index == class_of_.end()) {
        return wrong(place, "its image_id or category_id names nothing");
      }
      if (id_in(annotation, "iscrowd").value_or(0) == 1) {
        continue;  // a region of many, no box of one
      }
      const auto box = box_in(annotation);
      if (!box) {
        return wrong(place, "needs 'bbox' [x, y, width, height] or a 'segmentation' of polygons");
      }
      used_[index->second] = true;
      out_.pictures[picture->second].boxes.push_back(
          {.class_index = index->second, .class_name = {}, .box = *box, .line = 0});
    }
    return {};
  }

  void drop_parents() {
    std::vector<std::size_t> renumbered(out_.classes.size());
    std::vector<std::string> kept;
    for (std::size_t c = 0; c < out_.classes.size(); ++c) {
      renumbered[c] = kept.size();
      if (used_[c] || parents_.count(out_.classes[c]) == 0) {
        kept.push_back(out_.classes[c]);
      }
    }
    out_.classes = std::move(kept);
    for (CocoPicture& picture : out_.pictures) {
      for (RawBox& raw : picture.boxes) {
        raw.class_index = renumbered[raw.class_index];
      }
    }
  }

  const Json& json_;
  std::string_view file_;
  CocoFile out_;
  std::map<Id, std::size_t> class_of_;
  std::map<Id, std::size_t> picture_of_;
  std::set<std::string> parents_;
  std::vector<bool> used_;
};

}  // namespace

Result<CocoFile> parse_coco(std::string_view text, std::string_view file_name) {
  const auto json = parse_json(text, file_name);
  if (!json) {
    return tl::unexpected(json.error());
  }
  return CocoReader(*json, file_name).read();
}

}  // namespace stepcast::dataset
