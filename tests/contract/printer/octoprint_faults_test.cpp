// What only a printer behind another server can suffer.
#include <chrono>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/octoprint_client/octoprint_printer.hpp"

#include "control_run.hpp"
#include "octoprint_back_end.hpp"
#include "printer_watch.hpp"

namespace stepcast::test {
namespace {

using octoprint_client::OctoPrintPrinter;
using printer::PrintResult;
using printer::State;
using ::testing::HasSubstr;
using ::testing::Not;

std::string dwelling_job(int lines) {
  std::string job = "M83\nG1 Z0.2 F300\n";
  for (int i = 0; i < lines; ++i) {
    job += "G1 X" + std::to_string(i % 2 == 0 ? 60 : 10) + " F3000\n" + OctoPrintBackEnd::dwell();
  }
  return job;
}

class OctoPrintFaults : public ::testing::Test {
 protected:
  void make(const OctoPrintPrinter::Options& options) {
    auto made = OctoPrintPrinter::make(options);
    ASSERT_TRUE(made) << made.error().to_string();
    subject = std::move(*made);
    subject->observe(watch.observer());
  }
  void print(const std::string& id = "job-1") {
    ASSERT_TRUE(subject->connect());
    ASSERT_TRUE(subject->start({.job_id = id, .file = job.path()}));
    ASSERT_TRUE(watch.wait_for_picture([](const printer::Status& s) {
      return s.state == State::kPrinting && s.progress.file_position > 0;
    })) << watch.log();
  }
  [[nodiscard]] std::string copies() const {
    return octoprint.ask("GET", "/api/files/local?recursive=true").body;
  }

