#include "stepcast/http/router.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stepcast::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class RouterTest : public testing::Test {
 protected:
  void add(Method method, std::string pattern) {
    Route route;
    route.method = method;
    route.pattern = std::move(pattern);
    route.handle = [](Request& /*request*/) { return Response::empty(); };
    router_.add(std::move(route));
  }
  std::string find(Method method, std::string_view path) {
    const Route* route = router_.find(method, path, parameters_, allowed_);
    return route == nullptr ? "none" : route->pattern;
  }

  Router router_;
  std::map<std::string, std::string, std::less<>> parameters_;
  std::vector<Method> allowed_;
};

TEST_F(RouterTest, FindsNothingWhenEmpty) {
  EXPECT_EQ(find(Method::kGet, "/"), "none");
  EXPECT_THAT(allowed_, IsEmpty());
}

TEST_F(RouterTest, PrefersTextToAPlaceholderToTheRest) {
  add(Method::kGet, "/files/{path...}");
  add(Method::kGet, "/files/{name}");
  add(Method::kGet, "/files/local");
  EXPECT_EQ(find(Method::kGet, "/files/local"), "/files/local");
  EXPECT_EQ(find(Method::kGet, "/files/other"), "/files/{name}");
  EXPECT_THAT(parameters_, ElementsAre(Pair("name", "other")));
  EXPECT_EQ(find(Method::kGet, "/files/local/a/b.gcode"), "/files/{path...}");
  EXPECT_THAT(parameters_, ElementsAre(Pair("path", "local/a/b.gcode")));
}

TEST_F(RouterTest, GoesBackWhenTextLeadsNowhere) {
  add(Method::kGet, "/a/b/c");
  add(Method::kGet, "/{x}/{y}/d");
  EXPECT_EQ(find(Method::kGet, "/a/b/d"), "/{x}/{y}/d");
  EXPECT_THAT(parameters_, ElementsAre(Pair("x", "a"), Pair("y", "b")));
}

TEST_F(RouterTest, GivesTheRestAtLeastOneSegment) {
  add(Method::kDelete, "/files/{path...}");
  EXPECT_EQ(find(Method::kDelete, "/files"), "none");
  EXPECT_THAT(allowed_, IsEmpty());
}

TEST_F(RouterTest, NamesTheMethodsThatWouldDo) {
  add(Method::kPost, "/files/upload");
  add(Method::kGet, "/files/{name}");
  EXPECT_EQ(find(Method::kDelete, "/files/upload"), "none");
  EXPECT_THAT(allowed_, ElementsAre(Method::kGet, Method::kPost));
}

TEST_F(RouterTest, LetsALessPreciseRouteTakeAMethodThatTheTextLacks) {
  add(Method::kPost, "/files/upload");
  add(Method::kGet, "/files/{name}");
  EXPECT_EQ(find(Method::kGet, "/files/upload"), "/files/{name}");
}

TEST_F(RouterTest, MatchesTheRoot) {
  add(Method::kGet, "/");
  EXPECT_EQ(find(Method::kGet, "/"), "/");
  EXPECT_EQ(find(Method::kGet, "/x"), "none");
}

TEST_F(RouterTest, NamesParametersByTheRouteOfTheMethod) {
  add(Method::kGet, "/jobs/{id}");
  add(Method::kPost, "/jobs/{job}");
  EXPECT_EQ(find(Method::kPost, "/jobs/7"), "/jobs/{job}");
  EXPECT_THAT(parameters_, ElementsAre(Pair("job", "7")));
}

TEST_F(RouterTest, AbortsOnTwoRoutesOfOneShape) {
  add(Method::kGet, "/jobs/{id}");
  EXPECT_DEATH(add(Method::kGet, "/jobs/{name}"), "slot");
}

}  // namespace
}  // namespace stepcast::http
