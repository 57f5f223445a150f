#include "outbox.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stepcast::http {
namespace {

using testing::ElementsAre;

Outbox::Item text(std::string bytes) {
  return {.bytes = std::move(bytes), .binary = false, .close_code = std::nullopt};
}

std::vector<std::string> drained(Outbox& outbox) {
  std::vector<std::string> all;
  for (auto next = outbox.pop(); next.item; next = outbox.pop()) {
    all.push_back(next.item->bytes);
  }
  return all;
}

TEST(Outbox, KeepsEventsInOrderAndOfEachTopicTheLatest) {
  Outbox outbox(10'000, [] {});
  outbox.replace(1, text("one"));
  outbox.push(text("a"));
  outbox.replace(2, text("two"));
  outbox.push(text("b"));
  outbox.replace(1, text("ONE"));
  EXPECT_THAT(drained(outbox), ElementsAre("a", "b", "ONE", "two"));
}

TEST(Outbox, OverflowsWhenEventsWaitForTooLong) {
  Outbox outbox(1000, [] {});
  EXPECT_TRUE(outbox.push(text(std::string(600, 'a'))));
  EXPECT_FALSE(outbox.push(text(std::string(600, 'b'))));
  EXPECT_FALSE(outbox.push(text("c")));
  EXPECT_TRUE(outbox.pop().overflowed);
}

TEST(Outbox, CountsEmptyEventsToo) {
  Outbox outbox(1000, [] {});
  int taken = 0;
  while (taken < 1000 && outbox.push(text(""))) {
    ++taken;
  }
  EXPECT_LT(taken, 100);
}

TEST(Outbox, TakesOneEventOfAnySize) {
  Outbox outbox(10, [] {});
  EXPECT_TRUE(outbox.push(text(std::string(600, 'a'))));
  EXPECT_EQ(outbox.pop().item->bytes.size(), 600U);
}

TEST(Outbox, WakesOncePerSleep) {
  int wakes = 0;
  Outbox outbox(1000, [&] { ++wakes; });
  outbox.push(text("before the loop first looks"));
  EXPECT_EQ(wakes, 0);
  EXPECT_THAT(drained(outbox), testing::SizeIs(1));
  outbox.push(text("a"));
  outbox.push(text("b"));
  outbox.replace(1, text("c"));
  EXPECT_EQ(wakes, 1);
  EXPECT_THAT(drained(outbox), ElementsAre("a", "b", "c"));
  outbox.finish();
  EXPECT_EQ(wakes, 2);
}

TEST(Outbox, SendsWhatWaitsBeforeItEnds) {
  Outbox outbox(1000, [] {});
  outbox.push(text("a"));
  outbox.finish();
  EXPECT_FALSE(outbox.push(text("late")));
  EXPECT_THAT(drained(outbox), ElementsAre("a"));
  EXPECT_TRUE(outbox.pop().over);
}

TEST(Outbox, IsSilentOnceShut) {
  int wakes = 0;
  Outbox outbox(1000, [&] { ++wakes; });
  outbox.push(text("a"));
  EXPECT_THAT(drained(outbox), testing::SizeIs(1));
  outbox.shut();
  EXPECT_FALSE(outbox.push(text("b")));
  outbox.finish();
  EXPECT_TRUE(outbox.pop().over);
  EXPECT_EQ(wakes, 0);
}

}  // namespace
}  // namespace stepcast::http
