#include "closing.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace stepcast::training {
namespace {

std::vector<EpochRecord> with_losses(const std::vector<double>& losses) {
  std::vector<EpochRecord> history;
  for (const double loss : losses) {
    history.push_back(
        {.epoch = static_cast<int>(history.size()) + 1, .loss = 1, .validation_loss = loss});
  }
  return history;
}

constexpr Closing kPatient{.planned_epochs = 10, .closing_epochs = 2, .patience = 2};

TEST(Closing, ComesAsPlannedWithoutPatience) {
  constexpr Closing kPlain{.planned_epochs = 10, .closing_epochs = 2, .patience = 0};
  const auto worse = with_losses({5, 6, 7, 8});
  EXPECT_EQ(kPlain.first(worse), 9);
  EXPECT_EQ(kPlain.last(worse), 10);
}

TEST(Closing, ComesAsPlannedWhileTheLossFalls) {
  EXPECT_EQ(kPatient.first(with_losses({5, 4, 4.5, 3, 3.5, 2.9})), 9);
  EXPECT_EQ(kPatient.first({}), 9);
}

TEST(Closing, ComesWhenTheLossHasNotFallenForLong) {
  const auto history = with_losses({5, 4, 4, 4.1});
  EXPECT_EQ(kPatient.first(history), 5);
  EXPECT_EQ(kPatient.last(history), 6);
}

TEST(Closing, StaysWhereItCameWhateverTheClosingEpochsBring) {
  EXPECT_EQ(kPatient.first(with_losses({5, 4, 4, 4.1, 1, 1})), 5);
  EXPECT_EQ(kPatient.last(with_losses({5, 4, 4, 4.1, 9, 9})), 6);
}

TEST(Closing, TheRateGoesOnAsIfTheClosingHadComeInItsTime) {
  const auto history = with_losses({5, 4, 4, 4.1});
  EXPECT_EQ(kPatient.done_before(4, {}), 3);
  EXPECT_EQ(kPatient.done_before(5, history), 8);
  EXPECT_EQ(kPatient.done_before(6, history), 9);
}

}  // namespace
}  // namespace stepcast::training
