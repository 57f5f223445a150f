#include "stepcast/vision/model_info.hpp"

#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "onnx_file.hpp"

namespace stepcast::vision {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kKey = "stepcast";
constexpr int kFormat = 1;
constexpr int kLongestInput = 4096;  // a side; numbers for it still fit memory
constexpr int kDetectorStep = 32;    // the coarsest cells of the network

/// Reads members of one object; the first that is missing or wrong becomes the error.
class InfoReader {
 public:
  InfoReader(const Json& object, std::string_view file, std::string_view path)
      : object_(object), file_(file), path_(path) {}

  double number(const char* key, double least, double most) {
    const Json* value = member(key);
    if (value == nullptr || !value->is_number()) {
      return wrong(key, "a number"), least;
    }
    return in_range(key, value->get<double>(), least, most);
  }

  int integer(const char* key, int least, int most) {
    const double value = number(key, least, most);
    if (value != std::floor(value)) {
      wrong(key, "a whole number");
    }
    return static_cast<int>(value);
  }

  std::string text(const char* key) {
    const Json* value = member(key);
    if (value == nullptr || !value->is_string()) {
      return wrong(key, "a text"), std::string();
    }
    return value->get<std::string>();
  }

  std::size_t choice(const char* key, std::initializer_list<const char*> words) {
    const std::string word = text(key);
    std::size_t index = 0;
    std::string list;
    for (const char* one : words) {
      if (word == one) {
        return index;
      }
      list += fmt::format("{}\"{}\"", list.empty() ? "" : " or ", one);
      ++index;
    }
    wrong(key, list);
    return 0;
  }

  std::vector<std::string> texts(const char* key) {
    const Json* value = member(key);
    std::vector<std::string> list;
    if (value != nullptr && value->is_array()) {
      for (const Json& item : *value) {
        if (item.is_string()) {
          list.push_back(item.get<std::string>());
        }
      }
    }
    if (list.empty() || !is_list_of(value, list.size())) {
      wrong(key, "a list of texts");
    }
    return list;
  }

  std::vector<double> numbers(const char* key, std::optional<std::size_t> count, double least,
                              double most) {
    const Json* value = member(key);
    std::vector<double> list;
    if (value != nullptr && value->is_array()) {
      for (const Json& item : *value) {
        if (item.is_number()) {
          list.push_back(in_range(key, item.get<double>(), least, most));
        }
      }
    }
    if (list.empty() || !is_list_of(value, list.size()) || (count && list.size() != *count)) {
      wrong(key, count ? fmt::format("{} numbers", *count) : "a list of numbers");
      list.resize(count.value_or(0), least);
    }
    return list;
  }

  std::vector<bool> flags(const char* key, std::size_t count) {
    const Json* value = member(key);
    std::vector<bool> list;
    if (value != nullptr && value->is_array()) {
      for (const Json& item : *value) {
        if (item.is_boolean()) {
          list.push_back(item.get<bool>());
        }
      }
    }
    if (list.size() != count || !is_list_of(value, count)) {
      wrong(key, fmt::format("{} times true or false", count));
    }
    return list;
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  void wrong(const char* key, std::string_view wanted) {
    if (!error_) {
      error_ = Error{
          Errc::kMalformed,
          fmt::format("`{}{}` in the network's metadata is missing or not {}", path_, key, wanted),
          std::string(file_), "export the network again"};
    }
  }

 private:
  [[nodiscard]] const Json* member(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }
  /// Whether there is a list, and all of it was of the kind that was wanted.
  [[nodiscard]] static bool is_list_of(const Json* value, std::size_t wanted) {
    return value != nullptr && value->is_array() && value->size() == wanted;
  }
  double in_range(const char* key, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      wrong(key, fmt::format("from {:g} to {:g}", least, most));
      return least;
    }
    return value;
  }

