#include "stepcast/printer/notifier.hpp"

#include <future>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stepcast::printer {
namespace {

using ::testing::ElementsAre;

Status picture(State state, std::uint64_t version, double share) {
  Status status;
  status.state = state;
  status.version = version;
  status.progress.share = share;
  return status;
}

TEST(Notifier, DeliversAllThatWasSaidInOrderBeforeItGoes) {
  std::vector<std::string> seen;
  {
    Notifier notifier(
        {.on_status = [&](const Status& s) { seen.emplace_back(state_text(s.state)); },
         .on_finished = [&](const PrintResult& r) { seen.push_back("end of " + r.job_id); },
         .on_log = [&](std::string_view line) { seen.emplace_back(line); }});
    notifier.status(picture(State::kStarting, 1, 0));
    notifier.log("hello");
    notifier.status(picture(State::kPrinting, 2, 0));
    PrintResult result;
    result.job_id = "7";
    notifier.finished(result);
    notifier.status(picture(State::kOperational, 3, 0));
  }
  EXPECT_THAT(seen, ElementsAre("Starting", "hello", "Printing", "end of 7", "Operational"));
}

TEST(Notifier, KeepsOnlyTheNewestPictureOfAStateForASlowObserver) {
  std::promise<void> entered;
  std::promise<void> go_on;
  std::vector<double> shares;
  {
    Notifier notifier({.on_status =
                           [&](const Status& s) {
                             shares.push_back(s.progress.share);
                             if (shares.size() == 1) {
                               entered.set_value();
                               go_on.get_future().wait();
                             }
                           },
                       .on_finished = {},
                       .on_log = {}});
    notifier.status(picture(State::kPrinting, 1, 0.1));
    entered.get_future().wait();
    notifier.status(picture(State::kPrinting, 1, 0.2));
    notifier.status(picture(State::kPrinting, 1, 0.3));
    notifier.status(picture(State::kPaused, 2, 0.3));
    notifier.status(picture(State::kPaused, 2, 0.4));
    go_on.set_value();
  }
  EXPECT_THAT(shares, ElementsAre(0.1, 0.3, 0.4));
}

TEST(Notifier, PassesOverWhatNobodyObserves) {
  int pictures = 0;
  {
    Notifier notifier(
        {.on_status = [&](const Status&) { ++pictures; }, .on_finished = {}, .on_log = {}});
    notifier.log("a line");
    notifier.finished({});
    notifier.status(picture(State::kPrinting, 1, 0));
  }
  EXPECT_EQ(pictures, 1);
}

}  // namespace
}  // namespace stepcast::printer
