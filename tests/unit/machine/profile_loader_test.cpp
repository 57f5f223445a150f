#include "stepcast/machine/profile_loader.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>

#include <gmock/gmock.h>

#include "profile_text.hpp"

namespace stepcast::machine {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::filesystem::path kShipped = std::filesystem::path(STEPCAST_SOURCE_DIR) / "printers";

Profile parsed(const std::string& text) {
  auto profile = parse_profile(text, "folder/unit.toml");
  EXPECT_TRUE(profile.has_value()) << profile.error().to_string();
  return profile.value_or(Profile{});
}

/// The error of a profile in which `from` became `to`.
Error refusal(std::string_view from, std::string_view to) {
  auto profile = parse_profile(with(valid_profile(), from, to), "unit.toml");
  EXPECT_FALSE(profile.has_value()) << "accepted: " << to;
  return profile.has_value() ? Error{} : profile.error();
}

TEST(ParseProfile, TakesEveryValueFromItsKey) {
  const Profile p = parsed(valid_profile());
  EXPECT_EQ(p.title, "Test");
  EXPECT_EQ(p.kinematics, Kinematics::kCartesian);
  EXPECT_EQ(p.tick_rate, Hertz{20000});
  EXPECT_EQ(p.path.acceleration, MmPerS2{3000});
  EXPECT_EQ(p.path.jerk, MmPerS3{6e5});
  EXPECT_EQ(p.path.junction_deviation, Mm{0.05});
  EXPECT_EQ(p.overtravel, Mm{1.5});
  EXPECT_EQ(p.compensated_acceleration_ratio, 1.6);
  const AxisSpec& x = p.axes[Axis::kX];
  EXPECT_EQ(x.steps_per_mm, 80);
  EXPECT_EQ(x.travel_min, Mm{-5});
  EXPECT_EQ(x.travel_max, Mm{225});
  EXPECT_EQ(x.home, Mm{-5});
  EXPECT_EQ(x.max_speed, MmPerS{200});
  EXPECT_EQ(x.max_acceleration, MmPerS2{2500});
  EXPECT_EQ(x.max_jerk, MmPerS3{5e5});
  EXPECT_EQ(x.instant_speed_change, MmPerS{10});
  EXPECT_THAT(x.response.num, ElementsAre(100.0));
  EXPECT_THAT(x.response.den, ElementsAre(1.0, 2.0, 100.0));
  EXPECT_EQ(p.axes[Axis::kY].steps_per_mm, 81);
  EXPECT_EQ(p.axes[Axis::kZ].home, Mm{2});
  EXPECT_EQ(p.axes[Axis::kE].max_speed, MmPerS{60});
  EXPECT_EQ(p.bed.x_min, Mm{1});
  EXPECT_EQ(p.bed.x_max, Mm{219});
  EXPECT_EQ(p.bed.y_min, Mm{2});
  EXPECT_EQ(p.bed.y_max, Mm{218});
  ASSERT_EQ(p.nozzles.size(), 1U);
  EXPECT_EQ(p.nozzles[0].diameter, Mm{0.4});
  EXPECT_EQ(p.nozzles[0].filament_diameter, Mm{1.75});
  EXPECT_EQ(p.hotend.min_temperature, Celsius{5});
  EXPECT_EQ(p.hotend.max_temperature, Celsius{260});
  ASSERT_TRUE(p.heated_bed.has_value());
  EXPECT_EQ(p.heated_bed->max_temperature, Celsius{110});
}

TEST(ParseProfile, NamesThePrinterAfterTheFile) {
  EXPECT_EQ(parsed(valid_profile()).name, "unit");
}

TEST(ParseProfile, TakesAnAxisWithoutResponseAsRigid) {
  EXPECT_THAT(parsed(valid_profile()).axes[Axis::kY].response.den, IsEmpty());
}

TEST(ParseProfile, GivesTheExtruderEndlessTravel) {
  const AxisSpec e = parsed(valid_profile()).axes[Axis::kE];
  EXPECT_EQ(e.travel_min.v, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(e.travel_max.v, std::numeric_limits<double>::infinity());
  EXPECT_EQ(e.home, Mm{0});
}

TEST(ParseProfile, LetsZBePlannedWithoutLimits) {
  EXPECT_TRUE(std::isinf(parsed(valid_profile()).axes[Axis::kZ].max_acceleration.v));
}

TEST(ParseProfile, AcceptsAMachineWithoutHeatedBed) {
  const std::string text = valid_profile();
  EXPECT_FALSE(parsed(text.substr(0, text.find("[heated_bed]"))).heated_bed.has_value());
}

TEST(ParseProfile, ReportsBrokenTomlWithLineAndColumn) {
  const Error error = refusal("tick_rate_hz = 20000", "tick_rate_hz = = 20000");
  EXPECT_EQ(error.code, Errc::kMalformed);
  EXPECT_EQ(error.location, "unit.toml:3:16");
}

TEST(ParseProfile, NamesFileLineKeyValueLimitAndRemedy) {
  EXPECT_EQ(refusal("max_speed_mm_s = 200", "max_speed_mm_s = 300").to_string(),
            "unit.toml:16: axes.x.max_speed_mm_s: max_speed_mm_s 300 exceeds 250 mm/s "
            "(tick_rate_hz 20000 / steps_per_mm 80: one step per tick) "
            "(lower it to 250 mm/s, or raise the tick rate)");
}

TEST(ParseProfile, GuessesWhatAMisspelledKeyMeant) {
  const Error error = refusal("max_acceleration_mm_s2 = 2500", "max_aceleration_mm_s2 = 2500");
  EXPECT_EQ(error.code, Errc::kInvalidArgument);
  EXPECT_EQ(error.location, "unit.toml:17: axes.x.max_aceleration_mm_s2");
  EXPECT_THAT(error.remedy, HasSubstr("did you mean \"max_acceleration_mm_s2\"?"));
}

TEST(ParseProfile, ListsTheKnownKeysWhenNoneIsNear) {
  EXPECT_THAT(refusal("overtravel_mm = 1.5", "colour = 1.5").remedy,
              HasSubstr("known here: overtravel_mm, acceleration_ratio"));
}

TEST(ParseProfile, ReportsTheTopmostOfSeveralUnknownKeys) {
  EXPECT_EQ(refusal("overtravel_mm = 1.5", "zebra = 1\naardvark = 2").location,
            "unit.toml:9: compensation.zebra");
}

TEST(ParseProfile, RefusesTravelForTheExtruder) {
  EXPECT_EQ(refusal("[axes.e]", "[axes.e]\nhome_mm = 0").location, "unit.toml:42: axes.e.home_mm");
}

TEST(ParseProfile, MissesEveryRequiredKey) {
  const std::string text = valid_profile();
  std::size_t begin = 0;
  int keys = 0;
  while (begin < text.size()) {
    const std::size_t end = text.find('\n', begin) + 1;
    const std::string line = text.substr(begin, end - begin);
    if (line.front() != '[') {
      const std::string key = line.substr(0, line.find(' '));
      const auto profile = parse_profile(text.substr(0, begin) + text.substr(end), "unit.toml");
      ASSERT_FALSE(profile.has_value()) << "not missed: " << key;
      EXPECT_EQ(profile.error().code, Errc::kInvalidArgument) << profile.error().to_string();
      EXPECT_THAT(profile.error().message, HasSubstr("\"" + key + "\" is missing"));
      ++keys;
    }
    begin = end;
  }
  EXPECT_EQ(keys, 49);
}

TEST(ParseProfile, MissesASection) {
  const Error error = refusal("[hotend]\nmin_temperature_c = 5\nmax_temperature_c = 260\n", "");
  EXPECT_EQ(error.code, Errc::kInvalidArgument);
  EXPECT_THAT(error.message, HasSubstr("\"hotend\" is missing"));
}

struct Broken {
  const char* name;
  const char* from;
  const char* to;
  Errc code;
  const char* location_end;
  const char* message_part;
};

class BrokenProfile : public testing::TestWithParam<Broken> {};

TEST_P(BrokenProfile, IsRefusedAtTheGuiltyKey) {
  const Broken& broken = GetParam();
  const Error error = refusal(broken.from, broken.to);
  EXPECT_EQ(error.code, broken.code) << error.to_string();
  EXPECT_THAT(error.location, EndsWith(std::string(": ") + broken.location_end));
  EXPECT_THAT(error.message, HasSubstr(broken.message_part));
  EXPECT_FALSE(error.remedy.empty());
}

constexpr auto kType = Errc::kInvalidArgument;
constexpr auto kRange = Errc::kOutOfRange;

INSTANTIATE_TEST_SUITE_P(
    Types, BrokenProfile,
    testing::Values(
        Broken{"TextForNumber", "tick_rate_hz = 20000", "tick_rate_hz = \"fast\"", kType,
               "tick_rate_hz", "type string"},
        Broken{"NumberForText", "title = \"Test\"", "title = 6", kType, "title", "type integer"},
        Broken{"EmptyTitle", "title = \"Test\"", "title = \"\"", kType, "title", "empty"},
        Broken{"NumberForTable",
               "[path]\nacceleration_mm_s2 = 3000\njerk_mm_s3 = 6e5\njunction_deviation_mm = 0.05",
               "path = 3", kType, "path", "a table, [path]"},
        Broken{"TableForArrayOfTables", "[[nozzles]]", "[nozzles]", kType, "nozzles",
               "[[nozzles]]"},
        Broken{"TextInList", "num = [100.0]", "num = [\"a\"]", kType, "axes.x.response.num",
               "type string"},
        Broken{"NumberForList", "num = [100.0]", "num = 100.0", kType, "axes.x.response.num",
               "list of numbers"},
        Broken{"UnknownKinematics", "\"cartesian\"", "\"delta\"", kType, "kinematics",
               "\"delta\""}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Ranges, BrokenProfile,
    testing::Values(
        Broken{"TickRateOffTheMillisecond", "= 20000", "= 20500", kRange, "tick_rate_hz",
               "multiple"},
        Broken{"ZeroResolution", "steps_per_mm = 80", "steps_per_mm = 0", kRange,
               "axes.x.steps_per_mm", "between 1 and 100000"},
        Broken{"NotANumber", "steps_per_mm = 80", "steps_per_mm = nan", kRange,
               "axes.x.steps_per_mm", "nan"},
        Broken{"InfiniteAccelerationOfX", "= 2500", "= inf", kRange,
               "axes.x.max_acceleration_mm_s2", "inf"},
        Broken{"MinusInfiniteAccelerationOfZ", "max_acceleration_mm_s2 = inf",
               "max_acceleration_mm_s2 = -inf", kRange, "axes.z.max_acceleration_mm_s2", "-inf"},
        Broken{"InfiniteSpeed", "max_speed_mm_s = 60", "max_speed_mm_s = inf", kRange,
               "axes.e.max_speed_mm_s", "inf"},
        Broken{"NegativeJerk", "max_jerk_mm_s3 = 5e5", "max_jerk_mm_s3 = -5e5", kRange,
               "axes.x.max_jerk_mm_s3", "-500000"},
        Broken{"FiniteJerkOfInfiniteAcceleration", "max_jerk_mm_s3 = inf", "max_jerk_mm_s3 = 1e4",
               kRange, "axes.z.max_jerk_mm_s3", "inf"},
        Broken{"SpeedStepAboveSpeed", "instant_speed_change_mm_s = 0.4",
               "instant_speed_change_mm_s = 11", kRange, "axes.z.instant_speed_change_mm_s",
               "max_speed_mm_s 10"},
        Broken{"TravelUpsideDown", "travel_min_mm = -5", "travel_min_mm = 225", kRange,
               "axes.x.travel_min_mm", "not below"},
        Broken{"HomeOutsideTravel", "home_mm = -5", "home_mm = -6", kRange, "axes.x.home_mm",
               "-5 to 225"},
        Broken{"BedUpsideDown", "x_max_mm = 219", "x_max_mm = 1", kRange, "bed.x_min_mm",
               "not below"},
        Broken{"BedBeyondTravel", "y_max_mm = 218", "y_max_mm = 221", kRange, "bed.y_max_mm",
               "leaves the travel of y"},
        Broken{"BedBeforeTravel", "y_min_mm = 2", "y_min_mm = -1", kRange, "bed.y_min_mm",
               "leaves the travel of y"},
        Broken{"FahrenheitHotend", "= 260", "= 501", kRange, "hotend.max_temperature_c", "500"},
        Broken{"BedTooHot", "= 110", "= 151", kRange, "heated_bed.max_temperature_c", "150"},
        Broken{"HeaterUpsideDown", "= 110", "= 6", kRange, "heated_bed.min_temperature_c",
               "not below"},
        Broken{"ZeroJunctionDeviation", "junction_deviation_mm = 0.05", "junction_deviation_mm = 0",
               kRange, "path.junction_deviation_mm", "0.001"},
        Broken{"UnstableResponse", "den = [1.0, 2.0, 100.0]", "den = [1.0, -2.0, 100.0]", kRange,
               "axes.x.response.den", "not stable"},
        Broken{"ImproperResponse", "num = [100.0]", "num = [1.0, 1.0, 1.0, 100.0]", kRange,
               "axes.x.response.num", "not proper"},
        Broken{"WrongGain", "num = [100.0]", "num = [101.1]", kRange, "axes.x.response.num",
               "DC gain 1.011"},
        Broken{"EmptyResponse", "num = [100.0]", "num = []", kRange, "axes.x.response.num",
               "missing"},
        Broken{"TooLongResponse", "num = [100.0]",
               "num = [1.0,1.0,1.0,1.0,1.0,1.0,1.0,1.0,1.0,1.0,1.0,1.0,1.0,1.0]", kRange,
               "axes.x.response.num", "limit of 13"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(ParseProfile, AcceptsASpeedOfExactlyOneStepPerTick) {
  EXPECT_EQ(parsed(with(valid_profile(), "max_speed_mm_s = 200", "max_speed_mm_s = 250"))
                .axes[Axis::kX]
                .max_speed,
            MmPerS{250});
}

TEST(ParseProfile, CapsTheBeltOfACoreXyAtTheSumOfBothSpeeds) {
  const Error error = refusal("\"cartesian\"", "\"corexy\"");
  EXPECT_EQ(error.code, Errc::kOutOfRange);
  EXPECT_THAT(error.message, HasSubstr("350 exceeds 250 mm/s"));
}

TEST(ParseProfile, RefusesATextThatIsNoProfileBySize) {
  EXPECT_EQ(parse_profile(std::string(300 * 1024, '#'), "big.toml").error().code,
            Errc::kOutOfRange);
}

TEST(ParseProfile, SurvivesDeepNesting) {
  EXPECT_EQ(parse_profile("a = " + std::string(100'000, '['), "deep.toml").error().code,
            Errc::kMalformed);
}

TEST(LoadProfile, FindsAShippedPrinterByName) {
  const auto profile = load_profile("taz6", {kShipped});
  ASSERT_TRUE(profile.has_value()) << profile.error().to_string();
  EXPECT_EQ(profile->name, "taz6");
}

TEST(LoadProfile, ReadsAPathThatEndsInToml) {
  const auto profile = load_profile((kShipped / "ender3.toml").string(), {});
  ASSERT_TRUE(profile.has_value()) << profile.error().to_string();
  EXPECT_EQ(profile->name, "ender3");
}

TEST(LoadProfile, ListsTheKnownNamesWhenThereIsNoSuchPrinter) {
  const auto profile = load_profile("tax6", {kShipped});
  ASSERT_FALSE(profile.has_value());
  EXPECT_EQ(profile.error().code, Errc::kNotFound);
  EXPECT_THAT(profile.error().remedy, HasSubstr("did you mean \"taz6\"?"));
  EXPECT_THAT(profile.error().remedy, HasSubstr("corexy, ender3, taz6"));
}

TEST(LoadProfile, SaysSoWhenTheFileIsNotThere) {
  EXPECT_EQ(load_profile("no/such.toml", {kShipped}).error().code, Errc::kNotFound);
}

TEST(LoadProfile, PrefersTheFirstFolder) {
  const std::filesystem::path own =
      std::filesystem::path(testing::TempDir()) / "stepcast_profiles_first";
  std::filesystem::create_directories(own);
  std::ofstream(own / "taz6.toml") << valid_profile();
  const auto profile = load_profile("taz6", {own, kShipped});
  std::filesystem::remove_all(own);
  ASSERT_TRUE(profile.has_value()) << profile.error().to_string();
  EXPECT_EQ(profile->title, "Test");
}

TEST(ListProfiles, NamesEachPrinterOnceAndSorted) {
  EXPECT_THAT(list_profiles({kShipped, kShipped}), ElementsAre("corexy", "ender3", "taz6"));
}

TEST(ListProfiles, IgnoresAFolderThatIsNotThere) {
  EXPECT_THAT(list_profiles({"/no/such/folder"}), IsEmpty());
}

TEST(ShippedProfiles, AllLoad) {
  for (const std::string& name : list_profiles({kShipped})) {
    const auto profile = load_profile(name, {kShipped});
    EXPECT_TRUE(profile.has_value()) << profile.error().to_string();
  }
}

TEST(ShippedProfiles, DescribeThePapersMachine) {
  const Profile taz = load_profile("taz6", {kShipped}).value_or(Profile{});
  EXPECT_EQ(taz.axes[Axis::kX].steps_per_mm, 101.5);
  EXPECT_EQ(taz.axes[Axis::kZ].steps_per_mm, 1600);
  EXPECT_EQ(taz.axes[Axis::kE].steps_per_mm, 760);
  EXPECT_EQ(taz.tick_rate, Hertz{20000});
  EXPECT_EQ(taz.path.acceleration, MmPerS2{10000});
  EXPECT_EQ(taz.path.jerk, MmPerS3{5e6});
  EXPECT_EQ(taz.axes[Axis::kX].response.den.size(), 7U);
  EXPECT_EQ(taz.axes[Axis::kY].response.den.size(), 3U);
}

TEST(ShippedProfiles, ReduceTheYResponseOfThePaperFaithfully) {
  // Published, highest power first: the s^4 and s^3 of den are dropped, the rest divided by s^2's.
  constexpr double kScale = 8.872e16;
  const TransferFunction y =
      load_profile("taz6", {kShipped}).value_or(Profile{}).axes[Axis::kY].response;
  ASSERT_EQ(y.num.size(), 3U);
  EXPECT_NEAR(y.num[0], 1.612e16 / kScale, 1e-6);
  EXPECT_NEAR(y.num[1], 1.404e18 / kScale, 1e-4);
  EXPECT_NEAR(y.num[2], 2.247e21 / kScale, 0.1);
  EXPECT_NEAR(y.den[1], 3.742e18 / kScale, 1e-4);
  EXPECT_NEAR(y.den[2], 2.247e21 / kScale, 0.1);
}

}  // namespace
}  // namespace stepcast::machine
