#include "stepcast/http/file_answer.hpp"

#include <string>

#include <gtest/gtest.h>

namespace stepcast::http {
namespace {

const FileFacts kFile{.size = 1000, .modified_s = 784111777, .modified_ns = 5};

FileAnswer answer_to(std::string_view name, std::string value) {
  Headers headers;
  headers.set(name, std::move(value));
  return answer_file(headers, kFile);
}

TEST(FileAnswer, SendsTheWholeFile) {
  const FileAnswer answer = answer_file({}, kFile);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.first, 0U);
  EXPECT_EQ(answer.length, 1000U);
  EXPECT_EQ(answer.headers.find("Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(answer.headers.find("Accept-Ranges"), "bytes");
}

TEST(FileAnswer, SendsOneRange) {
  struct Case {
    const char* range;
    std::uint64_t first;
    std::uint64_t length;
  };
  for (const Case& test :
       {Case{"bytes=0-0", 0, 1}, Case{"bytes=10-19", 10, 10}, Case{"bytes=990-", 990, 10},
        Case{"bytes=-10", 990, 10}, Case{"bytes=-5000", 0, 1000}, Case{"bytes=999-5000", 999, 1}}) {
    const FileAnswer answer = answer_to("Range", test.range);
    EXPECT_EQ(answer.status, 206) << test.range;
    EXPECT_EQ(answer.first, test.first) << test.range;
    EXPECT_EQ(answer.length, test.length) << test.range;
  }
  EXPECT_EQ(answer_to("Range", "bytes=10-19").headers.find("Content-Range"), "bytes 10-19/1000");
}

TEST(FileAnswer, IgnoresRangesThatItDoesNotUnderstand) {
  for (const char* range : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "lines=1-2",
                            "bytes=0-1,5-6", "bytes=99999999999999999999-"}) {
    const FileAnswer answer = answer_to("Range", range);
    EXPECT_EQ(answer.status, 200) << range;
    EXPECT_EQ(answer.length, 1000U) << range;
  }
}

TEST(FileAnswer, RefusesRangesOutsideTheFile) {
  for (const char* range : {"bytes=1000-", "bytes=5000-6000", "bytes=-0"}) {
    const FileAnswer answer = answer_to("Range", range);
    EXPECT_EQ(answer.status, 416) << range;
    EXPECT_EQ(answer.length, 0U) << range;
    EXPECT_EQ(answer.headers.find("Content-Range"), "bytes */1000") << range;
  }
}

TEST(FileAnswer, SaysThatNothingChanged) {
  const std::string etag = etag_of(kFile);
  for (const std::string& list : {etag, "W/" + etag, "\"other\", " + etag, std::string("*")}) {
    const FileAnswer answer = answer_to("If-None-Match", list);
    EXPECT_EQ(answer.status, 304) << list;
    EXPECT_EQ(answer.headers.find("ETag"), etag);
  }
  EXPECT_EQ(answer_to("If-None-Match", "\"other\"").status, 200);
  EXPECT_EQ(answer_to("If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT").status, 304);
  EXPECT_EQ(answer_to("If-Modified-Since", "Sun, 06 Nov 1994 08:49:36 GMT").status, 200);
}

TEST(FileAnswer, SendsTheWholeFileWhenARangeIsOfAnOlderOne) {
  Headers headers;
  headers.set("Range", "bytes=0-9");
  headers.set("If-Range", "\"older\"");
  EXPECT_EQ(answer_file(headers, kFile).status, 200);
  headers.set("If-Range", etag_of(kFile));
  EXPECT_EQ(answer_file(headers, kFile).status, 206);
}

TEST(FileAnswer, TellsRewritesWithinASecondApart) {
  FileFacts rewritten = kFile;
  rewritten.modified_ns = 6;
  EXPECT_NE(etag_of(kFile), etag_of(rewritten));
}

TEST(FileAnswer, HasNoRangeInAnEmptyFile) {
  Headers headers;
  headers.set("Range", "bytes=0-");
  EXPECT_EQ(answer_file(headers, {}).status, 416);
  EXPECT_EQ(answer_file({}, {}).status, 200);
}

TEST(ContentType, IsTakenFromTheEnding) {
  EXPECT_EQ(content_type_of("a/b.HTML"), "text/html; charset=utf-8");
  EXPECT_EQ(content_type_of("cube.gcode"), "text/plain; charset=utf-8");
  EXPECT_EQ(content_type_of("Makefile"), "application/octet-stream");
}

}  // namespace
}  // namespace stepcast::http
