#include "stepcast/http/multipart.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recording_sink.hpp"

namespace stepcast::http {
namespace {

using testing::HasSubstr;

// As PrusaSlicer sends it: two fields, then the file. The file ends in what might begin a boundary.
const std::string kSlicerBody =
    "--XX\r\n"
    "Content-Disposition: form-data; name=\"print\"\r\n\r\n"
    "false\r\n"
    "--XX\r\n"
    "Content-Disposition: form-data; name=\"path\"\r\n\r\n"
    "\r\n"
    "--XX\r\n"
    "Content-Disposition: form-data; name=\"file\"; filename=\"cube.gcode\"\r\n"
    "Content-Type: application/octet-stream\r\n\r\n"
    "G28\r\n\r\n--X\r\r\n--XY\r\nG1 X1\n\r\n"
    "\r\n--XX--\r\nignored";
const std::string kSlicerFile = "G28\r\n\r\n--X\r\r\n--XY\r\nG1 X1\n\r\n";

void expect_slicer_parts(const RecordingSink& sink) {
  ASSERT_EQ(sink.parts().size(), 3U);
  EXPECT_TRUE(sink.in_order());
  EXPECT_EQ(sink.parts()[0].head.name, "print");
  EXPECT_EQ(sink.parts()[0].bytes, "false");
  EXPECT_EQ(sink.parts()[1].head.name, "path");
  EXPECT_EQ(sink.parts()[1].bytes, "");
  EXPECT_EQ(sink.parts()[2].head.name, "file");
  EXPECT_EQ(sink.parts()[2].head.file_name, "cube.gcode");
  EXPECT_EQ(sink.parts()[2].head.content_type, "application/octet-stream");
  EXPECT_EQ(sink.parts()[2].bytes, kSlicerFile);
  EXPECT_TRUE(sink.parts()[2].complete);
}

// The error of pushing `body` at once, or "".
std::string fault_of(std::string_view body, MultipartParser::Limits limits = {}) {
  RecordingSink sink;
  MultipartParser parser("XX", sink, limits);
  auto pushed = parser.push(body);
  if (pushed) {
    pushed = parser.finish();
  }
  return pushed ? "" : pushed.error().message;
}

TEST(Multipart, ReadsPiecesOfEverySize) {
  for (std::size_t size = 1; size <= kSlicerBody.size(); ++size) {
    SCOPED_TRACE(size);
    RecordingSink sink;
    MultipartParser parser("XX", sink);
    for (std::size_t at = 0; at < kSlicerBody.size(); at += size) {
      ASSERT_TRUE(parser.push(std::string_view(kSlicerBody).substr(at, size)));
    }
    ASSERT_TRUE(parser.finish());
    expect_slicer_parts(sink);
  }
}

TEST(Multipart, ReadsBodiesCutAtAnyTwoPlaces) {
  const std::string_view body = kSlicerBody;
  for (std::size_t first = 0; first <= body.size(); ++first) {
    for (std::size_t second = first; second <= body.size(); second += 3) {
      RecordingSink sink;
      MultipartParser parser("XX", sink);
      ASSERT_TRUE(parser.push(body.substr(0, first)));
      ASSERT_TRUE(parser.push(body.substr(first, second - first)));
      ASSERT_TRUE(parser.push(body.substr(second)));
      ASSERT_TRUE(parser.finish());
      ASSERT_EQ(sink.parts().size(), 3U) << first << ' ' << second;
      ASSERT_EQ(sink.parts()[2].bytes, kSlicerFile) << first << ' ' << second;
    }
  }
}

TEST(Multipart, SkipsAPreamble) {
  RecordingSink sink;
  MultipartParser parser("XX", sink);
  const std::string body = "for old readers --XX \r\n-XX\r\n" + kSlicerBody;
  ASSERT_TRUE(parser.push(body));
  expect_slicer_parts(sink);
}

TEST(Multipart, TakesSpacesAfterABoundary) {
  EXPECT_EQ(fault_of("--XX \t\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--XX--"), "");
}

TEST(Multipart, EndsWithoutParts) {
  EXPECT_EQ(fault_of("--XX--\r\n"), "");
}

TEST(Multipart, TellsAnUploadThatBrokeOff) {
  for (const std::size_t end : {std::size_t{0}, std::size_t{3}, std::size_t{20}, std::size_t{80},
                                kSlicerBody.size() - 12}) {
    EXPECT_THAT(fault_of(kSlicerBody.substr(0, end)), HasSubstr("breaks off")) << end;
  }
}

TEST(Multipart, RefusesWhatIsNoBoundary) {
  EXPECT_THAT(fault_of("--XXY\r\n"), HasSubstr("line end"));
  EXPECT_THAT(fault_of("--XX-Y"), HasSubstr("line end"));
  EXPECT_THAT(fault_of("--XX" + std::string(100, ' ')), HasSubstr("line end"));
  EXPECT_THAT(fault_of("--XX\rY"), HasSubstr("line end"));
}

TEST(Multipart, BoundsTheHeadOfAPart) {
  const auto body = [](std::size_t padding) {
    return "--XX\r\nContent-Disposition: form-data; name=a\r\nX: " + std::string(padding, 'x') +
           "\r\n\r\nb\r\n--XX--";
  };
  EXPECT_EQ(fault_of(body(100), {.head_bytes = 160}), "");
  EXPECT_THAT(fault_of(body(200), {.head_bytes = 160}), HasSubstr("longer than 160"));
}

TEST(Multipart, BoundsTheNumberOfParts) {
  const std::string part = "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n";
  EXPECT_EQ(fault_of(part + part + "--XX--", {.parts = 2}), "");
  EXPECT_THAT(fault_of(part + part + part + "--XX--", {.parts = 2}), HasSubstr("more than 2"));
}

TEST(Multipart, PassesTheErrorsOfTheSink) {
  RecordingSink sink;
  sink.fail_with({Errc::kFull, "no room", "", ""});
  MultipartParser parser("XX", sink);
  const auto pushed = parser.push(kSlicerBody);
  ASSERT_FALSE(pushed);
  EXPECT_EQ(pushed.error().code, Errc::kFull);
}

TEST(PartHead, PrefersTheExtendedFileName) {
  const auto part = parse_part_head(
      "Content-Disposition: form-data; name=\"file\"; filename=\"a.gcode\"; "
      "filename*=UTF-8'de'W%C3%BCrfel%20%E2%82%AC.gcode");
  ASSERT_TRUE(part);
  EXPECT_EQ(part->file_name, "Würfel €.gcode");
}

TEST(PartHead, ReadsLatin1InTheExtendedForm) {
  const auto part =
      parse_part_head("content-disposition: form-data; name=f; filename*=iso-8859-1''%fc.gcode");
  ASSERT_TRUE(part);
  EXPECT_EQ(part->file_name, "ü.gcode");
}

TEST(PartHead, FallsBackFromACharsetThatItDoesNotKnow) {
  const auto part = parse_part_head(
      "Content-Disposition: form-data; name=f; filename*=koi8-r''%fc; filename=plain.gcode");
  ASSERT_TRUE(part);
  EXPECT_EQ(part->file_name, "plain.gcode");
}

TEST(PartHead, ReadsQuotesAndBackslashesOfAllClients) {
  const auto part = parse_part_head(
      R"(Content-Disposition: form-data; name="a\"b\\c"; filename="C:\dir\x;y.gcode" ;)");
  ASSERT_TRUE(part);
  EXPECT_EQ(part->name, R"(a"b\c)");
  EXPECT_EQ(part->file_name, R"(C:\dir\x;y.gcode)");
}

TEST(PartHead, RefusesWhatItCannotRead) {
  for (const char* head :
       {"", "no colon", ": empty", "Content-Type: text/plain", "Content-Disposition: form-data",
        "Content-Disposition: attachment; name=a", "Content-Disposition: form-data; name=\"open",
        "Content-Disposition: form-data; name=a b=c\"\x01",
        "Content-Disposition: form-data; name=\"\xff\"",
        "Content-Disposition: form-data; name=a; filename*=UTF-8''%00",
        "Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b"}) {
    const auto part = parse_part_head(head);
    ASSERT_FALSE(part) << head;
    EXPECT_EQ(part.error().code, Errc::kMalformed) << head;
  }
}

TEST(PartHead, RefusesEncodedBytes) {
  const auto part = parse_part_head(
      "Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64");
  ASSERT_FALSE(part);
  EXPECT_EQ(part.error().code, Errc::kUnsupported);
  EXPECT_TRUE(parse_part_head(
      "Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: Binary"));
}

TEST(Boundary, IsReadFromTheContentType) {
  EXPECT_EQ(parse_boundary("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(parse_boundary("Multipart/Form-Data ; charset=utf-8; Boundary=\"a b\""), "a b");
  for (const char* type : {"", "text/plain", "multipart/mixed; boundary=a", "multipart/form-data",
                           "multipart/form-data; boundary=", "multipart/form-data; boundary=a\"b",
                           "multipart/form-data; boundary=\"a \""}) {
    EXPECT_FALSE(parse_boundary(type)) << type;
  }
  EXPECT_TRUE(parse_boundary("multipart/form-data; boundary=" + std::string(70, 'a')));
  EXPECT_FALSE(parse_boundary("multipart/form-data; boundary=" + std::string(71, 'a')));
}

}  // namespace
}  // namespace stepcast::http
