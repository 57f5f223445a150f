#include "stepcast/printer/commands.hpp"

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stepcast::printer {
namespace {

using ::testing::HasSubstr;

constexpr std::array kEveryState{
    State::kOffline, State::kOperational, State::kStarting,   State::kPrinting,  State::kPausing,
    State::kPaused,  State::kResuming,    State::kCancelling, State::kFinishing, State::kError};

TEST(State, HasTheWordsThatOctoPrintClientsCompare) {
  std::set<std::string> texts;
  for (const State state : kEveryState) {
    texts.insert(std::string(state_text(state)));
  }
  EXPECT_EQ(texts,
            (std::set<std::string>{"Offline", "Operational", "Starting", "Printing", "Pausing",
                                   "Paused", "Resuming", "Cancelling", "Finishing", "Error"}));
  EXPECT_EQ(state_text(State::kError), "Error");
  EXPECT_EQ(state_text(State::kOffline), "Offline");
}

TEST(StateAfter, AllowsExactlyTheseCommands) {
  const std::map<std::pair<Command, State>, State> allowed{
      {{Command::kConnect, State::kOffline}, State::kOperational},
      {{Command::kConnect, State::kError}, State::kOperational},
      {{Command::kConnect, State::kOperational}, State::kOperational},
      {{Command::kDisconnect, State::kOffline}, State::kOffline},
      {{Command::kDisconnect, State::kOperational}, State::kOffline},
      {{Command::kDisconnect, State::kError}, State::kOffline},
      {{Command::kStart, State::kOperational}, State::kStarting},
      {{Command::kPause, State::kPrinting}, State::kPausing},
      {{Command::kResume, State::kPaused}, State::kResuming},
      {{Command::kCancel, State::kStarting}, State::kCancelling},
      {{Command::kCancel, State::kPrinting}, State::kCancelling},
      {{Command::kCancel, State::kPausing}, State::kCancelling},
      {{Command::kCancel, State::kPaused}, State::kCancelling},
      {{Command::kCancel, State::kResuming}, State::kCancelling},
      {{Command::kMove, State::kOperational}, State::kOperational},
      {{Command::kChange, State::kOperational}, State::kOperational},
      {{Command::kChange, State::kStarting}, State::kStarting},
      {{Command::kChange, State::kPrinting}, State::kPrinting},
      {{Command::kChange, State::kPausing}, State::kPausing},
      {{Command::kChange, State::kPaused}, State::kPaused},
      {{Command::kChange, State::kResuming}, State::kResuming},
      {{Command::kCancelObject, State::kPrinting}, State::kPrinting},
      {{Command::kCancelObject, State::kPausing}, State::kPausing},
      {{Command::kCancelObject, State::kPaused}, State::kPaused},
      {{Command::kCancelObject, State::kResuming}, State::kResuming},
  };
  for (std::size_t i = 0; i < kCommandCount; ++i) {
    const auto command = static_cast<Command>(i);
    for (const State state : kEveryState) {
      SCOPED_TRACE(std::string(command_name(command)) + " in " + std::string(state_text(state)));
      const auto expected = allowed.find({command, state});
      const auto next = state_after(state, command);
      ASSERT_EQ(next.has_value(), expected != allowed.end());
      if (next) {
        EXPECT_EQ(*next, expected->second);
      } else {
        EXPECT_EQ(next.error().code, Errc::kBusy);
      }
    }
  }
}

TEST(StateAfter, NamesTheStateAndWhereTheCommandIsPossible) {
  const auto refused = state_after(State::kPaused, Command::kConnect);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "cannot connect: the printer is Paused");
  EXPECT_EQ(refused.error().remedy, "possible in: Offline, Error, Operational");
}

/// A back end that has no more than it must.
class BarePrinter final : public Printer {
 public:
  [[nodiscard]] std::string_view kind() const override { return "bare"; }
  [[nodiscard]] bool can(Feature /*feature*/) const override { return false; }
  [[nodiscard]] Status status() const override { return {}; }
  void observe(Observer /*observer*/) override {}
  Result<void> connect() override { return {}; }
  Result<void> disconnect() override { return {}; }
  Result<void> start(const PrintRequest& /*request*/) override { return {}; }
  Result<void> pause() override { return {}; }
  Result<void> resume() override { return {}; }
  Result<void> cancel() override { return {}; }
};

TEST(Printer, RefusesWhatABackEndDoesNotHave) {
  BarePrinter printer;
  for (const Result<void>& result :
       {printer.set_target("bed", Celsius{60}), printer.jog({}), printer.home({}),
        printer.extrude(Mm(1), std::nullopt), printer.set_feed_rate(1), printer.set_flow(1),
        printer.send_gcode({"M115"})}) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Errc::kUnsupported);
    EXPECT_THAT(result.error().message, HasSubstr("bare printer cannot"));
  }
}

}  // namespace
}  // namespace stepcast::printer
