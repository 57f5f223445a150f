#include "stepcast/gcode/reader.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reading.hpp"

namespace stepcast::gcode {
namespace {

using test::read_all;
using test::read_error;
using test::read_one;
using ::testing::HasSubstr;

TEST(Reader, ReadsAMoveWithItsWordsInOrder) {
  const auto move = read_one("G1 X12.5 Y-0.25 E.03 F1500 ; outer wall").command;
  EXPECT_TRUE(move.is('G', 1));
  ASSERT_EQ(move.word_count, 4U);
  EXPECT_EQ(move.words()[0].letter, 'X');
  EXPECT_EQ(move.value('X'), 12.5);
  EXPECT_EQ(move.value('Y'), -0.25);
  EXPECT_EQ(move.value('E'), 0.03);
  EXPECT_EQ(move.value('F'), 1500.0);
  EXPECT_EQ(move.value('Z'), std::nullopt);
  EXPECT_EQ(read_one("G1 X1 ; outer wall  ").comment, " outer wall");
}

TEST(Reader, NeedsNeitherBlanksNorCapitals) {
  const auto move = read_one("g1x10y-2.5e.3f1500").command;
  EXPECT_TRUE(move.is('G', 1));
  EXPECT_EQ(move.value('X'), 10.0);
  EXPECT_EQ(move.value('Y'), -2.5);
  EXPECT_EQ(move.value('E'), 0.3);
  EXPECT_EQ(move.value('F'), 1500.0);
}

TEST(Reader, ForgivesBlanksInsideAWordButNotInsideANumber) {
  EXPECT_EQ(read_one("\t G 01  X 10 ").command.value('X'), 10.0);
  EXPECT_EQ(read_error("G1 X + 1").location, "job:1:4");
}

TEST(Reader, ReadsSignsPointsAndZeros) {
  const auto move = read_one("G001 X+1. Y-.5 Z00.250 E 7").command;
  EXPECT_EQ(move.value('X'), 1.0);
  EXPECT_EQ(move.value('Y'), -0.5);
  EXPECT_EQ(move.value('Z'), 0.25);
  EXPECT_EQ(move.value('E'), 7.0);
}

TEST(Reader, ReadsSubcodes) {
  const auto command = read_one("G92.1").command;
  EXPECT_TRUE(command.is('G', 92));
  EXPECT_EQ(command.subcode, 1);
  EXPECT_EQ(read_one("M862.3 P \"MK3S\"").command.subcode, 3);
}

TEST(Reader, TakesEForAWordAndNeverForAnExponent) {
  const auto move = read_one("G1 X1e308").command;
  EXPECT_EQ(move.value('X'), 1.0);
  EXPECT_EQ(move.value('E'), 308.0);
}

TEST(Reader, CountsLinesWithEveryEndOfLine) {
  const auto all = read_all("G28\nG90\r\nM82\rG1 X1\r\n\r\n\nM84");
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(all[1].command.line, 2);
  EXPECT_EQ(all[2].command.line, 3);
  EXPECT_EQ(all[3].command.line, 4);
  EXPECT_EQ(all[4].command.line, 7);
  EXPECT_TRUE(all[4].command.is('M', 84));
}

TEST(Reader, SkipsBlankLinesAndBlankComments) {
  EXPECT_TRUE(read_all("\n  \n;\n; \t\n()\n\r\n").empty());
  EXPECT_TRUE(read_all("").empty());
}

TEST(Reader, SkipsAByteOrderMark) {
  EXPECT_TRUE(read_one("\xEF\xBB\xBFG28").command.is('G', 28));
}

TEST(Reader, DeliversACommentOnALineOfItsOwn) {
  const auto comment = read_one(";LAYER:3 ");
  EXPECT_EQ(comment.command.letter, '\0');
  EXPECT_EQ(comment.comment, "LAYER:3");
}

TEST(Reader, ReadsCommentsInBrackets) {
  const auto move = read_one("(start) G1 (go) X1 (there) Y2");
  EXPECT_EQ(move.command.value('X'), 1.0);
  EXPECT_EQ(move.command.value('Y'), 2.0);
  EXPECT_EQ(move.comment, "start");
  EXPECT_EQ(read_one("G1 (a) X1 ; b").comment, " b");
  EXPECT_THAT(read_error("G1 (a X1").message, HasSubstr("not closed"));
}

TEST(Reader, KeepsTheTextOfAMessage) {
  const auto message = read_one("M117 Layer (1/2) * 5\" ok ; shown");
  EXPECT_EQ(message.text, "Layer (1/2) * 5\" ok");
  EXPECT_EQ(message.comment, " shown");
  EXPECT_EQ(read_one("M117").text, "");
  EXPECT_EQ(read_one("m117Hello").text, "Hello");
  EXPECT_EQ(read_one("M23 /cube.gco").text, "/cube.gco");
}

TEST(Reader, KeepsTheTextBehindThePauseParameters) {
  const auto pause = read_one("M0 P500 S2 Take it off");
  EXPECT_EQ(pause.command.value('P'), 500.0);
  EXPECT_EQ(pause.command.value('S'), 2.0);
  EXPECT_EQ(pause.text, "Take it off");
  EXPECT_EQ(read_one("M1 Press the button").text, "Press the button");
  EXPECT_TRUE(read_one("M0; stop").command.is('M', 0));
}

TEST(Reader, KeepsObjectNames) {
  EXPECT_EQ(read_one("M486 S1 A\"part; 1\"").text, "part; 1");
  EXPECT_EQ(read_one("M486 Apart 1.stl").text, "part 1.stl");
  EXPECT_EQ(read_one("M486 S-1").command.value('S'), -1.0);
  const auto start = read_one("EXCLUDE_OBJECT_START NAME=cube_id_0 ; x");
  EXPECT_EQ(start.name, "EXCLUDE_OBJECT_START");
  EXPECT_EQ(start.text, "NAME=cube_id_0");
  EXPECT_EQ(start.command.letter, '\0');
}

TEST(Reader, KeepsQuotedParameters) {
  EXPECT_EQ(read_one("M862.3 P\"MK3S; x\" Q1").text, "MK3S; x");
  EXPECT_EQ(read_one("M291 P\"a\" R\"b\"").text, "\"a\" R\"b\"");
  EXPECT_EQ(read_one("M98 P\"say \"\"hi\"\"\"").text, "say \"\"hi\"\"");
  EXPECT_THAT(read_error("M98 P\"x").message, HasSubstr("not closed"));
  EXPECT_THAT(read_error("G1 X\"5\"").message, HasSubstr("text where a number belongs"));
}

TEST(Reader, KeepsExpressionsWithoutEvaluatingThem) {
  const auto move = read_one("G1 X{1+move.axes[0]} Y[2] Z3");
  ASSERT_EQ(move.command.word_count, 3U);
  EXPECT_TRUE(move.command.find('X')->is_expression);
  EXPECT_FALSE(move.command.find('X')->has_value);
  EXPECT_TRUE(move.command.find('Y')->is_expression);
  EXPECT_EQ(move.command.value('Z'), 3.0);
  EXPECT_EQ(move.text, "{1+move.axes[0]}");
  EXPECT_THAT(read_error("G1 X{1+2").message, HasSubstr("not closed"));
}

TEST(Reader, ReadsTools) {
  EXPECT_TRUE(read_one("T0").command.is('T', 0));
  EXPECT_TRUE(read_one("t3 ; next").command.is('T', 3));
  EXPECT_TRUE(read_one("T-1").command.is('T', -1));
  EXPECT_EQ(read_one("Tx").text, "x");
  EXPECT_EQ(read_one("T?").text, "?");
  EXPECT_EQ(read_one("T1 S1 L0 D0").command.value('S'), 1.0);
}

TEST(Reader, AllowsLonelyLettersOnlyWhereTheyMeanSomething) {
  EXPECT_NE(read_one("G28 X Y").command.find('Y'), nullptr);
  EXPECT_FALSE(read_one("G28 X Y").command.find('Y')->has_value);
  EXPECT_EQ(read_one("M84 X Y E ;off").command.word_count, 3U);
  for (const char* const cut : {"G1 X", "G1 X10 Y", "G92 E", "G0X1F", "M104 S", "G5 I", "T0 S"}) {
    const auto error = read_error(cut);
    EXPECT_EQ(error.code, Errc::kMalformed) << cut;
    EXPECT_THAT(error.message, HasSubstr("has no number")) << cut;
    EXPECT_THAT(error.remedy, HasSubstr("cut off")) << cut;
  }
}

TEST(Reader, NamesPlaceAndReasonOfABadNumber) {
  const auto error = read_error("G28\nG1 Y1 X1.2.3");
  EXPECT_EQ(error.code, Errc::kMalformed);
  EXPECT_EQ(error.location, "job:2:7");
  EXPECT_EQ(error.message, "'X1.2.3' is not a number: it has a second point");
  EXPECT_THAT(read_error("G1 X--3").message, HasSubstr("sign inside"));
  EXPECT_THAT(read_error("G1 X1-3").message, HasSubstr("sign inside"));
  EXPECT_THAT(read_error("G1 X1,5").message, HasSubstr("separator is a point"));
  EXPECT_THAT(read_error("G1 E0.5:0.5").message, HasSubstr("lists"));
  EXPECT_THAT(read_error("G1 X-").message, HasSubstr("no digits"));
  EXPECT_THAT(read_error("G1 X.").message, HasSubstr("no digits"));
  EXPECT_THAT(read_error("G1 X=5").message, HasSubstr("not a number"));
}

TEST(Reader, RefusesWhatIsNoFiniteNumber) {
  EXPECT_EQ(read_error("G1 Xnan").code, Errc::kMalformed);
  EXPECT_EQ(read_error("G1 Xinf").code, Errc::kMalformed);
  EXPECT_EQ(read_error("G1 X-inf").code, Errc::kMalformed);
  EXPECT_EQ(read_error("G1 X-nan Y1").code, Errc::kMalformed);
  const auto error = read_error("G1 X" + std::string(400, '9'));
  EXPECT_EQ(error.location, "job:1:4");
  EXPECT_THAT(error.message, HasSubstr("has 400 characters, the limit for a number is 64"));
}

TEST(Reader, RefusesAWordTwice) {
  const auto error = read_error("G1 X1 Y2 X3");
  EXPECT_EQ(error.location, "job:1:10");
  EXPECT_THAT(error.message, HasSubstr("second X"));
}

TEST(Reader, HoldsEveryLetterOnce) {
  std::string all = "M5000";
  for (char letter = 'A'; letter <= 'Z'; ++letter) {
    all += std::string(" ") + letter + "1";
  }
  EXPECT_EQ(read_one(all).command.word_count, 26U);
}

TEST(Reader, RefusesTwoCommandsOnALine) {
  const auto error = read_error("G90 G1 X1");
  EXPECT_EQ(error.location, "job:1:5");
  EXPECT_THAT(error.message, HasSubstr("second command"));
}

TEST(Reader, RefusesWhatIsNoCommand) {
  for (const char* const line :
       {"X10 Y10", "G", "M", "G X1", "GX1", "G1.", "G-1", "%", "$H", "G1 $", "#1=5", "/G1 X1",
        "G123456", "G1.5555", "T1000000", "T=", "Thanks a lot", "This is text", "O100"}) {
    const auto error = read_error(line);
    EXPECT_EQ(error.code, Errc::kMalformed) << line;
    EXPECT_THAT(error.location, HasSubstr("job:1:")) << line;
  }
}

TEST(Reader, KeepsAndCountsUnknownCommands) {
  auto reader = Reader::from_text(
      "G28\nM1002 gcode_claim_action : 1\nM6000 A1 A\nG29.1 Z{+0.0}\nM1002 judge_flag x\n"
      "start_print BED=60 E=\"a b\"\nM624 AQAAAAAAAAA=\n");
  Command command;
  std::vector<std::string> texts;
  while (reader.next(command).value_or(false)) {
    texts.emplace_back(command.text);
  }
  EXPECT_THAT(texts, ::testing::ElementsAre("", "gcode_claim_action : 1", "A1 A", "{+0.0}",
                                            "judge_flag x", "BED=60 E=\"a b\"", "AQAAAAAAAAA="));
  const auto& unknown = reader.unknown().by_code;
  ASSERT_EQ(unknown.size(), 5U);
  EXPECT_EQ(unknown.at("M1002").count, 2);
  EXPECT_EQ(unknown.at("M1002").first_line, 2);
  EXPECT_EQ(unknown.at("G29.1").count, 1);
  EXPECT_EQ(unknown.at("START_PRINT").first_line, 6);
}

TEST(Reader, BoundsTheMemoryForUnknownCommands) {
  std::string text;
  for (int i = 0; i < 1500; ++i) {
    text += "M" + std::to_string(20000 + i) + "\n";
  }
  auto reader = Reader::from_text(text);
  Command command;
  while (reader.next(command).value_or(false)) {
  }
  EXPECT_EQ(reader.unknown().by_code.size(), 1001U);
  EXPECT_EQ(reader.unknown().by_code.find(UnknownCommands::kOthers)->second.count, 500);
  EXPECT_EQ(reader.unknown().by_code.find(UnknownCommands::kOthers)->second.first_line, 1001);
}

TEST(Reader, VerifiesChecksums) {
  const auto all = read_all("N0 M110*35\nN1 G28*18\nN2 G1 X1*99 ; c\nN3 M117 a*b*46\nG28*77\n");
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(all[3].text, "a*b");
  const auto error = read_error("N1 G28*19");
  EXPECT_EQ(error.location, "job:1:7");
  EXPECT_EQ(error.message, "the checksum is 19, but the line sums to 18");
  EXPECT_THAT(error.remedy, HasSubstr("upload"));
  EXPECT_THAT(read_error("N1 G28*").message, HasSubstr("not a checksum"));
  EXPECT_THAT(read_error("N1 G28*300").message, HasSubstr("not a checksum"));
  EXPECT_THAT(read_error("N1 G28*18 X").message, HasSubstr("not a checksum"));
  EXPECT_EQ(read_one("N1 M117 no sum").text, "no sum");
  EXPECT_THAT(read_error("N1 M117 a*b").message, HasSubstr("not a checksum"));
  EXPECT_THAT(read_error("M1002 x*5").message, HasSubstr("checksum is 5"));
}

TEST(Reader, WantsLineNumbersInARow) {
  EXPECT_EQ(read_all("N7 G28\nN8 G1 X1\nG1 X2\nN9 G1 X3").size(), 4U);
  EXPECT_EQ(read_all("N7 G28\nN3 M110\nN4 G28\nM110 N10\nN11 G28\nN-1 M110\nN0 G28").size(), 7U);
  const auto error = read_error("N10 G28\nN20 G28");
  EXPECT_EQ(error.location, "job:2:1");
  EXPECT_EQ(error.message, "line number N20 where N11 belongs");
  EXPECT_THAT(error.remedy, HasSubstr("M110"));
  EXPECT_THAT(read_error("N1.5 G28").message, HasSubstr("not a line number"));
  EXPECT_THAT(read_error("N-9223372036854775808 G28").message, HasSubstr("not a line number"));
}

TEST(Reader, KeepsLongCommentsCutAndRefusesLongLines) {
  const std::string long_comment = ";" + std::string(700'000, 'c') + "\nG28";
  const auto all = read_all(long_comment);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].comment.size(), 256U * 1024U - 1U);
  EXPECT_TRUE(all[1].command.is('G', 28));
  EXPECT_EQ(all[1].command.line, 2);
  const auto error = read_error("G28\nM117 " + std::string(300'000, 'x') + "\nG28");
  EXPECT_EQ(error.location, "job:2:262145");
  EXPECT_THAT(error.message, HasSubstr("longer than 262144 bytes"));
}

TEST(Reader, CountsTheBytesThatItTook) {
  auto reader = Reader::from_text("G28\r\nG90\r\n", "two");
  Command command;
  EXPECT_EQ(reader.position(), 0U);
  ASSERT_TRUE(reader.next(command).value());
  EXPECT_GE(reader.position(), 4U);
  ASSERT_TRUE(reader.next(command).value());
  ASSERT_FALSE(reader.next(command).value());
  EXPECT_EQ(reader.position(), 10U);
  EXPECT_EQ(reader.name(), "two");
}

struct Alien {
  std::string_view bytes;
  const char* what;
  const char* remedy;
};

TEST(Reader, NamesTheKindOfAFileThatIsNoGcode) {
  using namespace std::string_view_literals;
  for (const auto& alien :
       {Alien{"GCDE\x01\0\0\0"sv, "bgcode", "turn off"}, Alien{"\x1F\x8B\x08"sv, "gzip", "unpack"},
        Alien{"PK\x03\x04"sv, "3mf", "slice"}, Alien{"\x89PNG\r\n"sv, "PNG", ".gcode"},
        Alien{"solid cube\n facet normal 0 0 1\n"sv, "STL", "slice it"},
        Alien{"<!DOCTYPE html>"sv, "web page", "download"},
        Alien{"\xFF\xFEG\0"sv, "UTF-16", "UTF-8"}}) {
    const auto error = read_error(alien.bytes);
    EXPECT_EQ(error.code, Errc::kMalformed);
    EXPECT_EQ(error.location, "job:1:1");
    EXPECT_THAT(error.message, HasSubstr("not a G-code file: byte 0x"));
    EXPECT_THAT(error.message, HasSubstr(alien.what));
    EXPECT_THAT(error.remedy, HasSubstr(alien.remedy));
  }
}

TEST(Reader, RefusesBytesThatAreNoText) {
  using namespace std::string_view_literals;
  const auto nul = read_error("G28\nG1 X\0 1\n"sv);
  EXPECT_EQ(nul.location, "job:2:5");
  EXPECT_THAT(nul.message, HasSubstr("byte 0x00 at offset 8"));
  const auto late = read_error(std::string(8000, '\n') + "; a" + '\0');
  EXPECT_EQ(late.location, "job:8001:4");
  EXPECT_THAT(late.message, HasSubstr("offset 8003"));
  EXPECT_THAT(read_error("\x01\x02\x03\x04\xC0\xC1").message, HasSubstr("byte 0x01 at offset 0"));
}

TEST(Reader, ReadsCommentsInAnyCodePage) {
  EXPECT_EQ(read_one("G28 ; d\xE9part").comment, " d\xE9part");
  EXPECT_EQ(read_one("; \xE6\x89\x93\xE5\x8D\xB0").comment, " \xE6\x89\x93\xE5\x8D\xB0");
}

TEST(Reader, ShowsUnprintableBytesInMessagesAsNumbers) {
  EXPECT_THAT(read_error("G1 X1 \x1B[2J").message, HasSubstr("'\\x1B[2J'"));
}

}  // namespace
}  // namespace stepcast::gcode
