#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "stepcast/base/result.hpp"

namespace stepcast::server::api {

using Json = nlohmann::json;

/// Shapes of values, written as JSON Schema: the same object is what the OpenAPI document shows and
/// what check_shape() holds a request to, so that the two cannot differ.
///
/// Only the words that the functions below write are understood.
namespace shape {

[[nodiscard]] Json text();
[[nodiscard]] Json text(std::size_t shortest, std::size_t longest);  ///< In bytes.
[[nodiscard]] Json choice(std::initializer_list<std::string_view> words);
[[nodiscard]] Json boolean();
[[nodiscard]] Json number();
[[nodiscard]] Json number(double least, double most);
[[nodiscard]] Json integer();
[[nodiscard]] Json integer(std::int64_t least, std::int64_t most);
[[nodiscard]] Json list(Json items);
[[nodiscard]] Json list(Json items, std::size_t fewest, std::size_t most);
[[nodiscard]] Json map(Json values);  ///< An object with any keys.
[[nodiscard]] Json any_object();      ///< An object whose keys somebody else defines.
[[nodiscard]] Json nullable(Json what);
[[nodiscard]] Json named(std::string_view component);  ///< One of Shapes.
[[nodiscard]] Json described(Json what, std::string_view meaning);

struct Field {
  std::string name;
  Json shape;
  bool required = true;
};
[[nodiscard]] Field optional(std::string name, Json shape);
/// With these keys and no others.
[[nodiscard]] Json object(std::initializer_list<Field> fields);
/// One page of a list: `items`, and `next`, the cursor of the page after it or null.
[[nodiscard]] Json page(std::string_view component);

}  // namespace shape

/// Whether `value` has the shape; `components` holds what named() refers to.
/// @returns kMalformed (another type, a key that is missing or unknown) or kOutOfRange, with the
/// place in `value` (`axes[2]`), what it is and what it may be.
[[nodiscard]] Result<void> check_shape(const Json& shape, const Json& value,
                                       const Json& components);

/// A JSON object from the body of a request; an empty body is an empty object.
/// @returns kMalformed: no JSON, no object, a key twice, text that is not UTF-8, or deeper than any
/// shape goes.
[[nodiscard]] Result<Json> parse_body(std::string_view text);

/// The value of a query parameter, which is text, as the shape has it: "5" as 5.
[[nodiscard]] Result<Json> parse_query_value(const Json& shape, std::string_view text,
                                             std::string_view name);

}  // namespace stepcast::server::api
