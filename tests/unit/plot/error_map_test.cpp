#include "stepcast/plot/error_map.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "error_grid.hpp"
#include "xml_checker.hpp"

namespace stepcast::plot {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ErrorMap taz_map() {
  return ErrorMap({.title = "Title",
                   .subtitle = "Subtitle",
                   .bed = {.x_min = Mm{0}, .x_max = Mm{280}, .y_min = Mm{0}, .y_max = Mm{280}}});
}

TEST(ErrorMap, IsWellFormedWithoutAPoint) {
  const std::string svg = taz_map().render();
  EXPECT_EQ(xml_problem(svg), "");
  EXPECT_THAT(svg, HasSubstr("No points."));
}

TEST(ErrorMap, NamesTheLargestErrorAndItsPlace) {
  ErrorMap map = taz_map();
  map.add_point(Mm{10}, Mm{20}, Mm{0.003});
  map.add_point(Mm{12.5}, Mm{21.25}, Mm{0.0241});
  map.add_point(Mm{14}, Mm{20}, Mm{0.004});
  const std::string svg = map.render();
  EXPECT_EQ(xml_problem(svg), "");
  EXPECT_THAT(svg, HasSubstr("largest 24.1 \u00b5m at X 12.50, Y 21.25 mm."));
}

TEST(ErrorMap, ShowsTheRootOfTheMeanSquare) {
  ErrorMap map = taz_map();
  map.add_point(Mm{10}, Mm{20}, Mm{0.003});
  map.add_point(Mm{11}, Mm{20}, Mm{0.004});
  EXPECT_THAT(map.render(), HasSubstr("RMS 3.5 \u00b5m"));
}

TEST(ErrorMap, MarksTheScaleAsOpenWhenAFewCellsExceedIt) {
  ErrorMap map = taz_map();
  for (int i = 0; i < 1000; ++i) {
    map.add_point(Mm{0.1 * (i % 100)}, Mm{0.1 * (i / 100)}, Mm{0.004});
  }
  EXPECT_THAT(map.render(), Not(HasSubstr("\u2265")));
  map.add_point(Mm{5}, Mm{0.5}, Mm{0.090});
  EXPECT_THAT(map.render(), HasSubstr("\u2265 4<"));
}

TEST(ErrorMap, DrawsAPrintWithoutAnyError) {
  ErrorMap map = taz_map();
  map.add_point(Mm{1}, Mm{1}, Mm{0});
  const std::string svg = map.render();
  EXPECT_EQ(xml_problem(svg), "");
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(ErrorMap, StaysBelowOneMegabyteForTheWorstOfMaps) {
  ErrorMap map = taz_map();
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same map in every run.
  std::uniform_real_distribution<double> place(0.0, 25.5 * 8);
  std::uniform_real_distribution<double> error(0.0, 0.03);
  for (int i = 0; i < 500'000; ++i) {
    map.add_point(Mm{place(random)}, Mm{place(random)}, Mm{error(random)});
  }
  EXPECT_LT(map.render().size(), 1'000'000U);
}

TEST(ErrorMap, FollowsDarkPages) {
  EXPECT_THAT(taz_map().render(), HasSubstr("prefers-color-scheme:dark"));
}

TEST(ErrorGrid, KeepsTheLargestValueOfACell) {
  ErrorGrid grid(1.0);
  grid.add(5.2, 7.2, 1);
  grid.add(5.8, 7.8, 3);
  grid.add(5.5, 7.5, 2);
  EXPECT_EQ(grid.at(5, 7), 3.0F);
}

TEST(ErrorGrid, KeepsItsCellsWhileThePointsFit) {
  ErrorGrid grid(0.5);
  grid.add(-64, -64, 1);
  grid.add(63.9, 63.9, 2);
  EXPECT_EQ(grid.cell(), 0.5);
}

TEST(ErrorGrid, DoublesItsCellsWhenThePointsNoLongerFit) {
  ErrorGrid grid(0.5);
  grid.add(-64, -64, 1);
  grid.add(64, 63.9, 2);
  EXPECT_EQ(grid.cell(), 1.0);
  EXPECT_EQ(grid.at(-64, -64), 1.0F);
  EXPECT_EQ(grid.at(64, 63), 2.0F);
}

TEST(ErrorGrid, HoldsTheMaximumOfEveryCellWhateverTheOrderOfPoints) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same points in every run.
  std::normal_distribution<double> place(0.0, 1.0);
  std::uniform_real_distribution<double> value(0.0, 1.0);
  struct Point {
    double x, y, value;
  };
  std::vector<Point> points;
  ErrorGrid grid(0.01);
  for (int i = 0; i < 20'000; ++i) {
    const double spread = 1e-3 * i;  // The window must move and its cells must grow many times.
    points.push_back({spread * place(random), spread * place(random), value(random)});
    grid.add(points.back().x, points.back().y, points.back().value);
  }
  std::map<std::pair<std::int64_t, std::int64_t>, float> expected;
  for (const Point& point : points) {
    float& cell = expected[{static_cast<std::int64_t>(std::floor(point.x / grid.cell())),
                            static_cast<std::int64_t>(std::floor(point.y / grid.cell()))}];
    cell = std::max(cell, static_cast<float>(point.value));
  }
  std::size_t used = 0;
  for (std::int64_t row = grid.extent().y_min; row <= grid.extent().y_max; ++row) {
    for (std::int64_t column = grid.extent().x_min; column <= grid.extent().x_max; ++column) {
      if (grid.at(column, row) >= 0) {
        ++used;
        EXPECT_EQ(grid.at(column, row), (expected[{column, row}])) << column << ' ' << row;
      }
    }
  }
  EXPECT_EQ(used, expected.size());
}

}  // namespace
}  // namespace stepcast::plot
