#include "stepcast/http/target.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stepcast::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

std::string path_of(std::string_view text) {
  const auto target = parse_target(text);
  return target ? target->path : "refused: " + target.error().to_string();
}

TEST(Target, CollapsesSlashesAndDropsTheLastOne) {
  EXPECT_EQ(path_of("/"), "/");
  EXPECT_EQ(path_of("//"), "/");
  EXPECT_EQ(path_of("//api///printer/bed"), "/api/printer/bed");
  EXPECT_EQ(path_of("/api/version/"), "/api/version");
  EXPECT_EQ(path_of("/api/version//"), "/api/version");
}

TEST(Target, DecodesEscapesOnce) {
  EXPECT_EQ(path_of("/a%20b"), "/a b");
  EXPECT_EQ(path_of("/a+b"), "/a+b");
  EXPECT_EQ(path_of("/%C3%A4.gcode"), "/ä.gcode");
  EXPECT_EQ(path_of("/%252e%252e/x"), "/%2e%2e/x");
}

TEST(Target, TakesAnEscapedSlashForASlash) {
  EXPECT_EQ(path_of("/a%2Fb%2f%2fc"), "/a/b/c");
}

TEST(Target, DropsTheOriginOfAnAbsoluteForm) {
  EXPECT_EQ(path_of("http://octopi.local:5000/api/version"), "/api/version");
  EXPECT_EQ(path_of("http://octopi.local"), "/");
  EXPECT_EQ(path_of("http://octopi.local?a=1"), "/");
}

TEST(Target, RefusesEveryFormOfTraversal) {
  for (const char* text : {"/..", "/../etc/passwd", "/a/../b", "/a/..", "/a/./b", "/.", "/%2e%2e/x",
                           "/%2E./x", "/a%2f..%2fb", "/..%5cx", "/a\\..\\b", "//..//"}) {
    EXPECT_FALSE(parse_target(text)) << text;
  }
}

TEST(Target, KeepsDotsThatAreNames) {
  EXPECT_EQ(path_of("/..."), "/...");
  EXPECT_EQ(path_of("/.hidden/a..b/c."), "/.hidden/a..b/c.");
}

TEST(Target, RefusesWhatIsNotCleanText) {
  for (const char* text :
       {"/%00", "/a%0ab", "/%7f", "/%c3", "/%c0%af", "/%ed%a0%80", "/%f5%80%80%80", "/%", "/%4",
        "/%zz", "/a#b", "", "*", "api/version", "/a?x=%00", "/a?%ff=1", "/a?x=%e2%28"}) {
    const auto target = parse_target(text);
    ASSERT_FALSE(target) << text;
    EXPECT_EQ(target.error().code, Errc::kMalformed) << text;
  }
}

TEST(Target, KeepsTheQueryInOrder) {
  const auto target = parse_target("/a?b=1&a=x+y%26z&b=2&flag&&empty=");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a");
  EXPECT_THAT(target->query, ElementsAre(Pair("b", "1"), Pair("a", "x y&z"), Pair("b", "2"),
                                         Pair("flag", ""), Pair("empty", "")));
}

TEST(Target, TakesAnEmptyQuery) {
  const auto target = parse_target("/webcam/?");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/webcam");
  EXPECT_THAT(target->query, IsEmpty());
}

TEST(Query, KeepsLineBreaksInValues) {
  const auto query = parse_query("text=one%0D%0Atwo%09three");
  ASSERT_TRUE(query);
  EXPECT_THAT(*query, ElementsAre(Pair("text", "one\r\ntwo\tthree")));
}

}  // namespace
}  // namespace stepcast::http
