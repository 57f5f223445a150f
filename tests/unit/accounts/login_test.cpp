#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "accounts_rig.hpp"
#include "password.hpp"

namespace stepcast::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* kWrong = "incorrect horse";

TEST(Login, LastsAcrossARestartUntilItExpires) {
  AccountsRig rig;
  rig.admin();
  const auto login = rig.accounts->log_in("ada", AccountsRig::kPassword, "10.0.0.1").value();
  rig.restart();
  const auto who = rig.accounts->authenticate_session(login.token);
  ASSERT_TRUE(who);
  EXPECT_EQ(who->user, "ada");
  EXPECT_EQ(who->session, login.principal.session);
  EXPECT_TRUE(who->may("SETTINGS"));
  rig.wall = login.expires - 1;
  EXPECT_TRUE(rig.accounts->authenticate_session(login.token));
  rig.wall = login.expires;
  EXPECT_FALSE(rig.accounts->authenticate_session(login.token));
}

TEST(Login, EndsForGoodWithALogout) {
  AccountsRig rig;
  rig.admin();
  const auto login = rig.accounts->log_in("ada", AccountsRig::kPassword, "10.0.0.1").value();
  rig.accounts->log_out(login.token);
  EXPECT_FALSE(rig.accounts->authenticate_session(login.token));
  rig.restart();
  EXPECT_FALSE(rig.accounts->authenticate_session(login.token));
}

TEST(Login, MatchesOnlyItsOwnCsrfToken) {
  AccountsRig rig;
  rig.admin();
  const auto one = rig.accounts->log_in("ada", AccountsRig::kPassword, "10.0.0.1").value();
  const auto two = rig.accounts->log_in("ada", AccountsRig::kPassword, "10.0.0.1").value();
  EXPECT_TRUE(rig.accounts->csrf_matches(one.token, one.csrf));
  EXPECT_FALSE(rig.accounts->csrf_matches(one.token, two.csrf));
  EXPECT_FALSE(rig.accounts->csrf_matches(one.token, ""));
  EXPECT_FALSE(rig.accounts->csrf_matches("", ""));
  rig.accounts->log_out(one.token);
  EXPECT_FALSE(rig.accounts->csrf_matches(one.token, one.csrf));
}

TEST(Login, SaysTheSameOfAWrongNameAndAWrongPassword) {
  AccountsRig rig;
  rig.admin();
  const auto name = rig.accounts->log_in("eve", AccountsRig::kPassword, "10.0.0.1");
  const auto password = rig.accounts->log_in("ada", kWrong, "10.0.0.1");
  ASSERT_FALSE(name || password);
  EXPECT_EQ(name.error().code, Errc::kDenied);
  EXPECT_EQ(name.error().to_string(), password.error().to_string());
}

// Or the time that an answer takes would tell which names there are.
TEST(Login, ChecksThePasswordOfNobodyLikeThatOfAnybody) {
  const auto somebody = accounts::hash_password("correct horse battery").value();
  const auto& nobody = accounts::nobodys_hash();
  EXPECT_EQ(nobody.size(), somebody.size());
  const auto parameters = somebody.substr(0, somebody.find(",p=1$"));
  EXPECT_EQ(nobody.substr(0, parameters.size()), parameters);
  const auto checked = accounts::password_matches(nobody, "correct horse battery");
  ASSERT_TRUE(checked) << checked.error().to_string();
  EXPECT_FALSE(*checked);
}

TEST(Lockout, ComesWithTheFifthFailureAndGoesAfterTenMinutes) {
  AccountsRig rig;
  rig.admin();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(rig.accounts->log_in("ada", kWrong, "10.0.0." + std::to_string(i)).error().code,
              Errc::kDenied);
  }
  const auto locked = rig.accounts->log_in("ada", AccountsRig::kPassword, "10.0.0.99");
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().code, Errc::kBusy);
  EXPECT_NE(locked.error().remedy.find("600 s"), std::string::npos) << locked.error().remedy;
  rig.steady += 10min - 1ms;
  EXPECT_FALSE(rig.accounts->log_in("ada", AccountsRig::kPassword, "10.0.0.99"));
  rig.steady += 1ms;
  EXPECT_TRUE(rig.accounts->log_in("ada", AccountsRig::kPassword, "10.0.0.99"));
}

TEST(Lockout, HoldsAnAddressThatTriesManyNames) {
  AccountsRig rig;
  rig.admin();
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(rig.accounts->log_in("guess" + std::to_string(i), kWrong, "6.6.6.6"));
  }
  EXPECT_EQ(rig.accounts->log_in("ada", AccountsRig::kPassword, "6.6.6.6").error().code,
            Errc::kBusy);
  EXPECT_TRUE(rig.accounts->log_in("ada", AccountsRig::kPassword, "10.0.0.1"));
}

TEST(Lockout, ForgetsFailuresAfterTenMinutes) {
  AccountsRig rig;
  rig.admin();
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(rig.accounts->log_in("ada", kWrong, "10.0.0.1").error().code, Errc::kDenied);
    rig.steady += 150s;  // four within any ten minutes
  }
}

TEST(Lockout, AllowsNoMoreGuessesAtOnceThanInARow) {
  AccountsRig rig;
  rig.admin();
  std::atomic<int> checked = 0;
  std::vector<std::thread> guessers;
  for (int i = 0; i < 12; ++i) {
    guessers.emplace_back([&, i] {
      const auto guess = rig.accounts->log_in("ada", kWrong, "10.0.1." + std::to_string(i));
      checked += guess.error().code == Errc::kDenied ? 1 : 0;
    });
  }
  for (auto& guesser : guessers) {
    guesser.join();
  }
  EXPECT_LE(checked, 5);
  EXPECT_GE(checked, 1);
}

}  // namespace
}  // namespace stepcast::testing
