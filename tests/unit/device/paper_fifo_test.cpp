#include "stepcast/device/paper_fifo.hpp"

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace stepcast::device {
namespace {

using Take = PaperFifo::Take;

struct Fifo {
  explicit Fifo(std::uint32_t first = 0) : fifo(std::make_unique<PaperFifo>()) {
    fifo->reset(first);
  }

  Take take(std::uint32_t number, bool end = false, std::size_t size = 1200) {
    const std::vector<std::uint8_t> ticks(size, static_cast<std::uint8_t>(number));
    return fifo->take({.end = end, .number = number, .ticks = ticks});
  }
  /// The content of the oldest packet, which is then gone.
  int pop() {
    const auto front = fifo->front();
    if (front.empty()) {
      return -1;
    }
    const int content = front[0];
    EXPECT_TRUE(std::all_of(front.begin(), front.end(), [&](auto b) { return b == content; }));
    fifo->pop(static_cast<std::uint32_t>(front.size()));
    return content;
  }

  std::unique_ptr<PaperFifo> fifo;
};

TEST(PaperFifo, PutsABatchInOrderInPlace) {
  Fifo f;
  std::vector<std::uint32_t> order{7, 3, 9, 0, 1, 8, 2, 5, 4};
  for (const std::uint32_t number : order) {
    EXPECT_EQ(f.take(number), Take::kStored);
  }
  EXPECT_EQ(f.fifo->bitmap(), 0b11'1011'1111);
  EXPECT_EQ(f.fifo->fill(), 6U) << "only the gap-free front may be executed";
  EXPECT_EQ(f.take(6), Take::kBatchComplete);
  EXPECT_EQ(f.fifo->batch_base(), 10U);
  for (int number = 0; number < 10; ++number) {
    EXPECT_EQ(f.pop(), number);
  }
  EXPECT_EQ(f.pop(), -1);
}

TEST(PaperFifo, TellsDuplicatesFromOldAndFuturePackets) {
  Fifo f;
  EXPECT_EQ(f.take(4), Take::kStored);
  EXPECT_EQ(f.take(4), Take::kDuplicate);
  EXPECT_EQ(f.take(10), Take::kAhead);
  EXPECT_EQ(f.take(0xFFFFFFFF), Take::kOld);
}

TEST(PaperFifo, NeverOverwritesWhatIsNotExecuted) {
  Fifo f;
  for (std::uint32_t number = 0; number < 100; ++number) {
    f.take(number);
  }
  EXPECT_EQ(f.fifo->fill(), 100U);
  EXPECT_FALSE(f.fifo->window_open());
  EXPECT_EQ(f.take(100), Take::kAhead);
  EXPECT_EQ(f.pop(), 0);
  EXPECT_EQ(f.take(100), Take::kStored);
  EXPECT_EQ(f.take(101), Take::kAhead);
  EXPECT_EQ(f.pop(), 1);
}

TEST(PaperFifo, WorksAcrossTheWrapOfThePacketNumber) {
  const std::uint32_t first = 0xFFFFFFFF - 52;  // inside a batch, far from a multiple of 100
  Fifo f(first);
  std::mt19937 random(3);
  std::uint32_t taken = 0;
  std::uint32_t popped = 0;
  while (popped < 500) {
    if (taken - popped <= 90) {
      std::vector<std::uint32_t> batch(10);
      for (std::uint32_t i = 0; i < 10; ++i) {
        batch[i] = first + taken + i;
      }
      std::shuffle(batch.begin(), batch.end(), random);
      for (const std::uint32_t number : batch) {
        const Take result = f.take(number);
        ASSERT_TRUE(result == Take::kStored || result == Take::kBatchComplete);
      }
      taken += 10;
    } else {
      ASSERT_EQ(f.pop(), static_cast<std::uint8_t>(first + popped));
      ++popped;
    }
  }
}

TEST(PaperFifo, EndsWithAShortBatch) {
  Fifo f;
  EXPECT_EQ(f.take(2, true, 5), Take::kStored);
  EXPECT_EQ(f.take(0), Take::kStored);
  EXPECT_FALSE(f.fifo->all_here());
  EXPECT_EQ(f.take(1), Take::kBatchComplete);
  EXPECT_TRUE(f.fifo->all_here());
  EXPECT_EQ(f.fifo->batch_base(), 3U);
  EXPECT_EQ(f.pop(), 0);
  EXPECT_EQ(f.pop(), 1);
  EXPECT_EQ(f.fifo->front().size(), 5U);
  EXPECT_EQ(f.pop(), 2);
  EXPECT_EQ(f.pop(), -1);
}

TEST(PaperFifo, SkipsAnEndPacketWithoutTicks) {
  Fifo f;
  f.take(0);
  EXPECT_EQ(f.take(1, true, 0), Take::kBatchComplete);
  EXPECT_EQ(f.pop(), 0);
  EXPECT_TRUE(f.fifo->front().empty());
  EXPECT_EQ(f.fifo->consumed(), 2U);
}

TEST(PaperFifo, BelievesTheEndOnlyOnce) {
  Fifo f;
  EXPECT_EQ(f.take(5), Take::kStored);
  EXPECT_EQ(f.take(4, true), Take::kConflict) << "a later packet is already here";
  EXPECT_EQ(f.take(7, true), Take::kStored);
  EXPECT_EQ(f.take(8), Take::kConflict);
  EXPECT_EQ(f.take(6, true), Take::kConflict);
  EXPECT_EQ(f.take(7), Take::kConflict);
  EXPECT_EQ(f.take(7, true), Take::kDuplicate);
  for (const std::uint32_t number : {0U, 1U, 2U, 3U, 4U, 6U}) {
    f.take(number);
  }
  EXPECT_TRUE(f.fifo->all_here());
  EXPECT_EQ(f.take(8), Take::kConflict);
}

}  // namespace
}  // namespace stepcast::device
