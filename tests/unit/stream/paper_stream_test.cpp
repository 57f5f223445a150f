#include <chrono>

#include <gtest/gtest.h>

#include "paper_rig.hpp"
#include "tick_sources.hpp"

namespace stepcast::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMinute = 60 * 20'000;

struct Weather {
  const char* name;
  double loss;
  double duplicate;
  double straggle;
};

class PaperStream : public ::testing::TestWithParam<Weather> {};

TEST_P(PaperStream, DeliversEveryTickOnceAndInOrder) {
  const Weather& weather = GetParam();
  const LossyLink::Options link{
      .loss = weather.loss, .duplicate = weather.duplicate, .straggle = weather.straggle};
  PaperRig::Options options{.down = link, .up = link};
  options.up.seed = 2;
  const auto ticks = random_ticks(3 * kMinute + 777);
  VectorSource source(ticks);
  PaperRig rig(source, options);
  ASSERT_TRUE(rig.run(5min)) << wire::state_name(rig.core().state());
  EXPECT_TRUE(rig.executed() == ticks);
  const auto statistics = rig.sender().statistics();
  EXPECT_EQ(statistics.executed, static_cast<Ticks>(ticks.size()));
  EXPECT_EQ(statistics.pauses, 0U);
  EXPECT_EQ(statistics.packets, (ticks.size() + 1199) / 1200);
  if (weather.loss == 0 && weather.straggle == 0) {
    EXPECT_EQ(statistics.retransmissions, 0U);
  }
  EXPECT_LT(statistics.retransmissions,
            static_cast<std::uint64_t>(static_cast<double>(statistics.packets) *
                                       (2 * weather.loss + weather.straggle + 0.01)));
}

INSTANTIATE_TEST_SUITE_P(Weathers, PaperStream,
                         ::testing::Values(Weather{"Clear", 0, 0, 0},
                                           Weather{"FivePercentLoss", 0.05, 0, 0},
                                           Weather{"TwentyPercentLoss", 0.2, 0, 0},
                                           Weather{"Shuffled", 0, 0.1, 0.3},
                                           Weather{"Everything", 0.2, 0.1, 0.2}),
                         [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace stepcast::testing
