#include "api_schema.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace stepcast::server::api {
namespace {

// Bodies nest three or four levels; a parser that is told to go deeper is being attacked.
constexpr int kDeepest = 16;
// What an error repeats of a value, so that a megabyte does not come back.
constexpr std::size_t kMostShown = 60;

std::string shown(const Json& value) {
  if (value.is_structured()) {
    return value.is_array() ? "a list" : "an object";
  }
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > kMostShown) {
    text.resize(kMostShown);
    text += "...";
  }
  return text;
}

tl::unexpected<Error> wrong(Errc code, const std::string& place, std::string what,
                            std::string remedy) {
  return fail(code, std::move(what), place.empty() ? "body" : place, std::move(remedy));
}

bool has_type(std::string_view type, const Json& value) {
  if (type == "string") {
    return value.is_string();
  }
  if (type == "number") {
    return value.is_number();
  }
  if (type == "integer") {
    return value.is_number_integer();
  }
  if (type == "boolean") {
    return value.is_boolean();
  }
  if (type == "array") {
    return value.is_array();
  }
  if (type == "object") {
    return value.is_object();
  }
  return type == "null" && value.is_null();
}

std::string joined_words(const Json& words) {
  std::vector<std::string> texts;
  for (const Json& word : words) {
    texts.push_back(word.is_string() ? word.get<std::string>() : word.dump());
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

class Checker {
 public:
  explicit Checker(const Json& components) : components_(components) {}

  // NOLINTNEXTLINE(misc-no-recursion): as deep as a shape is, and shapes are ours
  Result<void> check(const Json& shape, const Json& value, const std::string& place) const {
    if (const auto ref = shape.find("$ref"); ref != shape.end()) {
      const auto text = ref->get<std::string>();
      return check(components_.at(text.substr(text.rfind('/') + 1)), value, place);
    }
    if (const auto one_of = shape.find("anyOf"); one_of != shape.end()) {  // only nullable()
      return value.is_null() ? Result<void>{} : check(one_of->front(), value, place);
    }
    if (auto typed = check_type(shape, value, place); !typed) {
      return typed;
    }
    if (const auto words = shape.find("enum"); words != shape.end()) {
      if (std::find(words->begin(), words->end(), value) == words->end()) {
        return wrong(Errc::kOutOfRange, place, fmt::format("{} is not possible", shown(value)),
                     fmt::format("choose from {}", joined_words(*words)));
      }
    }
    if (value.is_number()) {
      return check_number(shape, value, place);
    }
    if (value.is_string()) {
      return check_size(shape, "minLength", "maxLength", value.get_ref<const std::string&>().size(),
                        "bytes", place);
    }
    if (value.is_array()) {
      return check_items(shape, value, place);
    }
    return value.is_object() ? check_fields(shape, value, place) : Result<void>{};
  }

 private:
  static Result<void> check_type(const Json& shape, const Json& value, const std::string& place) {
    const auto type = shape.find("type");
    if (type == shape.end()) {
      return {};
    }
    const bool fits = type->is_array()
                          ? std::any_of(type->begin(), type->end(),
                                        [&](const Json& one) {
                                          return has_type(one.get_ref<const std::string&>(), value);
                                        })
                          : has_type(type->get_ref<const std::string&>(), value);
    if (!fits) {
      return wrong(Errc::kMalformed, place, fmt::format("{} has the wrong type", shown(value)),
                   fmt::format("wanted: {}",
                               type->is_array() ? joined_words(*type) : type->get<std::string>()));
    }
    return {};
  }

  static Result<void> check_number(const Json& shape, const Json& value, const std::string& place) {
    const auto number = value.get<double>();
    const auto least = shape.find("minimum");
    const auto most = shape.find("maximum");
    if (!std::isfinite(number) || (least != shape.end() && number < least->get<double>()) ||
        (most != shape.end() && number > most->get<double>())) {
      return wrong(Errc::kOutOfRange, place, fmt::format("{} is out of range", shown(value)),
                   fmt::format("from {} to {} is possible",
                               least == shape.end() ? std::string("any") : least->dump(),
                               most == shape.end() ? std::string("any") : most->dump()));
    }
    return {};
  }

  static Result<void> check_size(const Json& shape, const char* shortest, const char* longest,
                                 std::size_t size, const char* unit, const std::string& place) {
    const auto least = shape.value(shortest, std::size_t{0});
    const auto most = shape.value(longest, SIZE_MAX);
    if (size < least || size > most) {
      return wrong(Errc::kOutOfRange, place, fmt::format("has {} {}", size, unit),
                   most == SIZE_MAX ? fmt::format("{} or more are possible", least)
                                    : fmt::format("from {} to {} are possible", least, most));
    }
    return {};
  }

  // NOLINTNEXTLINE(misc-no-recursion)
  Result<void> check_items(const Json& shape, const Json& value, const std::string& place) const {
    if (auto sized = check_size(shape, "minItems", "maxItems", value.size(), "items", place);
        !sized) {
      return sized;
    }
    const auto items = shape.find("items");
    for (std::size_t i = 0; items != shape.end() && i < value.size(); ++i) {
      if (auto fits = check(*items, value[i], fmt::format("{}[{}]", place, i)); !fits) {
        return fits;
      }
    }
    return {};
  }

  // NOLINTNEXTLINE(misc-no-recursion)
  Result<void> check_fields(const Json& shape, const Json& value, const std::string& place) const {
    static const Json kNone = Json::object();
    if (auto sized =
            check_size(shape, "minProperties", "maxProperties", value.size(), "keys", place);
        !sized) {
      return sized;
    }
    const auto found = shape.find("properties");
    const Json& known = found == shape.end() ? kNone : *found;
    const auto inside = [&](const std::string& key) {
      return place.empty() ? key : fmt::format("{}.{}", place, key);
    };
    if (const auto required = shape.find("required"); required != shape.end()) {
      for (const Json& name : *required) {
        if (!value.contains(name.get_ref<const std::string&>())) {
          return wrong(Errc::kMalformed, inside(name.get<std::string>()), "is missing", "give it");
        }
      }
    }
    const auto others = shape.find("additionalProperties");
    for (const auto& [key, item] : value.items()) {
      const auto field = known.find(key);
      if (field == known.end() && others != shape.end() && others->is_boolean()) {
        if (!others->get<bool>()) {
          return wrong(Errc::kMalformed, inside(key.substr(0, kMostShown)), "unknown key",
                       fmt::format("known here: {}", joined_keys(known)));
        }
        continue;
      }
      const Json* const wanted = field != known.end()    ? &*field
                                 : others != shape.end() ? &*others
                                                         : nullptr;
      if (wanted != nullptr) {
        if (auto fits = check(*wanted, item, inside(key.substr(0, kMostShown))); !fits) {
          return fits;
        }
      }
    }
    return {};
  }

  static std::string joined_keys(const Json& object) {
    std::vector<std::string> names;
    for (const auto& item : object.items()) {
      names.push_back(item.key());
    }
    return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
  }

  const Json& components_;
};

}  // namespace

namespace shape {

Json text() {
  return {{"type", "string"}};
}
Json text(std::size_t shortest, std::size_t longest) {
  return {{"type", "string"}, {"minLength", shortest}, {"maxLength", longest}};
}
Json choice(std::initializer_list<std::string_view> words) {
  Json list = Json::array();
  for (const std::string_view word : words) {
    list.push_back(std::string(word));
  }
  return {{"type", "string"}, {"enum", std::move(list)}};
}
Json boolean() {
  return {{"type", "boolean"}};
}
Json number() {
  return {{"type", "number"}};
}
Json number(double least, double most) {
  return {{"type", "number"}, {"minimum", least}, {"maximum", most}};
}
Json integer() {
  return {{"type", "integer"}};
}
Json integer(std::int64_t least, std::int64_t most) {
  return {{"type", "integer"}, {"minimum", least}, {"maximum", most}};
}
Json list(Json items) {
  return {{"type", "array"}, {"items", std::move(items)}};
}
Json list(Json items, std::size_t fewest, std::size_t most) {
  return {{"type", "array"}, {"items", std::move(items)}, {"minItems", fewest}, {"maxItems", most}};
}
Json map(Json values) {
  return {{"type", "object"}, {"additionalProperties", std::move(values)}};
}
Json any_object() {
  return {{"type", "object"}, {"additionalProperties", true}};
}
Json nullable(Json what) {
  if (const auto type = what.find("type"); type != what.end() && !what.contains("enum")) {
    Json types = Json::array({*type, "null"});
    what["type"] = std::move(types);
    return what;
  }
  Json either = Json::array({std::move(what), Json{{"type", "null"}}});
  Json shape = Json::object();
  shape["anyOf"] = std::move(either);
  return shape;
}
Json named(std::string_view component) {
  return {{"$ref", fmt::format("#/components/schemas/{}", component)}};
}
Json described(Json what, std::string_view meaning) {
  what["description"] = std::string(meaning);
  return what;
}

Field optional(std::string name, Json shape) {
  return {std::move(name), std::move(shape), false};
}

Json object(std::initializer_list<Field> fields) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Field& field : fields) {
    properties[field.name] = field.shape;
    if (field.required) {
      required.push_back(field.name);
    }
  }
  Json shape{{"type", "object"}, {"additionalProperties", false}};
  shape["properties"] = std::move(properties);
  if (!required.empty()) {
    shape["required"] = std::move(required);
  }
  return shape;
}

