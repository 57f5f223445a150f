#include "stepcast/plot/time_chart.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <string>

#include <gmock/gmock.h>

#include "xml_checker.hpp"

namespace stepcast::plot {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TimeChart one_line(std::string title = "Title") {
  return TimeChart({.title = std::move(title),
                    .subtitle = "Subtitle",
                    .panels = {{.title = "Speed of X",
                                .unit = "mm/s",
                                .series = {{.name = "planned", .tone = Tone::kGrey}}}}});
}

void add(TimeChart& chart, double t, double value) {
  chart.add(Seconds{t}, std::array{value});
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

TEST(XmlChecker, SeesWhatItMustSee) {
  EXPECT_EQ(xml_problem("<a b=\"c > d\"><e/>&amp;</a>\n"), "");
  EXPECT_NE(xml_problem("<a><b></a>"), "");
  EXPECT_NE(xml_problem("<a>"), "");
  EXPECT_NE(xml_problem("<a b=c/>"), "");
  EXPECT_NE(xml_problem("<a>Q & A</a>"), "");
  EXPECT_NE(xml_problem("<a/><b/>"), "");
}

TEST(TimeChart, IsWellFormedWithoutASample) {
  EXPECT_EQ(xml_problem(one_line().render()), "");
}

TEST(TimeChart, EscapesNamesOfTheUser) {
  TimeChart chart = one_line("a < b & \"c\" \x01 \xff");
  add(chart, 0, 1);
  const std::string svg = chart.render();
  EXPECT_EQ(xml_problem(svg), "");
  EXPECT_THAT(svg, HasSubstr("a &lt; b &amp; &quot;c&quot; \uFFFD \uFFFD"));
}

TEST(TimeChart, TellsReadersWithoutEyesWhatItShows) {
  TimeChart chart = one_line();
  add(chart, 0, 0);
  add(chart, 2, 100);
  const std::string svg = chart.render();
  EXPECT_THAT(svg, HasSubstr("role=\"img\""));
  EXPECT_THAT(svg, HasSubstr("<title id=\"t\">Title</title>"));
  EXPECT_THAT(svg, HasSubstr("<desc id=\"d\">Subtitle Over 2 s: Speed of X, axis from 0 to 106"));
}

TEST(TimeChart, FollowsDarkPages) {
  EXPECT_THAT(one_line().render(), HasSubstr("prefers-color-scheme:dark"));
}

TEST(TimeChart, NamesEveryPanelWithItsUnitAndEveryLine) {
  TimeChart chart({.title = "T",
                   .subtitle = "S",
                   .panels = {{.title = "Speed", .unit = "mm/s", .series = {{"a"}, {"b"}}},
                              {.title = "Heat", .unit = "C", .series = {{"c"}}}}});
  chart.add(Seconds{0}, std::array{1.0, 2.0, 3.0});
  chart.add(Seconds{1}, std::array{1.5, 2.5, 3.5});
  const std::string svg = chart.render();
  EXPECT_THAT(svg, HasSubstr(">Speed, mm/s<"));
  EXPECT_THAT(svg, HasSubstr(">Heat, C<"));
  EXPECT_EQ(count(svg, "><title>Speed: a</title>"), 1U);
  EXPECT_EQ(count(svg, "><title>Speed: b</title>"), 1U);
  EXPECT_EQ(count(svg, "><title>Heat: c</title>"), 1U);
}

TEST(TimeChart, NeverLosesASinglePeak) {
  TimeChart chart = one_line();
  constexpr int kSamples = 3'000'000;
  for (int i = 0; i < kSamples; ++i) {
    add(chart, i * 1e-3, i == 1'234'567 ? 500.0 : 1.0);
  }
  EXPECT_THAT(chart.render(), HasSubstr("axis from 0 to 530 mm/s"));
}

TEST(TimeChart, StaysSmallWhateverTheDuration) {
  TimeChart chart = one_line();
  for (int i = 0; i < 1'000'000; ++i) {
    add(chart, i * 1e-3, std::sin(i * 1.1));
  }
  EXPECT_LT(chart.render().size(), 120'000U);
}

TEST(TimeChart, LeavesOutWhatIsNotANumber) {
  TimeChart chart = one_line();
  add(chart, 0, 1);
  add(chart, 1, std::numeric_limits<double>::quiet_NaN());
  add(chart, 2, 2);
  EXPECT_THAT(chart.render(), Not(HasSubstr("nan")));
}

TEST(TimeChart, DrawsAConstantOffZero) {
  TimeChart chart(
      {.title = "T",
       .subtitle = "S",
       .panels = {{.title = "Heat", .unit = "C", .series = {{"nozzle"}}, .include_zero = false}}});
  add(chart, 0, 210);
  add(chart, 5, 210);
  const std::string svg = chart.render();
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, HasSubstr(">210<"));
}

TEST(TimeChart, WritesLongTimesInMinutesAndHours) {
  TimeChart minutes = one_line();
  add(minutes, 1302, 1);
  EXPECT_THAT(minutes.render(), HasSubstr("Time, min:s"));
  TimeChart hours = one_line();
  add(hours, 31'620, 1);
  EXPECT_THAT(hours.render(), HasSubstr("Time, h:min"));
}

TEST(TimeChartDeathTest, RefusesTimeThatGoesBack) {
  TimeChart chart = one_line();
  add(chart, 2, 0);
  EXPECT_DEATH(add(chart, 1, 0), "t >= last_time_");
}

TEST(TimeChartDeathTest, RefusesAValueTooMany) {
  TimeChart chart = one_line();
  EXPECT_DEATH(chart.add(Seconds{0}, std::array{1.0, 2.0}), "values.size");
}

}  // namespace
}  // namespace stepcast::plot
