#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stepcast/base/whole_file.hpp"
#include "stepcast/dataset/dataset.hpp"

#include "json_text.hpp"

namespace stepcast::dataset {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;
constexpr double kLeastSide = 0.01;  // pixels

double rounded(double pixels) {
  constexpr double kStep = 100;  // a hundredth of a pixel
  return std::round(pixels * kStep) / kStep;
}

// Rounding must not push a box out of its picture, or make it empty.
vision::Box rounded_inside(const vision::Box& box, const Item& item) {
  const double x = std::clamp(rounded(box.x), 0.0, item.width - kLeastSide);
  const double y = std::clamp(rounded(box.y), 0.0, item.height - kLeastSide);
  return {x, y, rounded(std::clamp(box.width, kLeastSide, item.width - x)),
          rounded(std::clamp(box.height, kLeastSide, item.height - y))};
}

Json item_json(const Item& item, const std::vector<std::string>& classes) {
  Json out;
  out["path"] = item.path;
  out["size"] = {item.width, item.height};
  if (!item.source.empty()) {
    out["source"] = item.source;
  }
  if (item.split != Split::kNone) {
    out["split"] = name_of(item.split);
  }
  if (item.picture_class) {
    out["class"] = classes[*item.picture_class];
  }
  if (item.boxes) {
    Json boxes = Json::array();
    for (const LabelledBox& marked : *item.boxes) {
      const vision::Box box = rounded_inside(marked.box, item);
      boxes.push_back({classes[marked.class_index], box.x, box.y, box.width, box.height});
    }
    out["boxes"] = std::move(boxes);
  }
  if (!item.flags.empty()) {
    out["flags"] = item.flags;
  }
  return out;
}

/// What the whole file gives to read one line of it.
struct Context {
  const std::vector<std::string>* classes;
  std::string where;

  [[nodiscard]] tl::unexpected<Error> wrong(std::string_view key, std::string_view wanted) const {
    return fail(Errc::kMalformed, fmt::format("'{}' must be {}", key, wanted), where);
  }
  [[nodiscard]] std::optional<std::size_t> index(const Json& name) const {
    if (name.is_string()) {
      for (std::size_t i = 0; i < classes->size(); ++i) {
        if ((*classes)[i] == name.get_ref<const std::string&>()) {
          return i;
        }
      }
    }
    return std::nullopt;
  }
};

Result<LabelledBox> read_box(const Json& json, const Context& context) {
  constexpr std::size_t kParts = 5;
  if (!json.is_array() || json.size() != kParts) {
    return context.wrong("boxes", "a list of [class, x, y, width, height]");
  }
  for (std::size_t i = 1; i < kParts; ++i) {
    if (!json[i].is_number()) {
      return context.wrong("boxes", "a list of [class, x, y, width, height]");
    }
  }
  const auto index = context.index(json[0]);
  if (!index) {
    return context.wrong("boxes", "of classes that 'classes' names, not " + json[0].dump());
  }
  return LabelledBox{
      *index,
      {json[1].get<double>(), json[2].get<double>(), json[3].get<double>(), json[4].get<double>()}};
}

Result<void> read_labels(const Json& json, const Context& context, Item& item) {
  if (const auto found = json.find("class"); found != json.end()) {
    item.picture_class = context.index(*found);
    if (!item.picture_class) {
      return context.wrong("class", "one that 'classes' names, not " + found->dump());
    }
  }
  const auto found = json.find("boxes");
  if (found == json.end()) {
    return {};
  }
  if (!found->is_array()) {
    return context.wrong("boxes", "a list of [class, x, y, width, height]");
  }
  item.boxes.emplace();
  for (const Json& entry : *found) {
    auto box = read_box(entry, context);
    if (!box) {
      return tl::unexpected(box.error());
    }
    item.boxes->push_back(*box);
  }
  return {};
}

Result<Item> read_item(const Json& json, Context context) {
  Item item;
  if (!json.is_object() || !json.contains("path") || !json["path"].is_string()) {
    return context.wrong("path", "a text in every item");
  }
  item.path = json["path"].get<std::string>();
  context.where += fmt::format(": {}", item.path);
  const auto size = json.find("size");
  constexpr int kLongest = 1'000'000;
  if (size == json.end() || !size->is_array() || size->size() != 2 ||
      !(*size)[0].is_number_integer() || !(*size)[1].is_number_integer() || (*size)[0] > kLongest ||
      (*size)[1] > kLongest || (*size)[0] < 1 || (*size)[1] < 1) {
    return context.wrong("size", fmt::format("[width, height], each 1 to {}", kLongest));
  }
  item.width = (*size)[0].get<int>();
  item.height = (*size)[1].get<int>();
  if (const auto source = json.find("source"); source != json.end()) {
    if (!source->is_string()) {
      return context.wrong("source", "a text");
    }
    item.source = source->get<std::string>();
  }
  if (const auto split = json.find("split"); split != json.end()) {
    const auto named = split->is_string() ? split_named(split->get_ref<const std::string&>())
                                          : std::optional<Split>{};
    if (!named) {
      return context.wrong("split", "train, val, test or none");
    }
    item.split = *named;
  }
  if (const auto flags = json.find("flags"); flags != json.end()) {
    auto words = texts_of(*flags);
    if (!words) {
      return context.wrong("flags", "a list of words");
    }
    item.flags = std::move(*words);
  }
  if (auto labels = read_labels(json, context, item); !labels) {
    return tl::unexpected(labels.error());
  }
  return item;
}

}  // namespace

