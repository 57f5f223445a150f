#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/files/library.hpp"

#include "sha256.hpp"
#include "utf8.hpp"

namespace stepcast::files {
namespace {

TEST(LibraryPath, KeepsWhatEverySystemCanStore) {
  for (const std::string_view text :
       {"part.gcode", "folder/part.gcode", "a/b/c d/Größe (1).gcode", "日本/部品.gcode", "x",
        "console.gcode", "com10.gcode", "compute.gcode", "part.v2.gcode", "lpt.gcode"}) {
    const auto path = LibraryPath::parse(text);
    ASSERT_TRUE(path) << path.error().to_string();
    EXPECT_EQ(path->text(), text);
  }
}

TEST(LibraryPath, KnowsItsNameAndItsFolder) {
  EXPECT_EQ(LibraryPath::parse("a/b/part.gcode")->name(), "part.gcode");
  EXPECT_EQ(LibraryPath::parse("a/b/part.gcode")->folder(), "a/b");
  EXPECT_EQ(LibraryPath::parse("part.gcode")->folder(), "");
}

class HostilePath : public ::testing::TestWithParam<std::string> {};

TEST_P(HostilePath, IsRefusedWithAReason) {
  const auto path = LibraryPath::parse(GetParam());
  ASSERT_FALSE(path) << GetParam();
  EXPECT_EQ(path.error().code, Errc::kInvalidArgument);
  EXPECT_FALSE(path.error().message.empty());
  EXPECT_FALSE(utf8_fault(path.error().to_string())) << "the message itself must be printable";
}

INSTANTIATE_TEST_SUITE_P(Traversal, HostilePath,
                         ::testing::Values("", "/", "/etc/passwd", "..", "../x", "a/../x", "a/..",
                                           ".", "a/./b", "a//b", "a/", ".incoming/x", "a/.hidden",
                                           "..\\x", "a\\b", "C:\\x", "C:/x"));
INSTANTIATE_TEST_SUITE_P(Windows, HostilePath,
                         ::testing::Values("con", "CON.gcode", "nul.tar.gcode", "a/aux", "com1",
                                           "Com1.x", "lpt9.gcode", "com\xC2\xB9", "con .x", "a:b",
                                           "a<b", "a>b", "a\"b", "a|b", "a?b", "a*b", "a.", "a ",
                                           " a", "a./b"));
INSTANTIATE_TEST_SUITE_P(Unicode, HostilePath,
                         ::testing::Values(std::string("a\0b", 3), "a\nb", "a\x1F", "a\x7F",
                                           "a\xC2\x85", "\xFF", "\xC0\xAF", "\xE0\x80\xAF",
                                           "\xED\xA0\x80", "\xF4\x90\x80\x80", "a\xC3",
                                           "\xE2\x80\xAEgpj.x", "a\xE2\x80\x8B", "\xEF\xBB\xBFx",
                                           "a\xEF\xBF\xBF"));
INSTANTIATE_TEST_SUITE_P(Size, HostilePath,
                         ::testing::Values(std::string(201, 'a'), std::string(1001, 'a'),
                                           "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/x"));

TEST(LibraryPath, MakesUploadsSafe) {
  const auto made = [](std::string_view folder, std::string_view name) {
    const auto path = LibraryPath::from_upload(folder, name);
    return path ? path->text() : path.error().message;
  };
  EXPECT_EQ(made("", "C:\\x\\part one.gcode"), "part one.gcode");
  EXPECT_EQ(made("a/b", "../../part.gcode"), "a/b/part.gcode");
  EXPECT_EQ(made("a/", "part?.gcode"), "a/part_.gcode");
  EXPECT_EQ(made("", "  .part.gcode. "), "part.gcode");
  EXPECT_EQ(made("", "con.gcode"), "_con.gcode");
  EXPECT_EQ(made("", "a\nb.gcode"), "a_b.gcode");
}

TEST(LibraryPath, ShortensLongUploadsButKeepsWhatTheyAre) {
  std::string name;
  for (int i = 0; i < 150; ++i) {
    name += "ü";
  }
  const auto path = LibraryPath::from_upload("", name + ".gcode");
  ASSERT_TRUE(path) << path.error().to_string();
  EXPECT_LE(path->text().size(), 200U);
  EXPECT_TRUE(path->text().ends_with("ü.gcode"));
}

TEST(LibraryPath, RefusesUploadsWithoutAName) {
  EXPECT_FALSE(LibraryPath::from_upload("", ""));
  EXPECT_FALSE(LibraryPath::from_upload("", "..."));
  EXPECT_FALSE(LibraryPath::from_upload("", "folder/"));
  EXPECT_FALSE(LibraryPath::from_upload("../x", "part.gcode"));
}

TEST(Sha256, HashesThePiecesAsAWhole) {
  const std::string_view text = "abc";
  Sha256 whole;
  whole.update(text);
  // FIPS 180-2, appendix B.1.
  EXPECT_EQ(whole.finish(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 pieces;
  pieces.update(text.substr(0, 1));
  pieces.update({});
  pieces.update(text.substr(1));
  EXPECT_EQ(pieces.finish(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace stepcast::files
