#include "stepcast/gcode/dialect.hpp"

#include <fstream>
#include <iterator>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

namespace stepcast::gcode {
namespace {

std::string code_name(const KnownCode& code) {
  return code.letter + std::to_string(code.number) +
         (code.subcode == 0 ? "" : "." + std::to_string(code.subcode));
}

// The table of docs/gcode.md.
std::string table() {
  std::string text = "| code | meaning | letters without a number | text |\n|---|---|---|---|\n";
  for (const auto& code : known_codes()) {
    constexpr const char* kTexts[] = {"in quotes", "", "rest of the line", "behind P and S",
                                      "behind A"};
    text += "| " + code_name(code) + " | " + std::string(code.meaning) + " | " +
            (code.lonely == LonelyLetters::kAllowed ? "yes" : "") + " | " +
            kTexts[static_cast<std::size_t>(code.text)] + " |\n";
  }
  for (const auto& name : known_names()) {
    text +=
        "| " + std::string(name.name) + " | " + std::string(name.meaning) + " | | NAME=VALUE |\n";
  }
  return text;
}

TEST(Dialect, ListsEachCodeOnceAndInOrder) {
  std::tuple<char, int, int> last{};
  for (const auto& code : known_codes()) {
    const std::tuple<char, int, int> here{code.letter, code.number, code.subcode};
    EXPECT_LT(last, here) << code_name(code);
    EXPECT_FALSE(code.meaning.empty());
    last = here;
  }
}

TEST(Dialect, FindsEachCodeOfTheTable) {
  for (const auto& code : known_codes()) {
    EXPECT_EQ(find_code(code.letter, code.number, code.subcode), &code) << code_name(code);
  }
  EXPECT_EQ(find_code('G', 92, 7), nullptr);
  EXPECT_EQ(find_code('G', 38, 0), nullptr) << "only G38.2 to G38.5";
  EXPECT_EQ(find_code('M', 1002, 0), nullptr);
  EXPECT_EQ(find_code('G', -1, 0), nullptr);
  EXPECT_EQ(find_code('X', 1, 0), nullptr);
}

TEST(Dialect, HoldsWhatSlicersWrite) {
  for (const int g : {0, 1, 2, 3, 4, 5, 10, 11, 17, 18, 19, 20, 21, 28, 29, 90, 91, 92}) {
    EXPECT_NE(find_code('G', g, 0), nullptr) << g;
  }
  for (const int m : {0,   1,   17,  18,  73,  82,  83,  84,  104, 105, 106, 107, 109,
                      110, 115, 116, 117, 118, 140, 141, 190, 191, 200, 201, 203, 204,
                      205, 206, 207, 208, 220, 221, 290, 400, 486, 572, 593, 600, 900}) {
    EXPECT_NE(find_code('M', m, 0), nullptr) << m;
  }
  EXPECT_TRUE(is_known_name("exclude_object_start"));
  EXPECT_FALSE(is_known_name("EXCLUDE"));
}

TEST(Dialect, RefusesLonelyLettersInEveryMove) {
  for (const int g : {0, 1, 2, 3, 5, 92}) {
    EXPECT_EQ(find_code('G', g, 0)->lonely, LonelyLetters::kRefused) << g;
    EXPECT_EQ(find_code('G', g, 0)->text, TextRule::kNever) << g;
  }
}

TEST(Dialect, IsTheTableOfTheDocumentation) {
  std::ifstream file(STEPCAST_SOURCE_DIR "/docs/gcode.md");
  const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_NE(page.find(table()), std::string::npos)
      << "docs/gcode.md must hold exactly this table:\n"
      << table();
}

}  // namespace
}  // namespace stepcast::gcode
