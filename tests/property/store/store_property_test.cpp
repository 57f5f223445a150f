#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/store/jobs.hpp"
#include "stepcast/store/store.hpp"

#include "store_contract.hpp"
#include "store_folder.hpp"

namespace stepcast::testing {
namespace {

constexpr std::uint32_t kCases = 10'000;
constexpr std::uint32_t kFirstSeed = 1;
constexpr std::uint32_t kCheckEvery = 500;

using Random = std::mt19937_64;

std::uint64_t below(Random& random, std::uint64_t limit) {
  return std::uniform_int_distribution<std::uint64_t>(0, limit - 1)(random);
}

// Any characters but NUL, of one to four bytes.
std::string random_text(Random& random) {
  static const std::vector<std::string> pieces{"a",  "'",  "\"", "\\", "%", ":x", "$1",   ";",
                                               "--", "\n", "é",  "日", "😀", " ",  "\x7f", "\x01"};
  std::string text;
  for (auto count = below(random, 12); count > 0; --count) {
    text += pieces[below(random, pieces.size())];
  }
  return text;
}

double random_real(Random& random) {
  while (true) {
    const auto bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (std::isfinite(value)) {
      return value;
    }
  }
}

store::JobRow random_job(Random& random, const std::string& id) {
  static const std::vector<std::string> states{"queued", "starting",  "printing", "paused",
                                               "done",   "cancelled", "failed"};
  store::JobRow row;
  row.id = id;
  row.printer = random_text(random);
  row.file = random_text(random);
  row.sha256 = random_text(random);
  row.user = random_text(random);
  row.state = states[below(random, states.size())];
  row.created = static_cast<store::UnixMs>(random());
  row.reason = random_text(random);
  const auto maybe = [&](auto& field, auto value) {
    if (below(random, 2) == 0) {
      field = value;
    }
  };
  maybe(row.started, static_cast<store::UnixMs>(random()));
  maybe(row.ended, static_cast<store::UnixMs>(random()));
  maybe(row.estimated_s, random_real(random));
  maybe(row.actual_s, random_real(random));
  maybe(row.filament_mm, random_real(random));
  return row;
}

auto fields_of(const store::JobRow& row) {
  return std::tie(row.id, row.printer, row.file, row.sha256, row.user, row.state, row.created,
                  row.started, row.ended, row.reason, row.estimated_s, row.actual_s,
                  row.filament_mm);
}

// Against a plain map: some writes wait, some do not, some fail after having changed rows.
TEST(StoreProperty, HoldsWhatAMapWouldHold) {
  const StoreFolder folder;
  const auto store = folder.open();
  std::map<std::string, store::JobRow> model;
  for (std::uint32_t i = 0; i < kCases; ++i) {
    SCOPED_TRACE("seed " + std::to_string(kFirstSeed + i));
    Random random(kFirstSeed + i);
    const auto row = random_job(random, "job" + std::to_string(below(random, 40)));
    const auto put = [row](store::Session& session) { return store::put_job(session, row); };
    const auto put_and_fail = [put](store::Session& session) -> Result<void> {
      return put(session).and_then(
          []() -> Result<void> { return fail(Errc::kFault, "on purpose"); });
    };
    const auto what = below(random, 20);
    if (what == 0) {
      ASSERT_FALSE(store->write(put_and_fail));
    } else if (what < 4) {
      store->write_later(put_and_fail);
    } else {
      model[row.id] = row;
      if (what == 4) {
        ASSERT_TRUE(store->write(put));
      } else {
        store->write_later(put);
      }
    }
    if (i % kCheckEvery != kCheckEvery - 1) {
      continue;
    }
    ASSERT_TRUE(store->flush());
    for (const auto& [id, wanted] : model) {
      const auto found = read_from(
          *store, [&id = id](store::Session& session) { return store::find_job(session, id); });
      ASSERT_TRUE(found.has_value()) << id;
      ASSERT_EQ(fields_of(*found), fields_of(wanted)) << id;
    }
  }
  EXPECT_EQ(store->counters().dropped, 0U);
}

}  // namespace
}  // namespace stepcast::testing
