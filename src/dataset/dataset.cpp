#include "stepcast/dataset/dataset.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "stepcast/base/whole_file.hpp"

namespace stepcast::dataset {
namespace {

constexpr std::array<std::string_view, 4> kSplits = {"none", "train", "val", "test"};

Result<void> check_box(const LabelledBox& marked, const Item& item, std::size_t classes) {
  const vision::Box& box = marked.box;
  if (marked.class_index >= classes) {
    return fail(Errc::kOutOfRange, fmt::format("class {} of {}", marked.class_index, classes),
                item.path);
  }
  constexpr double kRounding = 0.01;  // pixels; files keep two digits
  const bool fits = box.x >= -kRounding && box.y >= -kRounding && box.width > 0 && box.height > 0 &&
                    box.x + box.width <= item.width + kRounding &&
                    box.y + box.height <= item.height + kRounding;
  if (!fits) {  // false for NaN as well
    return fail(Errc::kOutOfRange,
                fmt::format("the box {:g} {:g} {:g} {:g} is empty or not inside the {} x {} pixels",
                            box.x, box.y, box.width, box.height, item.width, item.height),
                item.path);
  }
  return {};
}

}  // namespace

std::string_view name_of(Split split) {
  return kSplits[static_cast<std::size_t>(split)];
}

std::optional<Split> split_named(std::string_view name) {
  for (std::size_t i = 0; i < kSplits.size(); ++i) {
    if (kSplits[i] == name) {
      return static_cast<Split>(i);
    }
  }
  return std::nullopt;
}

std::filesystem::path picture_path(const Dataset& data, const Item& item) {
  return data.root / item.path;
}

std::vector<std::size_t> items_of(const Dataset& data, Split split) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < data.items.size(); ++i) {
    if (data.items[i].split == split) {
      indices.push_back(i);
    }
  }
  return indices;
}

std::size_t class_index(Dataset& data, std::string_view name) {
  const auto found = std::find(data.classes.begin(), data.classes.end(), name);
  const auto index = static_cast<std::size_t>(found - data.classes.begin());
  if (found == data.classes.end()) {
    data.classes.emplace_back(name);
  }
  return index;
}

Result<void> check(const Dataset& data) {
  std::unordered_set<std::string_view> names;
  for (const std::string& name : data.classes) {
    if (name.empty() || !names.insert(name).second) {
      return fail(Errc::kMalformed,
                  fmt::format("the class name '{}' is empty or there twice", name), data.name);
    }
  }
  std::unordered_set<std::string_view> paths;
  for (const Item& item : data.items) {
    if (item.path.empty() || item.path.front() == '/' || !paths.insert(item.path).second) {
      return fail(Errc::kMalformed,
                  fmt::format("the path '{}' is empty, absolute or there twice", item.path),
                  data.name);
    }
    if (item.width <= 0 || item.height <= 0) {
      return fail(Errc::kOutOfRange,
                  fmt::format("{} x {} pixels are no picture", item.width, item.height), item.path);
    }
    if (item.picture_class && *item.picture_class >= data.classes.size()) {
      return fail(Errc::kOutOfRange,
                  fmt::format("class {} of {}", *item.picture_class, data.classes.size()),
                  item.path);
    }
    for (const LabelledBox& marked : item.boxes.value_or(std::vector<LabelledBox>{})) {
      if (auto good = check_box(marked, item, data.classes.size()); !good) {
        return good;
      }
    }
  }
  return {};
}

std::size_t merge(Dataset& data, const Dataset& more) {
  std::vector<std::size_t> renumbered;
  for (const std::string& name : more.classes) {
    renumbered.push_back(class_index(data, name));
  }
  std::unordered_set<std::string> present;
  for (const Item& item : data.items) {
    present.insert(item.path);
  }
  std::size_t added = 0;
  for (const Item& item : more.items) {
    Item copy = item;
    copy.path = tidy(picture_path(more, item)).lexically_relative(tidy(data.root)).generic_string();
    if (!present.insert(copy.path).second) {
      continue;
    }
    if (copy.picture_class) {
      copy.picture_class = renumbered[*copy.picture_class];
    }
    if (copy.boxes) {
      for (LabelledBox& marked : *copy.boxes) {
        marked.class_index = renumbered[marked.class_index];
      }
    }
    data.items.push_back(std::move(copy));
    ++added;
  }
  return added;
}

}  // namespace stepcast::dataset
