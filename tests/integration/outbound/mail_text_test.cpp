#include "mail_text.hpp"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stepcast::outbound {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(MailText, LeavesPlainSubjectsAsTheyAre) {
  EXPECT_EQ(header_text("Print done: nut.gcode"), "Print done: nut.gcode");
}

TEST(MailText, EncodesWhatIsNotAscii) {
  EXPECT_EQ(header_text("caf\u00e9"), "=?utf-8?B?Y2Fmw6k=?=");
}

TEST(MailText, ALineBreakInASubjectBeginsNoHeader) {
  EXPECT_THAT(header_text("a\r\nBcc: x@y.example"), Not(HasSubstr("\n")));
}

TEST(MailText, LongTextBecomesWordsThatEachHoldWholeCharacters) {
  std::string text(44, 'a');
  text += "\u00e9 and more";
  EXPECT_EQ(header_text(text),
            "=?utf-8?B?YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=?=\r\n "
            "=?utf-8?B?w6kgYW5kIG1vcmU=?=");
}

TEST(MailText, FindsTheAddressBehindAName) {
  EXPECT_EQ(bare_address("Stepcast <a@b.example>"), "a@b.example");
  EXPECT_EQ(bare_address("a@b.example"), "a@b.example");
}

TEST(MailText, WritesTheDateInUtc) {
  const std::chrono::system_clock::time_point time{std::chrono::seconds(1'700'000'000)};
  EXPECT_EQ(mail_date(time), "Tue, 14 Nov 2023 22:13:20 +0000");
}

}  // namespace
}  // namespace stepcast::outbound
