#include "stepcast/dataset/marks.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <system_error>
#include <unordered_map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stepcast/base/whole_file.hpp"
#include "stepcast/dataset/import.hpp"

#include "json_text.hpp"
#include "labels.hpp"

namespace stepcast::dataset {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 3> kVerdicts = {"right", "wrong", "missed"};

Result<MarkedBox> read_marked_box(const Json& json, const std::string& where) {
  if (!json.is_object() || !json.contains("class") || !json["class"].is_string()) {
    return fail(Errc::kMalformed, "a box needs a 'class'", where);
  }
  MarkedBox marked;
  marked.class_name = json["class"].get<std::string>();
  if (!json.contains("x")) {
    return marked;
  }
  std::array<double, 4> sides{};
  constexpr std::array kKeys = {"x", "y", "w", "h"};
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    const auto found = json.find(kKeys[i]);
    if (found == json.end() || !found->is_number()) {
      return fail(Errc::kMalformed, fmt::format("a box needs a number '{}'", kKeys[i]), where);
    }
    sides[i] = found->get<double>();
  }
  marked.box = vision::Box{sides[0], sides[1], sides[2], sides[3]};
  return marked;
}

Result<Mark> read_mark(const Json& json, const std::string& where) {
  const auto text = [&](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  if (!json.is_object() || text("image").empty()) {
    return fail(Errc::kMalformed, "a mark needs an 'image'", where);
  }
  Mark mark;
  mark.image = text("image");
  mark.source = text("source");
  const auto verdict = verdict_named(text("verdict"));
  if (!verdict) {
    return fail(Errc::kMalformed, "'verdict' must be right, wrong or missed", where);
  }
  mark.verdict = *verdict;
  for (const Json& entry : json.value("boxes", Json::array())) {
    auto box = read_marked_box(entry, where);
    if (!box) {
      return tl::unexpected(box.error());
    }
    mark.boxes.push_back(std::move(*box));
  }
  if ((mark.verdict == Verdict::kWrong) != mark.boxes.empty()) {
    return fail(Errc::kMalformed,
                mark.boxes.empty() ? "says that something is there, but not what"
                                   : "says that nothing is there, and what",
                where);
  }
  return mark;
}

/// FNV-1a of the bytes; with the size in the name that is enough to tell frames apart.
std::string content_name(const std::string& bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return fmt::format("{:016x}_{}", hash, bytes.size());
}

/// Several marks of one picture as one: its last verdict, and every missed box.
Mark joined_mark(const std::vector<const Mark*>& marks) {
  Mark joined = *marks.back();
  if (joined.verdict != Verdict::kMissed) {
    return joined;
  }
  joined.boxes.clear();
  for (const Mark* mark : marks) {
    if (mark->verdict == Verdict::kWrong) {
      joined.boxes.clear();  // taken back
    }
    joined.boxes.insert(joined.boxes.end(), mark->boxes.begin(), mark->boxes.end());
  }
  return joined;
}

/// Labels of an item by a mark. Classes new to the data set are added.
Result<void> label_item(Dataset& data, Item& item, const Mark& mark) {
  std::vector<RawBox> raw;
  std::optional<std::size_t> whole;
  for (const MarkedBox& marked : mark.boxes) {
    const auto index = class_index(data, marked.class_name);
    if (marked.box) {
      raw.push_back({index, marked.class_name, *marked.box, 0});
    } else {
      whole = index;
    }
  }
  auto fitted = fit_boxes(raw, {item.width, item.height}, mark.image, false);
  if (!fitted) {
    return tl::unexpected(fitted.error());
  }
  item.picture_class = whole;
  item.boxes.reset();
  if (!whole) {  // somewhere there is more than the boxes tell
    item.boxes = std::move(fitted->boxes);
  }
  item.flags = {fmt::format("marked {}", name_of(mark.verdict))};
  return {};
}

class Collector {
 public:
  Collector(const Dataset& data, fs::path folder) : data_(data), folder_(std::move(folder)) {
    for (std::size_t i = 0; i < data_.items.size(); ++i) {
      item_of_.emplace(tidy(picture_path(data_, data_.items[i])).string(), i);
    }
  }

  Result<void> take(const Mark& mark) {
    const auto bytes = read_text(mark.image);
    if (!bytes) {
      return tl::unexpected(bytes.error());
    }
    const auto copy =
        tidy(folder_ / (content_name(*bytes) + fs::path(mark.image).extension().string()));
    auto known = item_of_.find(tidy(mark.image).string());
    if (known == item_of_.end()) {
      known = item_of_.find(copy.string());
    }
    if (known != item_of_.end()) {
      Item& item = data_.items[known->second];
      if (item.split == Split::kValidation || item.split == Split::kTest) {
        out_.notes.push_back(
            fmt::format("{} is for {}: its labels stay", item.path, dataset::name_of(item.split)));
        return {};
      }
      ++out_.changed;
      return label_item(data_, item, mark);
    }
    const auto size = vision::read_picture_size(mark.image);
    if (!size) {
      return tl::unexpected(size.error());
    }
    if (auto written = write_whole(copy, *bytes); !written) {
      return written;
    }
    Item item;
    item.path = copy.lexically_relative(tidy(data_.root)).generic_string();
    item.width = size->width;
    item.height = size->height;
    item.source = mark.source.empty() ? source_of(mark.image) : mark.source;
    if (auto good = label_item(data_, item, mark); !good) {
      return good;
    }
    item_of_.emplace(copy.string(), data_.items.size());
    data_.items.push_back(std::move(item));
    ++out_.added;
    return {};
  }

  [[nodiscard]] Dataset& data() { return data_; }
  [[nodiscard]] Collected& out() { return out_; }

 private:
  Dataset data_;
  fs::path folder_;
  std::unordered_map<std::string, std::size_t> item_of_;
  Collected out_;
};

}  // namespace

