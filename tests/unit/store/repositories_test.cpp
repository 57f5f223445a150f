#include <memory>

#include <gtest/gtest.h>

#include "store_contract.hpp"
#include "store_folder.hpp"

namespace stepcast::testing {
namespace {

class SqliteStore : public ::testing::Test {
 protected:
  StoreFolder folder_;
  std::unique_ptr<store::Store> store_ = folder_.open();
};

TEST_F(SqliteStore, GivesFilesBackAsTheyWere) {
  expect_files_come_back_as_they_were(*store_);
}
TEST_F(SqliteStore, ReplacesTheRowOfAFileUploadedAgain) {
  expect_a_second_upload_replaces_the_row(*store_);
}

TEST_F(SqliteStore, AnalysesBelongToContentsAndSettings) {
  expect_analyses_belong_to_contents_and_settings(*store_);
}
TEST_F(SqliteStore, TellsWhetherThereWasAFileToRemove) {
  expect_removal_tells_whether_there_was_a_file(*store_);
}
TEST_F(SqliteStore, KeepsApartWhatIsNotKnownOfAJob) {
  expect_jobs_keep_what_is_not_known(*store_);
}
TEST_F(SqliteStore, ListsJobsNewestFirstByPage) {
  expect_jobs_come_newest_first_by_page(*store_);
}
TEST_F(SqliteStore, CountsPrintsByHowTheyEnded) {
  expect_prints_are_counted_by_how_they_ended(*store_);
}
TEST_F(SqliteStore, TotalsWhatAPrinterHasDone) {
  expect_totals_of_a_printer(*store_);
}
TEST_F(SqliteStore, UndoesOnlyTheWorkThatFailed) {
  expect_an_error_undoes_its_own_work_alone(*store_);
}
TEST_F(SqliteStore, KeepsAHiddenErrorToTheWorkThatHidIt) {
  expect_a_hidden_error_of_a_statement_stays_with_its_work(*store_);
}
TEST_F(SqliteStore, TellsWhichRuleARowBreaks) {
  expect_broken_rules_to_be_told(*store_);
}
TEST_F(SqliteStore, KeepsSecretsOutOfErrors) {
  expect_errors_to_keep_secrets(*store_);
}
TEST_F(SqliteStore, RemovesKeysAndLoginsWithTheirUser) {
  expect_keys_and_logins_to_go_with_their_user(*store_);
}
TEST_F(SqliteStore, KeepsSettingsByScope) {
  expect_settings_to_be_kept_by_scope(*store_);
}
TEST_F(SqliteStore, ShowsReadersOnlyWhatIsCommitted) {
  expect_readers_to_see_what_is_committed(*store_);
}
TEST_F(SqliteStore, RefusesToWriteWhileReading) {
  expect_readers_not_to_write(*store_);
}

}  // namespace
}  // namespace stepcast::testing
