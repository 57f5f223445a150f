#include <memory>

#include <gtest/gtest.h>

#include "history_contract.hpp"
#include "store_folder.hpp"

namespace stepcast::testing {
namespace {

class SqliteHistory : public ::testing::Test {
 protected:
  StoreFolder folder_;
  std::unique_ptr<store::Store> store_ = folder_.open();
};

TEST_F(SqliteHistory, GivesSecondsBackAsTheyWere) {
  expect_seconds_to_come_back_as_they_were(*store_);
}
TEST_F(SqliteHistory, GivesALongRangeAsFewPoints) {
  expect_a_long_range_to_come_as_few_points(*store_);
}
TEST_F(SqliteHistory, KeepsMinutesAndHoursInStepWithTheirSeconds) {
  expect_minutes_to_follow_their_seconds(*store_);
}
TEST_F(SqliteHistory, KeepsManySeriesOfOneBatchApart) {
  expect_many_series_of_one_batch_to_stay_apart(*store_);
}
TEST_F(SqliteHistory, TakesTheLastOfSeveralValuesForOneSecond) {
  expect_the_last_of_one_second_to_count(*store_);
}
TEST_F(SqliteHistory, RemovesOldSecondsAnHourAtATime) {
  expect_old_seconds_to_go_an_hour_at_a_time(*store_);
}
TEST_F(SqliteHistory, GivesAYearFromQuartersOfDays) {
  expect_a_year_to_come_from_quarters_of_days(*store_);
}
TEST_F(SqliteHistory, KeepsTheNumberOfTheNewestEvent) {
  expect_the_newest_event_to_stay(*store_);
}
TEST_F(SqliteHistory, RemembersWhenAPrinterCame) {
  expect_printers_to_keep_when_they_came(*store_);
}
TEST_F(SqliteHistory, KnowsTheCauseOfACorrection) {
  expect_a_correction_to_name_its_cause(*store_);
}
TEST_F(SqliteHistory, NumbersHitsInTheirOrder) {
  expect_hits_to_be_numbered_in_their_order(*store_);
}
TEST_F(SqliteHistory, KeepsFramesByReference) {
  expect_frames_to_be_kept_by_reference(*store_);
}

}  // namespace
}  // namespace stepcast::testing