std::string_view name_of(Verdict verdict) {
  return kVerdicts[static_cast<std::size_t>(verdict)];
}

std::optional<Verdict> verdict_named(std::string_view name) {
  for (std::size_t i = 0; i < kVerdicts.size(); ++i) {
    if (kVerdicts[i] == name) {
      return static_cast<Verdict>(i);
    }
  }
  return std::nullopt;
}

Result<std::vector<Mark>> parse_marks(std::string_view text, std::string_view file_name) {
  std::vector<Mark> marks;
  std::size_t number = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto where = fmt::format("{}:{}", file_name, ++number);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
      continue;
    }
    const auto json = parse_json(line, where);
    if (!json) {
      return fail(Errc::kMalformed, json.error().message, where);
    }
    auto mark = read_mark(*json, where);
    if (!mark) {
      return tl::unexpected(mark.error());
    }
    marks.push_back(std::move(*mark));
  }
  return marks;
}

std::string to_line(const Mark& mark) {
  Json json{{"image", mark.image}, {"verdict", name_of(mark.verdict)}};
  if (!mark.boxes.empty()) {
    Json boxes = Json::array();
    for (const MarkedBox& marked : mark.boxes) {
      Json box{{"class", marked.class_name}};
      if (marked.box) {
        box["x"] = marked.box->x;
        box["y"] = marked.box->y;
        box["w"] = marked.box->width;
        box["h"] = marked.box->height;
      }
      boxes.push_back(std::move(box));
    }
    json["boxes"] = std::move(boxes);
  }
  if (!mark.source.empty()) {
    json["source"] = mark.source;
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Collected> collect(Dataset& data, const std::vector<Mark>& marks, const fs::path& folder) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem) {
    return fail(Errc::kIo, fmt::format("cannot be made: {}", problem.message()), folder.string());
  }
  std::map<std::string, std::vector<const Mark*>> of_picture;
  for (const Mark& mark : marks) {
    of_picture[tidy(mark.image).string()].push_back(&mark);
  }
  Collector collector(data, folder);
  for (const auto& [path, list] : of_picture) {
    if (auto taken = collector.take(joined_mark(list)); !taken) {
      return tl::unexpected(taken.error());
    }
  }
  if (auto good = check(collector.data()); !good) {
    return tl::unexpected(good.error());
  }
  data = std::move(collector.data());
  return std::move(collector.out());
}

}  // namespace stepcast::dataset
