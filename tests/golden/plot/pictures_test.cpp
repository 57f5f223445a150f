#include <array>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "stepcast/plot/error_map.hpp"
#include "stepcast/plot/time_chart.hpp"

// The pictures in tests/golden/data/plot are our own output, reviewed by eye. To refresh them after
// a wanted change, run this test with STEPCAST_REFRESH_GOLDEN=1 and look at the difference.
namespace stepcast::plot {
namespace {

void expect_golden(const std::string& picture, const std::string& name) {
  const std::string path = std::string(STEPCAST_SOURCE_DIR) + "/tests/golden/data/plot/" + name;
  if (std::getenv("STEPCAST_REFRESH_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << picture;
  }
  std::ifstream stream(path, std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(stream), {}};
  ASSERT_FALSE(golden.empty()) << "cannot read " << path;
  EXPECT_TRUE(picture == golden) << "the picture differs from " << path;
}

TEST(PlotGolden, DrawsASmallChart) {
  TimeChart chart({.title = "Square",
                   .subtitle = "Two panels.",
                   .panels = {{.title = "Speed of X",
                               .unit = "mm/s",
                               .series = {{"planned", Tone::kGrey}, {"commanded", Tone::kBlue}}},
                              {.title = "Temperature",
                               .unit = "\u00b0C",
                               .series = {{"nozzle", Tone::kRed}},
                               .include_zero = false}}});
  for (int i = 0; i <= 40; ++i) {
    const double ramp = std::fmin(i, 40 - i) * 5.0;
    chart.add(Seconds{i * 0.05}, std::array{ramp, ramp + (i % 4 - 1.5), 205.0 + 0.25 * (i % 8)});
  }
  expect_golden(chart.render(), "small_chart.svg");
}

TEST(PlotGolden, DrawsASmallMap) {
  ErrorMap map({.title = "Square",
                .subtitle = "One layer.",
                .bed = {.x_min = Mm{0}, .x_max = Mm{280}, .y_min = Mm{0}, .y_max = Mm{280}}});
  for (int i = 0; i <= 80; ++i) {
    const double along = i * 0.25;
    const double error = 0.024 / (1 + i);
    map.add_point(Mm{130 + along}, Mm{130}, Mm{error});
    map.add_point(Mm{150}, Mm{130 + along}, Mm{error});
    map.add_point(Mm{150 - along}, Mm{150}, Mm{error});
    map.add_point(Mm{130}, Mm{150 - along}, Mm{error});
  }
  expect_golden(map.render(), "small_map.svg");
}

}  // namespace
}  // namespace stepcast::plot
