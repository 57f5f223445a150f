#include "stepcast/texts/texts.hpp"

#include <regex>
#include <set>

#include <gtest/gtest.h>

namespace stepcast::texts {
namespace {

std::set<std::string> placeholders(std::string_view text) {
  static const std::regex kName(R"(\{[a-z]+\})");
  const std::string copy(text);
  std::set<std::string> names;
  for (std::sregex_iterator found(copy.begin(), copy.end(), kName), end; found != end; ++found) {
    names.insert(found->str());
  }
  return names;
}

TEST(Texts, SayTheSameInBothLanguages) {
  for (int i = 0; i < static_cast<int>(Text::kCount); ++i) {
    const auto english = text(static_cast<Text>(i), Language::kEnglish);
    const auto spanish = text(static_cast<Text>(i), Language::kSpanish);
    EXPECT_FALSE(english.empty());
    EXPECT_FALSE(spanish.empty()) << english;
    EXPECT_EQ(placeholders(english), placeholders(spanish)) << english;
  }
}

TEST(Texts, TakeValuesAsTheyAre) {
  EXPECT_EQ(filled(Text::kPrintDone, Language::kEnglish, {{"printer", "{printer} {"}}),
            "{printer} {: print done");
  EXPECT_EQ(filled(Text::kPrintDone, Language::kSpanish, {{"other", "x"}}),
            "{printer}: impresión terminada");
}

TEST(Texts, FollowTheFirstLanguageOfAHeaderThatIsKnown) {
  EXPECT_EQ(language_of_header("es-MX,es;q=0.9,en;q=0.8"), Language::kSpanish);
  EXPECT_EQ(language_of_header("fr, en;q=0.5, es"), Language::kEnglish);
  EXPECT_EQ(language_of_header("de , es;q=0.3"), Language::kSpanish);
  EXPECT_EQ(language_of_header(""), Language::kEnglish);
  EXPECT_EQ(language_of_header(",;,"), Language::kEnglish);
  EXPECT_FALSE(language_from("english"));
}

TEST(Durations, AreShortWhenTheyAreShort) {
  EXPECT_EQ(duration(0.2), "0 s");
  EXPECT_EQ(duration(59.4), "59 s");
  EXPECT_EQ(duration(60), "1 min");
  EXPECT_EQ(duration(3599), "59 min");
  EXPECT_EQ(duration(3600 + 300), "1 h 05 min");
}

}  // namespace
}  // namespace stepcast::texts
