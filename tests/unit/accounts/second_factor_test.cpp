#include <string>

#include <gtest/gtest.h>

#include "accounts_rig.hpp"
#include "totp.hpp"

namespace stepcast::accounts {
namespace {

using testing::AccountsRig;

constexpr std::int64_t kStep = 30'000;

// RFC 6238 appendix B, whose secret is "12345678901234567890"; its last six digits.
TEST(Totp, GivesTheCodesOfTheStandard) {
  const std::string secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
  EXPECT_EQ(totp::code_at(secret, totp::step_at(59'000)), "287082");
  EXPECT_EQ(totp::code_at(secret, totp::step_at(1'111'111'109'000)), "081804");
  EXPECT_EQ(totp::code_at(secret, totp::step_at(1'234'567'890'000)), "005924");
  EXPECT_EQ(totp::code_at(secret, totp::step_at(20'000'000'000'000)), "353130");
}

TEST(Totp, TakesTheNeighboursOfNowButNothingOlderThanTheLast) {
  const std::string secret = totp::random_secret();
  EXPECT_EQ(secret.size(), 32U);
  for (const std::int64_t step : {99, 100, 101}) {
    EXPECT_EQ(totp::matching_step(secret, totp::code_at(secret, step), 100, 0), step);
  }
  EXPECT_FALSE(totp::matching_step(secret, totp::code_at(secret, 98), 100, 0));
  EXPECT_FALSE(totp::matching_step(secret, totp::code_at(secret, 102), 100, 0));
  EXPECT_FALSE(totp::matching_step(secret, totp::code_at(secret, 100), 100, 100));
  EXPECT_FALSE(totp::matching_step(secret, "", 100, 0));
}

class SecondFactor : public ::testing::Test {
 protected:
  SecondFactor() : ada_(rig_.admin()) {}

  std::string secret_of(const std::string& uri) {
    const auto at = uri.find("secret=") + 7;
    return uri.substr(at, uri.find('&') - at);
  }
  std::string code() const { return totp::code_at(secret_, totp::step_at(rig_.wall)); }
  void set_up() {
    secret_ = secret_of(rig_.accounts->begin_second_factor(ada_, AccountsRig::kPassword).value());
    recovery_ = rig_.accounts->confirm_second_factor(ada_, code()).value();
    rig_.wall += kStep;
  }
  Result<Accounts::Login> log_in(const std::string& with) {
    return rig_.accounts->log_in("ada", AccountsRig::kPassword, "10.0.0.1", with);
  }

  AccountsRig rig_;
  Principal ada_;
  std::string secret_;
  std::vector<std::string> recovery_;
};

TEST_F(SecondFactor, IsAskedForOnceItIsConfirmed) {
  const auto uri = rig_.accounts->begin_second_factor(ada_, AccountsRig::kPassword).value();
  EXPECT_EQ(uri.rfind("otpauth://totp/Stepcast:ada?secret=", 0), 0U) << uri;
  EXPECT_TRUE(log_in("")) << "nothing has been confirmed";
  EXPECT_FALSE(rig_.accounts->confirm_second_factor(ada_, "000000"));
  set_up();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(log_in("").error().location, kSecondFactor);
    EXPECT_EQ(log_in("000000").error().location, kSecondFactor);
    EXPECT_TRUE(log_in(code()));
    rig_.wall += kStep;
    rig_.restart();
  }
  EXPECT_TRUE(rig_.accounts->users().front().second_factor);
}

TEST_F(SecondFactor, TakesACodeOnceEvenAfterARestart) {
  set_up();
  EXPECT_TRUE(log_in(code()));
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(log_in(code()));
    rig_.restart();
  }
  rig_.wall += kStep;
  EXPECT_TRUE(log_in(code()));
}

TEST_F(SecondFactor, TakesEachRecoveryCodeOnce) {
  set_up();
  ASSERT_EQ(recovery_.size(), 10U);
  EXPECT_TRUE(log_in(recovery_[3]));
  rig_.restart();
  EXPECT_FALSE(log_in(recovery_[3]));
  EXPECT_TRUE(log_in(recovery_[4]));
}

TEST_F(SecondFactor, LocksOutWhoGuessesCodes) {
  set_up();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(log_in("000000").error().code, Errc::kDenied);
  }
  EXPECT_EQ(log_in(code()).error().code, Errc::kBusy);
}

TEST_F(SecondFactor, SaysNothingOfTheCodeBeforeThePasswordIsRight) {
  set_up();
  EXPECT_EQ(rig_.accounts->log_in("ada", "a wrong password", "", code()).error().location,
            "log in");
}

TEST_F(SecondFactor, IsRemovedWithThePasswordOrByAnAdministrator) {
  set_up();
  EXPECT_EQ(rig_.accounts->remove_second_factor(ada_, "ada", "a wrong password").error().code,
            Errc::kDenied);
  ASSERT_TRUE(rig_.accounts->remove_second_factor(ada_, "ada", AccountsRig::kPassword));
  rig_.restart();
  EXPECT_TRUE(log_in(""));

  ASSERT_TRUE(rig_.accounts->add_user(ada_, "bob", AccountsRig::kPassword, Role::kAdmin));
  const auto bob = rig_.accounts->log_in("bob", AccountsRig::kPassword, "").value().principal;
  set_up();
  ASSERT_TRUE(rig_.accounts->remove_second_factor(bob, "ada", ""));
  EXPECT_TRUE(log_in(""));
}

TEST_F(SecondFactor, IsNoMatterOfApiKeys) {
  Accounts::NewKey wanted;
  wanted.app = "cura";
  const auto key = rig_.accounts->create_key(ada_, "ada", wanted).value();
  const auto by_key = rig_.accounts->authenticate_key(key).value();
  EXPECT_EQ(rig_.accounts->begin_second_factor(by_key, AccountsRig::kPassword).error().code,
            Errc::kDenied);
  set_up();
  EXPECT_EQ(rig_.accounts->remove_second_factor(by_key, "ada", AccountsRig::kPassword).error().code,
            Errc::kDenied);
}

}  // namespace
}  // namespace stepcast::accounts
