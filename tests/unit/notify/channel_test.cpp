#include "stepcast/notify/channel.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "codes.hpp"

namespace stepcast::notify {
namespace {

events::Event event_of(std::string type, std::string printer, std::string payload = "{}") {
  return {.sequence = 7,
          .at = 1'763'000'000'123,
          .type = std::move(type),
          .printer = std::move(printer),
          .job = "j1",
          .payload = std::move(payload)};
}

TEST(QuietHours, LastOverMidnight) {
  const auto quiet = quiet_hours_from("22:00-07:00");
  ASSERT_TRUE(quiet);
  EXPECT_EQ(quiet_minutes_left(*quiet, 21 * 60 + 59), 0);
  EXPECT_EQ(quiet_minutes_left(*quiet, 22 * 60), 9 * 60);
  EXPECT_EQ(quiet_minutes_left(*quiet, 0), 7 * 60);
  EXPECT_EQ(quiet_minutes_left(*quiet, 6 * 60 + 59), 1);
  EXPECT_EQ(quiet_minutes_left(*quiet, 7 * 60), 0);
}

TEST(QuietHours, AreRefusedWhenTheyAreNone) {
  for (const char* text : {"", "22:00", "22-07", "24:00-07:00", "22:60-07:00", "22:00-22:00",
                           "9:00-10:00", "aa:bb-cc:dd", "22:00-07:00x"}) {
    EXPECT_FALSE(quiet_hours_from(text)) << text;
  }
}

TEST(Rules, NameTypesAndPrinters) {
  const Rule rule{.events = {"PrintDone"}, .printers = {"taz6"}, .channels = {}, .urgent = false};
  EXPECT_TRUE(matches(rule, event_of("PrintDone", "taz6")));
  EXPECT_FALSE(matches(rule, event_of("PrintDone", "mini")));
  EXPECT_FALSE(matches(rule, event_of("PrintFailed", "taz6")));
  EXPECT_TRUE(matches({.events = {"*"}, .printers = {}, .channels = {}, .urgent = false},
                      event_of("Anything", "")));
}

TEST(Messages, SayWhatHappenedInTheLanguageOfTheChannel) {
  const auto event =
      event_of("PrintFailed", "taz6", R"({"name":"cube.gcode","time":3723,"error":"no answer"})");
  const Message english = message_of(event, "TAZ 6", texts::Language::kEnglish);
  EXPECT_EQ(english.title, "TAZ 6: print failed");
  EXPECT_EQ(english.text, "File: cube.gcode\nDuration: 1 h 02 min\nReason: no answer");
  const Message spanish = message_of(event, "TAZ 6", texts::Language::kSpanish);
  EXPECT_EQ(spanish.title, "TAZ 6: la impresión falló");
  EXPECT_EQ(spanish.text, "Archivo: cube.gcode\nDuración: 1 h 02 min\nMotivo: no answer");
}

TEST(Messages, OfEventsThatAreNewStillNameThem) {
  const Message message =
      message_of(event_of("SomethingNew", "", "no JSON"), "", texts::Language::kEnglish);
  EXPECT_EQ(message.title, "Stepcast: SomethingNew");
  EXPECT_EQ(message.text, "");
}

TEST(Messages, BecomeJsonWithThePayloadInside) {
  Message message = message_of(event_of("PrintDone", "taz6", R"({"name":"a.gcode"})"), "TAZ 6",
                               texts::Language::kEnglish);
  message.picture = "\xff\xd8picture";
  const auto json = nlohmann::json::parse(json_of(message));
  EXPECT_EQ(json["sequence"], 7);
  EXPECT_EQ(json["at_ms"], 1'763'000'000'123);
  EXPECT_EQ(json["payload"]["name"], "a.gcode");
  EXPECT_EQ(json["title"], "TAZ 6: print done");
  EXPECT_EQ(json["picture_jpeg_base64"], "/9hwaWN0dXJl");
}

TEST(Signatures, AreThoseOfTheStandard) {
  // RFC 4231, test case 2.
  EXPECT_EQ(hmac_sha256("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(HeaderTexts, AreEncodedOnlyWhenTheyMustBe) {
  EXPECT_EQ(header_text("print done"), "print done");
  EXPECT_EQ(header_text("impresión"), "=?UTF-8?B?aW1wcmVzacOzbg==?=");
  EXPECT_EQ(header_text("a\nb"), "=?UTF-8?B?YQpi?=") << "no line may end a header";
}

}  // namespace
}  // namespace stepcast::notify
