#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stepcast/acoustic/model.hpp"

namespace stepcast::acoustic {
namespace {

using ModelJson = nlohmann::ordered_json;

constexpr int kFormat = 1;

// Seven digits say a weight well enough, and keep the file readable.
template <std::size_t N>
ModelJson as_floats(const std::array<double, N>& values) {
  ModelJson out = ModelJson::array();
  for (const double value : values) {
    out.push_back(static_cast<float>(value));
  }
  return out;
}

ModelJson network_json(const Network& network) {
  ModelJson weights = ModelJson::array();
  for (const auto& row : network.hidden_weights) {
    weights.push_back(as_floats(row));
  }
  ModelJson out;
  out["hidden_weights"] = std::move(weights);
  out["hidden_biases"] = as_floats(network.hidden_biases);
  out["output_weights"] = as_floats(network.output_weights);
  out["output_bias"] = static_cast<float>(network.output_bias);
  return out;
}

// Values of a model file; the first that is missing or wrong is remembered, the rest is not read.
class ModelReader {
 public:
  explicit ModelReader(std::string place) : place_(std::move(place)) {}

  [[nodiscard]] const std::string& trouble() const { return trouble_; }

  const ModelJson& at(const ModelJson& object, const char* key) {
    static const ModelJson kNothing;
    if (!object.is_object() || !object.contains(key)) {
      say(fmt::format("key '{}' is missing", key));
      return kNothing;
    }
    return object[key];
  }

  double number(const ModelJson& object, const char* key) {
    const ModelJson& value = at(object, key);
    if (!value.is_number() || !std::isfinite(value.get<double>())) {
      say(fmt::format("key '{}' is not a number", key));
      return 0;
    }
    return value.get<double>();
  }

  template <std::size_t N>
  void numbers(const ModelJson& value, const char* key, std::array<double, N>& out) {
    if (!value.is_array() || value.size() != N) {
      say(fmt::format("key '{}' is not a list of {} numbers", key, N));
      return;
    }
    for (std::size_t i = 0; i < N; ++i) {
      if (!value[i].is_number() || !std::isfinite(value[i].template get<double>())) {
        say(fmt::format("key '{}' has an entry that is not a number", key));
        return;
      }
      out[i] = value[i].template get<double>();
    }
  }

  void say(const std::string& trouble) {
    if (trouble_.empty()) {
      trouble_ = fmt::format("{}{}", place_, trouble);
    }
  }

 private:
  std::string place_;
  std::string trouble_;
};

Network read_network(ModelReader& reader, const ModelJson& json) {
  Network network;
  const ModelJson& weights = reader.at(json, "hidden_weights");
  if (!weights.is_array() || weights.size() != kFeatureCount) {
    reader.say(fmt::format("key 'hidden_weights' has not {} rows", kFeatureCount));
    return network;
  }
  for (std::size_t j = 0; j < kFeatureCount; ++j) {
    reader.numbers(weights[j], "hidden_weights", network.hidden_weights[j]);
  }
  reader.numbers(reader.at(json, "hidden_biases"), "hidden_biases", network.hidden_biases);
  reader.numbers(reader.at(json, "output_weights"), "output_weights", network.output_weights);
  network.output_bias = reader.number(json, "output_bias");
  return network;
}

HitModel read_model(ModelReader& reader, const ModelJson& json) {
  HitModel model;
  const ModelJson& name = reader.at(json, "name");
  if (name.is_string()) {
    model.name = name.get<std::string>();
  } else {
    reader.say("key 'name' is not a text");
  }
  reader.numbers(reader.at(json, "rms_kind_range"), "rms_kind_range", model.rms_kind_range);
  reader.numbers(reader.at(json, "mean"), "mean", model.mean);
  reader.numbers(reader.at(json, "scale"), "scale", model.scale);
  for (const double scale : model.scale) {
    if (!(scale > 0)) {
      reader.say("key 'scale' has an entry that is not above 0");
    }
  }
  model.slope = reader.number(json, "slope");
  model.offset = reader.number(json, "offset");
  model.prior = reader.number(json, "prior");
  if (!(model.prior > 0 && model.prior < 1)) {
    reader.say("key 'prior' is not between 0 and 1");
  }
  const ModelJson& networks = reader.at(json, "networks");
  if (!networks.is_array() || networks.empty()) {
    reader.say("key 'networks' has no network");
    return model;
  }
  for (const ModelJson& network : networks) {
    model.networks.push_back(read_network(reader, network));
  }
  if (json.is_object() && json.contains("trained")) {
    model.trained = json["trained"].dump();
  }
  return model;
}

}  // namespace

std::string Judge::to_json() const {
  ModelJson out;
  out["format"] = kFormat;
  out["kind"] = "acoustic";
  out["features"] = kFeatureNames;
  out["predictions"] = {prediction_of(false), prediction_of(true)};
  out["models"] = ModelJson::array();
  for (const HitModel& model : models_) {
    ModelJson json;
    json["name"] = model.name;
    json["rms_kind_range"] = as_floats(model.rms_kind_range);
    json["mean"] = as_floats(model.mean);
    json["scale"] = as_floats(model.scale);
    json["slope"] = static_cast<float>(model.slope);
    json["offset"] = static_cast<float>(model.offset);
    json["prior"] = static_cast<float>(model.prior);
    json["trained"] = model.trained.empty() ? ModelJson::object() : ModelJson::parse(model.trained);
    json["networks"] = ModelJson::array();
    for (const Network& network : model.networks) {
      json["networks"].push_back(network_json(network));
    }
    out["models"].push_back(std::move(json));
  }
  return fmt::format("{}\n", out.dump());
}

Result<Judge> Judge::parse(std::string_view text, std::string_view name) {
  const auto refuse = [&](const std::string& why) {
    return fail(Errc::kMalformed, why, std::string(name),
                "make it with stepcast-train hear, or leave --model out to use the one shipped");
  };
  const ModelJson json = ModelJson::parse(text, nullptr, false);
  if (!json.is_object() || json.value("kind", ModelJson()) != "acoustic") {
    return refuse("is no model of acoustic hits");
  }
  if (json.value("format", ModelJson()) != kFormat) {
    return fail(Errc::kUnsupported, fmt::format("the format is not {}", kFormat), std::string(name),
                "use the program of the model's version");
  }
  const auto models_json = json.find("models");
  if (models_json == json.end() || !models_json->is_array() || models_json->empty()) {
    return refuse("key 'models' has no model");
  }
  std::vector<HitModel> models;
  for (const ModelJson& entry : *models_json) {
    ModelReader reader(fmt::format("model {}: ", models.size() + 1));
    models.push_back(read_model(reader, entry));
    if (!reader.trouble().empty()) {
      return refuse(reader.trouble());
    }
  }
  return Judge(std::move(models));
}

Result<Judge> Judge::load(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    return fail(errno == ENOENT ? Errc::kNotFound : Errc::kIo,
                fmt::format("cannot be opened: {}", std::strerror(errno)), path);
  }
  const std::string text((std::istreambuf_iterator<char>(stream)),
                         std::istreambuf_iterator<char>());
  if (stream.bad()) {
    return fail(Errc::kIo, "cannot be read", path);
  }
  return parse(text, path);
}

}  // namespace stepcast::acoustic
