#include "stepcast/http/message.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/http/problem.hpp"
#include "stepcast/http/response_head.hpp"

namespace stepcast::http {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Headers, CompareNamesWithoutCase) {
  Headers headers;
  headers.add("X-Api-Key", "one");
  headers.add("x-api-key", "two");
  EXPECT_EQ(headers.find("X-API-KEY"), "one");
  headers.set("X-api-Key", "three");
  EXPECT_EQ(headers.find("x-api-key"), "three");
  EXPECT_EQ(headers.all().size(), 1U);
  EXPECT_FALSE(headers.find("X-Api"));
}

TEST(Request, FindsCookiesByTheirWholeName) {
  Request request;
  request.headers.add("Cookie", "session_P5000=abc; csrf=\"x=y\";empty=");
  request.headers.add("cookie", "second=2");
  EXPECT_EQ(request.find_cookie("session_P5000"), "abc");
  EXPECT_EQ(request.find_cookie("csrf"), "x=y");
  EXPECT_EQ(request.find_cookie("empty"), "");
  EXPECT_EQ(request.find_cookie("second"), "2");
  EXPECT_FALSE(request.find_cookie("session"));
}

TEST(Request, FindsTheFirstOfEqualQueryNames) {
  Request request;
  request.query = {{"a", "1"}, {"a", "2"}};
  EXPECT_EQ(request.find_query("a"), "1");
  EXPECT_FALSE(request.find_query("A"));
}

TEST(ResponseHead, RefusesFieldsThatWouldBreakTheirLine) {
  Headers headers;
  headers.set("Location", "/a\r\nSet-Cookie: stolen=1");
  EXPECT_FALSE(response_head(200, headers, {}));
  Headers names;
  names.set("A: b\r\nC", "d");
  EXPECT_FALSE(response_head(200, names, {}));
}

TEST(ResponseHead, WritesFramingItself) {
  Headers headers;
  headers.set("content-length", "7");
  headers.set("Connection", "upgrade");
  const auto head = response_head(200, headers, {.length = 3, .keep_alive = false});
  ASSERT_TRUE(head);
  EXPECT_THAT(*head, HasSubstr("Content-Length: 3\r\n"));
  EXPECT_THAT(*head, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(*head, Not(HasSubstr("upgrade")));
  EXPECT_THAT(*head, Not(HasSubstr("7")));
}

TEST(ResponseHead, GivesNoLengthWhereNoBodyMayBe) {
  for (const int status : {204, 304}) {
    const auto head = response_head(status, {}, {.length = 0});
    ASSERT_TRUE(head);
    EXPECT_THAT(*head, Not(HasSubstr("Content-Length"))) << status;
  }
}

TEST(Problem, IsTheJsonOfRfc9457) {
  const Response response = problem(404, "no \"such\" file\n", "/api/files");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.headers.find("Content-Type"), "application/problem+json");
  EXPECT_EQ(response.body, R"({"type":"about:blank","title":"Not Found","status":404,)"
                           R"("detail":"no \"such\" file\u000a","instance":"/api/files"})");
}

TEST(Problem, GivesEachErrorItsStatus) {
  const auto status = [](Errc code) { return problem(Error{code, "x", "", ""}).status; };
  EXPECT_EQ(status(Errc::kDenied), 403);
  EXPECT_EQ(status(Errc::kNotFound), 404);
  EXPECT_EQ(status(Errc::kMalformed), 400);
  EXPECT_EQ(status(Errc::kInvalidArgument), 400);
  EXPECT_EQ(status(Errc::kOutOfRange), 400);
  EXPECT_EQ(status(Errc::kBusy), 409);
  EXPECT_EQ(status(Errc::kFull), 507);
  EXPECT_EQ(status(Errc::kUnsupported), 501);
  EXPECT_EQ(status(Errc::kIo), 500);
  EXPECT_EQ(status(Errc::kNetwork), 503) << "a database that is away may come back";
}

TEST(Problem, QuotesOnlyTextThatIsUtf8) {
  EXPECT_EQ(json_quoted("ä\xff€\xe2\x82"), "\"ä?€??\"");
  EXPECT_EQ(json_quoted(std::string_view("a\0b", 3)), "\"a\\u0000b\"");
}

}  // namespace
}  // namespace stepcast::http
