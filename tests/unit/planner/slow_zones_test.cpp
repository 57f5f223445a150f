#include "stepcast/planner/slow_zones.hpp"

#include <gtest/gtest.h>

#include "move_list.hpp"

namespace stepcast::planner {
namespace {

bool operator==(const SlowZone& a, const SlowZone& b) {
  return a.first == b.first && a.last == b.last && a.share == b.share;
}

TEST(SlowZones, OverlapInOneListCountsOnceWithTheSmallerShare) {
  const std::vector<SlowZone> added{{10, 20, 0.8}, {15, 25, 0.5}};
  const auto zones = combine({}, added);
  ASSERT_EQ(zones.size(), 3U);
  EXPECT_TRUE((zones[0] == SlowZone{10, 14, 0.8}));
  EXPECT_TRUE((zones[1] == SlowZone{15, 20, 0.5}));
  EXPECT_TRUE((zones[2] == SlowZone{21, 25, 0.5}));
}

TEST(SlowZones, SharesOfDifferentListsMultiply) {
  const std::vector<SlowZone> before{{10, 20, 0.8}};
  const std::vector<SlowZone> added{{20, 30, 0.5}};
  const auto zones = combine(before, added);
  ASSERT_EQ(zones.size(), 3U);
  EXPECT_TRUE((zones[0] == SlowZone{10, 19, 0.8}));
  EXPECT_TRUE((zones[1] == SlowZone{20, 20, 0.4}));
  EXPECT_TRUE((zones[2] == SlowZone{21, 30, 0.5}));
}

TEST(SlowZones, SlowOnlyTheMovesInside) {
  std::vector<ToolpathItem> items;
  for (int i = 0; i < 10; ++i) {
    Move move;
    move.number = i;
    move.speed = MmPerS(100);
    items.emplace_back(move);
    items.emplace_back(Marker{.kind = Marker::Kind::kFan});
  }
  test::MoveList list(items);
  ZoneSource source(list, {{2, 3, 0.5}, {7, 7, 0.25}});
  ToolpathItem item;
  while (source.next(item).value()) {
    if (const auto* move = std::get_if<Move>(&item)) {
      const double expected = move->number == 2 || move->number == 3 ? 50
                              : move->number == 7                    ? 25
                                                                     : 100;
      EXPECT_EQ(move->speed, MmPerS(expected)) << move->number;
    }
  }
}

}  // namespace
}  // namespace stepcast::planner
