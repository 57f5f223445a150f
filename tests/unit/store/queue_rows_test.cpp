#include <memory>

#include <gtest/gtest.h>

#include "queue_contract.hpp"
#include "store_folder.hpp"

namespace stepcast::testing {
namespace {

class SqliteQueue : public ::testing::Test {
 protected:
  StoreFolder folder_;
  std::unique_ptr<store::Store> store_ = folder_.open();
};

TEST_F(SqliteQueue, IsServedByPriorityAndPlace) {
  expect_the_queue_to_be_served_in_order(*store_);
}
TEST_F(SqliteQueue, TellsWhichRuleAnEntryBreaks) {
  expect_queue_rules_to_be_told(*store_);
}
TEST_F(SqliteQueue, LetsAStartBeClaimedOnce) {
  expect_a_start_to_be_claimed_once(*store_);
}
TEST_F(SqliteQueue, RemembersWhatLiesOnTheBed) {
  expect_the_bed_to_be_remembered(*store_);
}
TEST_F(SqliteQueue, RemovesSecondFactorsWithTheirUser) {
  expect_second_factors_to_go_with_their_user(*store_);
}
TEST_F(SqliteQueue, KeepsOneAnswerForAKey) {
  expect_an_answer_to_be_given_once(*store_);
}
TEST_F(SqliteQueue, NeverChangesAnAuditEntry) {
  expect_an_audit_entry_to_stay(*store_);
}

}  // namespace
}  // namespace stepcast::testing
