#include <string>

#include <gtest/gtest.h>

#include "api_schema.hpp"

namespace stepcast::server::api {
namespace {

std::string said(const Json& shape, const std::string& text) {
  const auto checked = parse_body(text).and_then(
      [&](const Json& body) { return check_shape(shape, body, Json::object()); });
  return checked ? "fits" : checked.error().to_string();
}

TEST(Schema, NamesPlaceValueAndRemedy) {
  const Json shape = shape::object(
      {{"factor", shape::number(0.5, 2)}, shape::optional("axes", shape::list(shape::text(1, 3)))});
  EXPECT_EQ(said(shape, R"({"factor":1})"), "fits");
  EXPECT_EQ(said(shape, R"({"factor":3})"),
            "factor: 3 is out of range (from 0.5 to 2.0 is possible)");
  EXPECT_EQ(said(shape, R"({"factor":1,"axes":["x",""]})"),
            "axes[1]: has 0 bytes (from 1 to 3 are possible)");
  EXPECT_EQ(said(shape, R"({"fcator":1,"factor":1})"),
            "fcator: unknown key (known here: axes, factor)");
  EXPECT_EQ(said(shape, "{}"), "factor: is missing (give it)");
}

TEST(Schema, TakesNoObjectThatTwoReadersWouldReadInTwoWays) {
  const Json shape = shape::any_object();
  EXPECT_EQ(said(shape, R"({"a":{"b":1},"c":{"b":1}})"), "fits");
  EXPECT_EQ(said(shape, R"({"a":{"b":1,"b":2}})"), "b: the key is there twice (give it once)");
}

TEST(Schema, GoesNoDeeperThanAnyShapeDoes) {
  const auto nested = [](int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) {
      text += R"({"a":)";
    }
    return text + "1" + std::string(static_cast<std::size_t>(depth), '}');
  };
  EXPECT_TRUE(parse_body(nested(10)));
  EXPECT_FALSE(parse_body(nested(40)));
  EXPECT_FALSE(parse_body(std::string(1'000'000, '[')));
}

TEST(Schema, ReadsQueriesByTheirShape) {
  EXPECT_EQ(parse_query_value(shape::integer(1, 9), "5", "limit").value(), 5);
  EXPECT_EQ(parse_query_value(shape::boolean(), "true", "all").value(), true);
  EXPECT_EQ(parse_query_value(shape::text(1, 9), "5", "after").value(), "5");
  for (const char* text : {"", "x", "5x", "0", "10", "5.0", "99999999999999999999"}) {
    EXPECT_FALSE(parse_query_value(shape::integer(1, 9), text, "limit")) << text;
  }
}

TEST(Schema, LetsNullStandWhereItMay) {
  const Json nullable = shape::object(
      {{"a", shape::nullable(shape::integer(0, 9))}, {"b", shape::nullable(shape::choice({"x"}))}});
  EXPECT_EQ(said(nullable, R"({"a":null,"b":null})"), "fits");
  EXPECT_EQ(said(nullable, R"({"a":1,"b":"x"})"), "fits");
  EXPECT_NE(said(nullable, R"({"a":10,"b":null})"), "fits");
  EXPECT_NE(said(nullable, R"({"a":1,"b":"y"})"), "fits");
}

}  // namespace
}  // namespace stepcast::server::api
