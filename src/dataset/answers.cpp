#include "stepcast/dataset/answers.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stepcast/base/whole_file.hpp"

#include "json_text.hpp"

namespace stepcast::dataset {
namespace {

using Json = nlohmann::ordered_json;

/// Finds the item that a line means: by its file, or by its name where only one has it.
class ItemFinder {
 public:
  explicit ItemFinder(const Dataset& data) {
    for (std::size_t i = 0; i < data.items.size(); ++i) {
      const auto path = tidy(picture_path(data, data.items[i]));
      by_path_.emplace(path.string(), i);
      const auto [name, fresh] = by_name_.emplace(path.filename().string(), i);
      if (!fresh) {
        name->second = std::nullopt;
      }
    }
  }
  [[nodiscard]] std::optional<std::size_t> find(const std::string& image) const {
    const auto path = by_path_.find(tidy(image).string());
    if (path != by_path_.end()) {
      return path->second;
    }
    const auto name = by_name_.find(std::filesystem::path(image).filename().string());
    return name == by_name_.end() ? std::nullopt : name->second;
  }

 private:
  std::map<std::string, std::size_t> by_path_;
  std::map<std::string, std::optional<std::size_t>> by_name_;
};

std::optional<double> number(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? std::optional(found->get<double>())
                                                   : std::nullopt;
}

class AnswerReader {
 public:
  AnswerReader(const Dataset& data, std::optional<Split> only)
      : data_(data), only_(only), finder_(data), answered_(data.items.size(), false) {
    out_.classes = data.classes;
    out_.known_classes = data.classes.size();
  }

  Result<void> line(std::string_view text, const std::string& where) {
    const auto json = parse_json(text, where);
    if (!json) {
      return fail(Errc::kMalformed, json.error().message, where);
    }
    const auto image = json->is_object() ? json->find("image") : json->end();
    if (image == json->end() || !image->is_string()) {
      return fail(Errc::kMalformed, "a line needs 'image'", where);
    }
    const auto found = finder_.find(image->get<std::string>());
    if (!found) {
      return fail(Errc::kNotFound,
                  fmt::format("'{}' is no picture of the data set, or several have its name",
                              image->get<std::string>()),
                  where);
    }
    if (only_ && data_.items[*found].split != *only_) {
      return {};
    }
    if (answered_[*found]) {
      return fail(Errc::kMalformed, "the picture is answered twice", where);
    }
    answered_[*found] = true;
    out_.items.push_back(*found);
    if (json->contains("detections")) {
      return detections((*json)["detections"], data_.items[*found], where);
    }
    return prediction(*json, data_.items[*found], where);
  }

  Result<Answers> finish(const std::string& file) {
    if (out_.items.empty()) {
      return fail(Errc::kMalformed, "answers for none of the wanted pictures", file);
    }
    const bool boxes = !out_.detections.empty();
    if (boxes && !out_.judgements.empty()) {
      return fail(Errc::kMalformed, "mixes 'detections' and 'prediction'", file);
    }
    for (std::size_t i = 0; i < answered_.size(); ++i) {
      const Item& item = data_.items[i];
      const bool wanted = !only_ || item.split == *only_;
      const bool labelled = boxes ? item.boxes.has_value() : item.picture_class.has_value();
      if (wanted && labelled && !answered_[i]) {
        return fail(Errc::kMalformed, fmt::format("has no answer for {}", item.path), file,
                    "judge all pictures: leaving some out would flatter");
      }
    }
    return std::move(out_);
  }

 private:
  std::size_t class_of(const std::string& name) {
    const auto found = std::find(out_.classes.begin(), out_.classes.end(), name);
    const auto index = static_cast<std::size_t>(found - out_.classes.begin());
    if (found == out_.classes.end()) {
      out_.classes.push_back(name);
    }
    return index;
  }

  Result<void> detections(const Json& list, const Item& item, const std::string& where) {
    if (!item.boxes) {
      return fail(Errc::kMalformed, fmt::format("{} has no boxes to compare with", item.path),
                  where);
    }
    if (!list.is_array()) {
      return fail(Errc::kMalformed, "'detections' must be a list", where);
    }
    evaluation::JudgedPicture& judged = out_.detections.emplace_back();
    for (const LabelledBox& marked : *item.boxes) {
      judged.truths.push_back({marked.class_index, marked.box});
    }
    for (const Json& entry : list) {
      const bool object =
          entry.is_object() && entry.contains("class") && entry["class"].is_string();
      const auto confidence = object ? number(entry, "confidence") : std::nullopt;
      const auto x = object ? number(entry, "x") : std::nullopt;
      const auto y = object ? number(entry, "y") : std::nullopt;
      const auto width = object ? number(entry, "w") : std::nullopt;
      const auto height = object ? number(entry, "h") : std::nullopt;
      if (!confidence || !x || !y || !width || !height || *confidence < 0 || *confidence > 1) {
        return fail(Errc::kMalformed, "a detection needs class, confidence (0 to 1), x, y, w and h",
                    where);
      }
      judged.detections.push_back(
          {class_of(entry["class"].get<std::string>()), *confidence, {*x, *y, *width, *height}});
    }
    return {};
  }

  Result<void> prediction(const Json& json, const Item& item, const std::string& where) {
    const auto said = json.find("prediction");
    const auto confidence = number(json, "confidence");
    if (said == json.end() || !said->is_string() || !confidence || *confidence < 0 ||
        *confidence > 1) {
      return fail(Errc::kMalformed,
                  "a line needs 'detections', or 'prediction' and 'confidence' (0 to 1)", where);
    }
    if (!item.picture_class) {
      return fail(Errc::kMalformed, fmt::format("{} has no class to compare with", item.path),
                  where);
    }
    const auto index = class_of(said->get<std::string>());
    out_.judgements.push_back({*item.picture_class, index});
    out_.confidences.push_back({*confidence, index == *item.picture_class});
    return {};
  }

  const Dataset& data_;
  std::optional<Split> only_;
  ItemFinder finder_;
  std::vector<bool> answered_;
  Answers out_;
};

}  // namespace

Result<Answers> read_answers(std::string_view text, std::string_view file_name, const Dataset& data,
                             std::optional<Split> only) {
  AnswerReader reader(data, only);
  std::size_t line_number = 0;
  while (!text.empty()) {
    ++line_number;
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
      continue;
    }
    if (auto good = reader.line(line, fmt::format("{}:{}", file_name, line_number)); !good) {
      return tl::unexpected(good.error());
    }
  }
  return reader.finish(std::string(file_name));
}

}  // namespace stepcast::dataset