  const Json& object_;
  std::string_view file_;
  std::string_view path_;
  std::optional<Error> error_;
};

void read_input(InfoReader& input, ModelKind kind, InputFormat& format) {
  constexpr double kLargestMean = 255;
  constexpr double kLargestScale = 255;
  format.width = input.integer("width", 1, kLongestInput);
  format.height = input.integer("height", 1, kLongestInput);
  format.rgb = input.choice("order", {"bgr", "rgb"}) == 1;
  const auto mean = input.numbers("mean", 3, 0, kLargestMean);
  for (std::size_t i = 0; i < mean.size(); ++i) {
    format.mean.at(i) = static_cast<float>(mean[i]);
  }
  format.scale = static_cast<float>(input.number("scale", 0, kLargestScale));
  format.fit = input.choice("fit", {"letterbox", "stretch"}) == 0 ? InputFormat::Fit::kLetterbox
                                                                  : InputFormat::Fit::kStretch;
  format.fill = static_cast<std::uint8_t>(input.integer("fill", 0, 255));
  if (kind == ModelKind::kDetector) {
    if (format.fit != InputFormat::Fit::kLetterbox) {
      input.wrong("fit", "\"letterbox\", as a detector needs it");
    }
    for (const char* side : {"width", "height"}) {
      if ((side[0] == 'w' ? format.width : format.height) % kDetectorStep != 0) {
        input.wrong(side, fmt::format("a multiple of {}", kDetectorStep));
      }
    }
  }
}

void read_detector(InfoReader& reader, ModelInfo& info) {
  for (const double stride : reader.numbers("strides", std::nullopt, 1, kDetectorStep)) {
    info.strides.push_back(static_cast<int>(stride));
    if (kDetectorStep % info.strides.back() != 0) {
      reader.wrong("strides", fmt::format("divisors of {}", kDetectorStep));
    }
  }
  info.nms_iou = reader.number("nms_iou", 0, 1);
  info.thresholds = reader.numbers("thresholds", info.classes.size(), 0, 1);
  info.trustworthy = reader.flags("trustworthy", info.classes.size());
}

void read_classifier(InfoReader& reader, ModelInfo& info) {
  constexpr double kColdest = 1e-3;
  constexpr double kHottest = 1e3;
  info.temperature = reader.number("temperature", kColdest, kHottest);
  info.unsure_below = reader.number("unsure_below", 0, 1);
}

}  // namespace

Result<ModelInfo> read_model_info(std::span<const std::byte> onnx, std::string_view name) {
  const auto file = read_onnx(onnx, name);
  if (!file) {
    return tl::unexpected(file.error());
  }
  const auto text = file->metadata.find(kKey);
  if (text == file->metadata.end()) {
    return fail(Errc::kUnsupported,
                fmt::format("the network does not say what it is: no `{}` in its metadata", kKey),
                std::string(name), "use a network that stepcast-train has exported");
  }
  const Json json = Json::parse(text->second, nullptr, false);
  if (!json.is_object()) {
    return fail(Errc::kMalformed, fmt::format("`{}` in its metadata is no JSON object", kKey),
                std::string(name), "export the network again");
  }
  InfoReader reader(json, name, "");
  if (reader.integer("format", 1, 1 << 20) != kFormat && !reader.error()) {
    return fail(Errc::kUnsupported,
                fmt::format("the network is of format {}, this program reads {}",
                            json["format"].get<int>(), kFormat),
                std::string(name), "update stepcast, or export the network with this version");
  }
  ModelInfo info;
  info.kind = reader.choice("kind", {"detector", "classifier"}) == 0 ? ModelKind::kDetector
                                                                     : ModelKind::kClassifier;
  info.name = reader.text("name");
  info.classes = reader.texts("classes");
  if (info.kind == ModelKind::kDetector) {
    read_detector(reader, info);
  } else {
    read_classifier(reader, info);
  }
  const Json nothing = Json::object();
  const auto input = json.find("input");
  InfoReader input_reader(input != json.end() && input->is_object() ? *input : nothing, name,
                          "input.");
  read_input(input_reader, info.kind, info.input);
  for (const auto* each : {&reader, &input_reader}) {
    if (each->error()) {
      return tl::unexpected(*each->error());
    }
  }
  return info;
}

}  // namespace stepcast::vision
