// Heater actions of random jobs over a bad network: in order, and each on its very tick.
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "heat_channel.hpp"
#include "paper_rig.hpp"
#include "tick_sources.hpp"

namespace stepcast::testing {
namespace {

using namespace std::chrono_literals;
using wire::CentiC;
using wire::HeatAction;

constexpr std::size_t kJobTicks = 40 * 20'000;

struct Job {
  std::vector<stream::TimedAction> actions;
  std::vector<HeatAction> meant;
};

/// Bursts on one tick, quiet stretches, and now and then a wait. Up to 32 actions a second: more
/// than 256 within a FIFO are refused when a job is planned.
Job random_job(std::uint32_t seed, std::size_t count) {
  std::mt19937 random(seed);
  const auto pick = [&](int from, int to) {
    return std::uniform_int_distribution<int>(from, to)(random);
  };
  Job job;
  Ticks tick = 0;
  for (std::size_t i = 0; i < count; ++i) {
    tick += pick(0, 3) == 0 ? 0 : pick(1, static_cast<int>(2 * kJobTicks / count / 2));
    tick = std::min<Ticks>(tick, kJobTicks);
    HeatAction action;
    std::string line;
    if (pick(0, 9) < 6) {
      action.kind = HeatAction::Kind::kFan;
      action.fan = static_cast<std::uint8_t>(pick(0, 255));
      line = fmt::format("fan {}", action.fan);
    } else {
      action.heater = static_cast<std::size_t>(pick(0, 1));
      action.target = pick(0, 4) == 0 ? 0 : 100 * pick(30, 110);
      const int wait = action.target == 0 ? 0 : pick(0, 9);
      action.wait = wait == 8   ? wire::HeatWait::kReach
                    : wait == 9 ? wire::HeatWait::kSettle
                                : wire::HeatWait::kNone;
      line = fmt::format("heat {} {}{}", wire::kHeaterNames[action.heater], action.target / 100,
                         wait == 8   ? " reach"
                         : wait == 9 ? " settle"
                                     : "");
    }
    job.actions.push_back({.tick = tick, .line = line});
    job.meant.push_back(action);
  }
  return job;
}

device::DeviceConfig hot_machine() {
  device::DeviceConfig config{.virtual_motors = true};
  config.heat.heaters[0] = device::hotend_config(500, 30'000);
  config.heat.heaters[1] = device::bed_config(500, 12'000);
  config.heat.fan = true;
  return config;
}

/// A session without sockets: the actions go over a road of their own, which is slow.
class HeatRig {
 public:
  HeatRig(const Job& job, std::vector<std::uint8_t> ticks, const LossyLink::Options& link)
      : job_(job), source_(std::move(ticks)) {
    heating_.actions = [this, given = false]() mutable {
      return std::exchange(given, true) ? std::vector<stream::TimedAction>{} : job_.actions;
    };
    PaperRig::Options options{.down = link, .up = link, .device = hot_machine()};
    options.up.seed = link.seed + 1;
    options.each_step = [this] { step(); };
    options.before_pull = [this] { look(); };
    rig_ = std::make_unique<PaperRig>(source_, options);
    live();
    channel_ = std::make_unique<stream::HeatChannel>(
        heating_, stream::Endpoint{},
        stream::HeatChannel::Table{.slots = device::ActionTable::kCapacity}, rig_->sender(),
        [this](const std::vector<std::string>& lines) {
          std::vector<std::string> replies;
          for (const std::string& line : lines) {
            replies.push_back(rig_->line(line));
          }
          return Result<std::vector<std::string>>(replies);
        });
  }

  bool run() { return rig_->run(20min); }
  [[nodiscard]] const std::vector<std::uint8_t>& executed() const { return rig_->executed(); }
  [[nodiscard]] PaperRig& rig() { return *rig_; }
  [[nodiscard]] std::uint32_t passed() const { return seen_; }
  [[nodiscard]] const std::string& mistake() const { return mistake_; }

 private:
  void step() {
    ++steps_;
    constexpr int kRoundTrip = 30;  // of the road for actions, in steps of a millisecond
    if (channel_ && steps_ % kRoundTrip == 0) {
      const auto served = channel_->serve(rig_->now());
      if (!served && mistake_.empty()) {
        mistake_ = served.error().to_string();
      }
    }
    if (steps_ % static_cast<int>(device::Heater::kPeriodMs) == 0) {
      live();
    }
  }

  /// Heaters that get where they should by 5 degrees a period.
  void live() {
    const auto& heaters = rig_->core().heaters();
    for (std::size_t i = 0; i < readings_.size(); ++i) {
      constexpr CentiC kPerPeriod = 500;
      const CentiC goal = std::max(heaters.heater(i).target(), 2'500);
      readings_[i] += std::clamp(goal - readings_[i], -kPerPeriod, kPerPeriod);
    }
    rig_->core().on_temperatures(readings_);
  }

  /// Between two pulls the core may have passed actions: those and only those of this tick.
  void look() {
    // The one before was passed at the start of a pull that then gave what is in executed() since.
    const std::uint32_t passed = rig_->core().actions_passed();
    for (; seen_ < passed; ++seen_) {
      if (mistake_.empty() && job_.actions[seen_].tick != last_executed_) {
        mistake_ = fmt::format("action {} of tick {} was passed at {}", seen_,
                               job_.actions[seen_].tick, last_executed_);
      }
      apply(job_.meant[seen_]);
    }
    last_executed_ = static_cast<Ticks>(rig_->executed().size());
    while (seen_ < job_.actions.size() && job_.actions[seen_].tick < last_executed_) {
      if (mistake_.empty()) {
        mistake_ = fmt::format("action {} of tick {} was not passed before {}", seen_,
                               job_.actions[seen_].tick, last_executed_);
      }
      return;
    }
  }

  void apply(const HeatAction& action) {
    if (action.kind == HeatAction::Kind::kFan) {
      fan_ = action.fan;
    } else {
      targets_[action.heater] = action.target;
    }
  }

 public:
  /// The device has what the actions up to here make of it.
  [[nodiscard]] bool as_meant() {
    look();
    const auto& heaters = rig_->core().heaters();
    return heaters.fan() == fan_ && heaters.heater(0).target() == targets_[0] &&
           heaters.heater(1).target() == targets_[1];
  }

 private:
  const Job& job_;
  VectorSource source_;
  stream::Heating heating_;
  std::unique_ptr<PaperRig> rig_;
  std::unique_ptr<stream::HeatChannel> channel_;
  std::array<CentiC, wire::kHeaterCount> readings_{2'500, 2'500, 2'500};
  int steps_ = 0;
  std::uint32_t seen_ = 0;
  Ticks last_executed_ = 0;
  std::uint8_t fan_ = 0;
  std::array<CentiC, wire::kHeaterCount> targets_{};
  std::string mistake_;
};

class HeatStream : public ::testing::TestWithParam<int> {};

TEST_P(HeatStream, CarriesOutEveryActionInOrderAndOnItsTick) {
  const double loss = GetParam() / 100.0;
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const Job job = random_job(seed, 30 * seed * seed);
    const auto ticks = random_ticks(kJobTicks);
    HeatRig rig(job, ticks,
                {.loss = loss, .duplicate = loss / 2, .straggle = loss, .seed = 10 * seed});
    ASSERT_TRUE(rig.run()) << rig.rig().line("temps") << rig.mistake();
    EXPECT_EQ(rig.mistake(), "");
    EXPECT_TRUE(rig.as_meant());
    EXPECT_EQ(rig.passed(), job.actions.size());
    EXPECT_TRUE(rig.executed() == ticks) << "not a step more, less or elsewhere";
  }
}

INSTANTIATE_TEST_SUITE_P(LossPercent, HeatStream, ::testing::Values(0, 5, 20));

TEST(HeatStream, SendsNothingBehindAnActionThatTheDeviceHasNot) {
  Job job;
  job.actions = {{.tick = 3'000, .line = "fan 255"}};
  job.meant = {{.kind = HeatAction::Kind::kFan, .fan = 255}};
  const auto ticks = random_ticks(20'000);
  VectorSource source(ticks);
  PaperRig rig(source, {.device = hot_machine()});
  Ticks gate = 3'000;
  rig.sender().set_gate([&] { return gate; });
  rig.run_for(2s);
  EXPECT_EQ(rig.sender().statistics().ticks_sent, 2'400U) << "two whole packets, not the third";
  gate = std::numeric_limits<Ticks>::max();
  EXPECT_TRUE(rig.run(10s));
}

}  // namespace
}  // namespace stepcast::testing