  OctoPrintBackEnd back_end;
  testing::RealOctoPrint& octoprint = testing::RealOctoPrint::shared();
  JobFile job{dwelling_job(60)};
  PrinterWatch watch;
  std::unique_ptr<OctoPrintPrinter> subject;  // last: it calls the watch
};

TEST_F(OctoPrintFaults, APrintOutlivesTheSilenceOfItsServer) {
  auto options = OctoPrintBackEnd::options();
  options.timeout = std::chrono::milliseconds(300);
  make(options);
  print();
  octoprint.freeze();
  ASSERT_TRUE(watch.wait_for_state(State::kOffline));
  EXPECT_THAT(subject->status().error, HasSubstr("no answer"));
  EXPECT_EQ(subject->status().job_id, "job-1");
  EXPECT_TRUE(watch.results().empty()) << "nobody knows yet";
  octoprint.thaw();
  ASSERT_TRUE(watch.wait_for_results(1));
  EXPECT_EQ(watch.results()[0].outcome, PrintResult::Outcome::kDone) << watch.results()[0].reason;
  EXPECT_EQ(subject->status().state, State::kOperational);
}

TEST_F(OctoPrintFaults, APrintThatARestartEndedHasFailedAndTheNextOneRuns) {
  make(OctoPrintBackEnd::options());
  print();
  octoprint.kill();
  ASSERT_TRUE(watch.wait_for_state(State::kOffline));
  octoprint.start();
  ASSERT_TRUE(watch.wait_for_results(1));
  EXPECT_EQ(watch.results()[0].outcome, PrintResult::Outcome::kFailed);
  EXPECT_THAT(watch.results()[0].reason, HasSubstr("OctoPrint"));
  ASSERT_TRUE(watch.wait_for_state(State::kOperational)) << "it connects by itself";
  const JobFile next(dwelling_job(3));
  ASSERT_TRUE(subject->start({.job_id = "job-2", .file = next.path()}));
  ASSERT_TRUE(watch.wait_for_results(2));
  EXPECT_EQ(watch.results()[1].outcome, PrintResult::Outcome::kDone) << watch.results()[1].reason;
}

TEST_F(OctoPrintFaults, PollingTellsWhatTheSocketWould) {
  auto options = OctoPrintBackEnd::options();
  options.use_push = false;
  make(options);
  EXPECT_FALSE(subject->can(printer::Feature::kPosition));
  print();
  ASSERT_TRUE(subject->pause());
  ASSERT_TRUE(watch.wait_for_state(State::kPaused));
  ASSERT_TRUE(subject->resume());
  ASSERT_TRUE(watch.wait_for_results(1));
  EXPECT_EQ(watch.results()[0].outcome, PrintResult::Outcome::kDone) << watch.results()[0].reason;
  const JobFile next(dwelling_job(60));
  ASSERT_TRUE(subject->start({.job_id = "job-2", .file = next.path()}));
  ASSERT_TRUE(watch.wait_for_picture([](const printer::Status& s) {
    return s.state == State::kPrinting && s.progress.file_position > 0;
  }));
  ASSERT_TRUE(subject->cancel());
  ASSERT_TRUE(watch.wait_for_results(2));
  EXPECT_EQ(watch.results()[1].outcome, PrintResult::Outcome::kCancelled);
}

TEST_F(OctoPrintFaults, AnOctoPrintThatLosesItsPrinterFailsThePrint) {
  make(OctoPrintBackEnd::options());
  print();
  // As its own page does, in mid-print.
  EXPECT_EQ(octoprint.ask("POST", "/api/connection", R"({"command":"disconnect"})").status, 204);
  ASSERT_TRUE(watch.wait_for_results(1));
  EXPECT_EQ(watch.results()[0].outcome, PrintResult::Outcome::kFailed);
  EXPECT_THAT(watch.results()[0].reason, HasSubstr("lost its printer"));
  EXPECT_EQ(subject->status().state, State::kOffline);
  EXPECT_THAT(subject->status().error, HasSubstr("not connected"));
  ASSERT_TRUE(subject->connect());
  EXPECT_EQ(subject->status().state, State::kOperational);
}

TEST_F(OctoPrintFaults, FollowsWhatPeopleDoInOctoPrintItself) {
  make(OctoPrintBackEnd::options());
  print();
  EXPECT_EQ(octoprint.ask("POST", "/api/job", R"({"command":"pause","action":"pause"})").status,
            204);
  ASSERT_TRUE(watch.wait_for_state(State::kPaused));
  EXPECT_EQ(octoprint.ask("POST", "/api/job", R"({"command":"cancel"})").status, 204);
  ASSERT_TRUE(watch.wait_for_results(1));
  EXPECT_EQ(watch.results()[0].outcome, PrintResult::Outcome::kCancelled);
}

TEST_F(OctoPrintFaults, APrintOfSomebodyElseIsShownAndNoJobOfOurs) {
  make(OctoPrintBackEnd::options());
  print();
  subject.reset();  // from now on nobody answers for it
  PrinterWatch other;
  auto made = OctoPrintPrinter::make(OctoPrintBackEnd::options());
  ASSERT_TRUE(made);
  (*made)->observe(other.observer());
  ASSERT_TRUE((*made)->connect());
  EXPECT_EQ((*made)->status().state, State::kPrinting);
  EXPECT_EQ((*made)->status().job_id, "");
  ASSERT_TRUE((*made)->cancel());
  ASSERT_TRUE(other.wait_for_state(State::kOperational));
  made->reset();
  EXPECT_TRUE(other.results().empty());
}

TEST_F(OctoPrintFaults, LeavesNoCopyBehind) {
  make(OctoPrintBackEnd::options());
  print("tidy-job");
  EXPECT_THAT(copies(), HasSubstr("-tidy-job.gcode"));
  ASSERT_TRUE(subject->cancel());
  ASSERT_TRUE(watch.wait_for_results(1));
  ASSERT_TRUE(watch.wait_for_picture([this](const printer::Status&) {
    return copies().find("-tidy-job.gcode") == std::string::npos;
  }));
}

TEST_F(OctoPrintFaults, AWrongKeyIsDeniedAndNotRepeated) {
  auto options = OctoPrintBackEnd::options();
  options.api_key = "wrong-and-secret";
  make(options);
  const auto connected = subject->connect();
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, Errc::kDenied);
  EXPECT_THAT(connected.error().to_string(), Not(HasSubstr("wrong-and-secret")));
  EXPECT_EQ(subject->status().state, State::kOffline);
}

TEST_F(OctoPrintFaults, WhatIsNoOctoPrintIsNotDriven) {
  auto options = OctoPrintBackEnd::options();
  options.url += "no/such/prefix";
  make(options);
  const auto connected = subject->connect();
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, Errc::kNotFound);
}

}  // namespace
}  // namespace stepcast::test
