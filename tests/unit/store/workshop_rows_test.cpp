#include <memory>

#include <gtest/gtest.h>

#include "store_folder.hpp"
#include "workshop_contract.hpp"

namespace stepcast::testing {
namespace {

class SqliteWorkshop : public ::testing::Test {
 protected:
  StoreFolder folder_;
  std::unique_ptr<store::Store> store_ = folder_.open();
};

TEST_F(SqliteWorkshop, HasAPlaceForOneSpoolOnly) {
  expect_a_place_for_one_spool_only(*store_);
}
TEST_F(SqliteWorkshop, BooksUsageOnce) {
  expect_usage_to_be_booked_once(*store_);
}
TEST_F(SqliteWorkshop, KeepsWhichIntervalsTasksHave) {
  expect_tasks_to_keep_which_intervals_they_have(*store_);
}
TEST_F(SqliteWorkshop, AddsUpDaysPrintersAndMaterials) {
  expect_totals_by_day_printer_and_material(*store_);
}
TEST_F(SqliteWorkshop, KnowsThePlaceOfChannels) {
  expect_channels_to_know_their_place(*store_);
}

}  // namespace
}  // namespace stepcast::testing
