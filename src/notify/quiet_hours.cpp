#include <charconv>
#include <string>

#include "stepcast/notify/channel.hpp"

namespace stepcast::notify {
namespace {

constexpr int kMinutesOfAnHour = 60;
constexpr int kMinutesOfADay = 24 * kMinutesOfAnHour;

// "HH:MM" as minutes; -1: is none.
int minute_from(std::string_view text) {
  int hour = -1;
  int minute = -1;
  const char* const begin = text.data();
  if (text.size() != 5 || text[2] != ':' ||
      std::from_chars(begin, begin + 2, hour).ptr != begin + 2 ||
      std::from_chars(begin + 3, begin + 5, minute).ptr != begin + 5) {
    return -1;
  }
  return hour >= 0 && hour < kMinutesOfADay / kMinutesOfAnHour && minute >= 0 &&
                 minute < kMinutesOfAnHour
             ? hour * kMinutesOfAnHour + minute
             : -1;
}

}  // namespace

Result<QuietHours> quiet_hours_from(std::string_view text) {
  const std::size_t dash = text.find('-');
  QuietHours quiet{-1, -1};
  if (dash != std::string_view::npos) {
    quiet = {minute_from(text.substr(0, dash)), minute_from(text.substr(dash + 1))};
  }
  if (quiet.from_min < 0 || quiet.to_min < 0 || quiet.from_min == quiet.to_min) {
    return fail(Errc::kInvalidArgument, "'" + std::string(text) + "' is no time of the day", {},
                "write it like \"22:00-07:00\"");
  }
  return quiet;
}

int quiet_minutes_left(const QuietHours& quiet, int minute_of_day) {
  const int length = (quiet.to_min - quiet.from_min + kMinutesOfADay) % kMinutesOfADay;
  const int since = (minute_of_day - quiet.from_min + kMinutesOfADay) % kMinutesOfADay;
  return since < length ? length - since : 0;
}

}  // namespace stepcast::notify