std::string to_text(const Dataset& data, const std::filesystem::path& folder) {
  const auto root = tidy(data.root);
  const auto relative = root.lexically_relative(tidy(folder));
  Json head;
  head["format"] = kFormat;
  head["name"] = data.name;
  head["root"] = (relative.empty() ? root : relative).generic_string();
  head["classes"] = data.classes;
  std::string text = head.dump();
  text.pop_back();  // the brace that closes it
  text += ",\"items\":[";
  for (std::size_t i = 0; i < data.items.size(); ++i) {
    text += i == 0 ? "\n" : ",\n";
    text +=
        item_json(data.items[i], data.classes).dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return text + "\n]}\n";
}

Result<Dataset> parse(std::string_view text, const std::filesystem::path& folder,
                      std::string_view file_name) {
  const auto json = parse_json(text, file_name);
  if (!json) {
    return tl::unexpected(json.error());
  }
  Dataset data;
  const Context context{&data.classes, std::string(file_name)};
  if (!json->is_object() || !json->contains("format") || (*json)["format"] != kFormat) {
    return context.wrong("format",
                         fmt::format("{}: this is no data set that this version reads", kFormat));
  }
  if (const auto name = json->find("name"); name != json->end() && name->is_string()) {
    data.name = name->get<std::string>();
  }
  const auto root = json->find("root");
  if (root == json->end() || !root->is_string()) {
    return context.wrong("root", "the folder that paths start from");
  }
  data.root = tidy(folder / root->get<std::string>());
  const auto classes = json->find("classes");
  auto names = classes == json->end() ? std::nullopt : texts_of(*classes);
  if (!names) {
    return context.wrong("classes", "a list of names");
  }
  data.classes = std::move(*names);
  const auto items = json->find("items");
  if (items == json->end() || !items->is_array()) {
    return context.wrong("items", "a list");
  }
  data.items.reserve(items->size());
  for (const Json& entry : *items) {
    auto item = read_item(entry, context);
    if (!item) {
      return tl::unexpected(item.error());
    }
    data.items.push_back(std::move(*item));
  }
  if (auto good = check(data); !good) {
    return fail(good.error().code, good.error().message,
                fmt::format("{}: {}", file_name, good.error().location));
  }
  return data;
}

Result<void> save(const Dataset& data, const std::filesystem::path& file) {
  if (auto good = check(data); !good) {
    return good;
  }
  return write_whole(file, to_text(data, tidy(file).parent_path()));
}

Result<Dataset> load(const std::filesystem::path& file) {
  const auto text = read_text(file);
  if (!text) {
    return tl::unexpected(text.error());
  }
  return parse(*text, tidy(file).parent_path(), file.string());
}

}  // namespace stepcast::dataset
