#include "stepcast/metrics/page.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "stepcast/metrics/process.hpp"

namespace stepcast::metrics {
namespace {

TEST(MetricsPage, KeepsSamplesOfAFamilyTogetherUnderOneHead) {
  Page page;
  page.gauge("b", "Second.", {{"printer", "one"}}, 1.5);
  page.counter("a_total", "First.", {}, std::uint64_t{18'446'744'073'709'551'615U});
  page.gauge("b", "Not again.", {{"printer", "two"}}, -3);
  EXPECT_EQ(page.text(),
            "# HELP a_total First.\n# TYPE a_total counter\na_total 18446744073709551615\n"
            "# HELP b Second.\n# TYPE b gauge\nb{printer=\"one\"} 1.5\nb{printer=\"two\"} -3\n");
}

TEST(MetricsPage, EscapesWhatEndsALabelOrALine) {
  Page page;
  page.gauge("x", "one\ntwo \\ \"three\"", {{"title", "a\"b\\c\nd"}}, 0);
  EXPECT_EQ(page.text(),
            "# HELP x one\\ntwo \\\\ \"three\"\n# TYPE x gauge\nx{title=\"a\\\"b\\\\c\\nd\"} 0\n");
}

TEST(MetricsPage, WritesWhatIsNoFiniteNumberAsTheFormatSays) {
  Page page;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  page.gauge("x", "h", {{"n", "1"}}, std::numeric_limits<double>::quiet_NaN());
  page.gauge("x", "h", {{"n", "2"}}, kInfinity);
  page.gauge("x", "h", {{"n", "3"}}, -kInfinity);
  EXPECT_EQ(page.text(),
            "# HELP x h\n# TYPE x gauge\nx{n=\"1\"} NaN\nx{n=\"2\"} +Inf\nx{n=\"3\"} -Inf\n");
}

TEST(MetricsPage, AddsUpTheBucketsOfAHistogram) {
  Page page;
  page.histogram("t_seconds", "h", {{"route", "/a"}},
                 {.bounds = {0.1, 2.5}, .counts = {3, 0, 2}, .sum = 7.25});
  EXPECT_EQ(page.text(),
            "# HELP t_seconds h\n# TYPE t_seconds histogram\n"
            "t_seconds_bucket{route=\"/a\",le=\"0.1\"} 3\n"
            "t_seconds_bucket{route=\"/a\",le=\"2.5\"} 3\n"
            "t_seconds_bucket{route=\"/a\",le=\"+Inf\"} 5\n"
            "t_seconds_sum{route=\"/a\"} 7.25\nt_seconds_count{route=\"/a\"} 5\n");
}

TEST(MetricsOfTheProcess, KnowItsMemoryFilesAndTime) {
  Page page;
  add_process(page, 1'700'000'000.5);
  const std::string text = page.text();
  EXPECT_NE(text.find("process_start_time_seconds 1700000000.5\n"), std::string::npos) << text;
  for (const char* name : {"\nprocess_cpu_seconds_total ", "\nprocess_resident_memory_bytes ",
                           "\nprocess_open_fds "}) {
    const auto at = text.find(name);
    ASSERT_NE(at, std::string::npos) << name;
    EXPECT_GT(std::stod(text.substr(text.find(' ', at))), 0) << name;
  }
}

}  // namespace
}  // namespace stepcast::metrics