Json page(std::string_view component) {
  return object({{"items", list(named(component))},
                 {"next", described(nullable(text()), "`after` of the next page; null: none")}});
}

}  // namespace shape

Result<void> check_shape(const Json& shape, const Json& value, const Json& components) {
  return Checker(components).check(shape, value, "");
}

Result<Json> parse_body(std::string_view text) {
  if (text.empty()) {
    return Json::object();
  }
  // Of two values under one key readers disagree which counts: neither does.
  std::vector<std::set<std::string>> open;
  std::string twice;
  bool too_deep = false;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    too_deep = too_deep || depth > kDeepest;
    if (too_deep) {
      return false;  // the rest is passed over, and told neither to be kept nor to end
    }
    if (event == Json::parse_event_t::object_start) {
      open.emplace_back();
    } else if (event == Json::parse_event_t::object_end) {
      open.pop_back();
    } else if (event == Json::parse_event_t::key &&
               !open.back().insert(parsed.get<std::string>()).second && twice.empty()) {
      twice = parsed.get<std::string>();
    }
    return true;
  };
  Json body = Json::parse(text, watch, /*allow_exceptions=*/false);
  if (too_deep) {
    return fail(Errc::kMalformed, fmt::format("is nested deeper than {} levels", kDeepest), "body",
                "send what the OpenAPI document describes");
  }
  if (!body.is_object()) {
    return fail(Errc::kMalformed, "is not a JSON object in UTF-8", "body",
                "send what the OpenAPI document describes");
  }
  if (!twice.empty()) {
    return fail(Errc::kMalformed, "the key is there twice", twice.substr(0, kMostShown),
                "give it once");
  }
  return body;
}

Result<Json> parse_query_value(const Json& shape, std::string_view text, std::string_view name) {
  const std::string type = shape.at("type").get<std::string>();
  Json value = std::string(text);
  const char* const end = text.data() + text.size();
  if (type == "integer") {
    std::int64_t number = 0;
    if (const auto read = std::from_chars(text.data(), end, number);
        read.ec == std::errc{} && read.ptr == end) {
      value = number;
    }
  } else if (type == "number") {
    double number = 0;
    if (const auto read = std::from_chars(text.data(), end, number);
        read.ec == std::errc{} && read.ptr == end) {
      value = number;
    }
  } else if (type == "boolean" && (text == "true" || text == "false")) {
    value = text == "true";
  }
  static const Json kNoComponents = Json::object();
  if (auto fits = Checker(kNoComponents).check(shape, value, fmt::format("?{}", name)); !fits) {
    return tl::unexpected(fits.error());
  }
  return value;
}

}  // namespace stepcast::server::api
