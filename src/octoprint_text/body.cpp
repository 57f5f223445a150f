#include "body.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "bounded_json.hpp"

namespace stepcast::octoprint {
namespace {

using nlohmann::json;

// Quoted in an error, which a person reads: no more of a hostile text than that.
constexpr std::size_t kMostQuoted = 60;

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

tl::unexpected<Error> wrong_type(std::string_view name, std::string_view wanted) {
  return fail(Errc::kMalformed, fmt::format("'{}' is missing or no {}", name, wanted));
}

tl::unexpected<Error> unknown_word(std::string_view kind, std::string_view word,
                                   std::string_view known) {
  return fail(Errc::kInvalidArgument,
              fmt::format("unknown {} '{}'", kind, word.substr(0, kMostQuoted)), {},
              std::string(known));
}

std::optional<double> number_in(const json& value) {
  if (!value.is_number()) {
    return std::nullopt;
  }
  const auto number = value.get<double>();
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

Result<Body> Body::parse(std::string_view text) {
  json object = parse_bounded(text);
  if (!object.is_object()) {
    return fail(Errc::kMalformed, "the body is not a JSON object");
  }
  return Body(std::move(object));
}

const json* Body::find(std::string_view name) const {
  for (const auto& [key, value] : object_.items()) {
    if (same_name(key, name) && !value.is_null()) {
      return &value;
    }
  }
  return nullptr;
}

Result<std::optional<double>> Body::number(std::string_view name) const {
  const json* const value = find(name);
  if (value == nullptr) {
    return std::optional<double>();
  }
  const auto number = number_in(*value);
  if (!number) {
    return wrong_type(name, "number");
  }
  return number;
}

Result<std::optional<std::string>> Body::text(std::string_view name) const {
  const json* const value = find(name);
  if (value == nullptr) {
    return std::optional<std::string>();
  }
  if (!value->is_string()) {
    return wrong_type(name, "text");
  }
  return std::optional(value->get<std::string>());
}

Result<bool> Body::flag(std::string_view name, bool otherwise) const {
  const json* const value = find(name);
  if (value == nullptr) {
    return otherwise;
  }
  if (!value->is_boolean()) {
    return wrong_type(name, "true or false");
  }
  return value->get<bool>();
}

Result<double> Body::needed_number(std::string_view name) const {
  const auto value = number(name);
  if (!value || !*value) {
    return wrong_type(name, "number");
  }
  return **value;
}

Result<std::string> Body::needed_text(std::string_view name) const {
  const auto value = text(name);
  if (!value || !*value) {
    return wrong_type(name, "text");
  }
  return **value;
}

}  // namespace stepcast::octoprint
