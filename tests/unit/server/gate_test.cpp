#include "stepcast/server/gate.hpp"

#include <string>

#include <gtest/gtest.h>

#include "stepcast/http/target.hpp"
#include "stepcast/server/authentication.hpp"

#include "accounts_rig.hpp"
#include "allowances.hpp"

namespace stepcast::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AccountsRig;

TEST(Allowances, AreSpentByAddressAndFillUpAgain) {
  Allowances allowances(10, 1);
  EXPECT_FALSE(allowances.spend("a", 8, milliseconds(0)));
  EXPECT_EQ(allowances.spend("a", 5, milliseconds(0)), milliseconds(3000));
  EXPECT_FALSE(allowances.spend("b", 8, milliseconds(0)));
  EXPECT_EQ(allowances.spend("a", 5, milliseconds(2999)), milliseconds(1));
  EXPECT_FALSE(allowances.spend("a", 5, milliseconds(3000)));
  EXPECT_FALSE(allowances.spend("a", 10, milliseconds(100'000)));
  EXPECT_TRUE(allowances.spend("a", 1, milliseconds(100'000)));
}

TEST(Allowances, RememberNoMoreStrangersThanTheyHaveRoomFor) {
  Allowances allowances(10, 0.001);
  for (int i = 0; i < 5'000; ++i) {
    EXPECT_FALSE(allowances.spend("address " + std::to_string(i), 1, milliseconds(i)));
  }
  EXPECT_LE(allowances.size(), 4096U);
}

class GateTest : public ::testing::Test {
 protected:
  GateTest()
      : ada_(rig_.admin()),
        gate_(*rig_.accounts, {.allowance = 10,
                               .allowance_per_s = 1,
                               .steady = [this] { return rig_.steady; },
                               .wall = [this] { return rig_.wall; }}) {
    add("/picture/{name...}", "WEBCAM", 0, http::Signable::kAddress);
    add("/p/{printer}/picture", "WEBCAM", 0, http::Signable::kAddress);
    add("/camera", "WEBCAM", 0, http::Signable::kPath);
    add("/users", "ADMIN", 0, http::Signable::kNot);
    add("/login", "", 5, http::Signable::kNot);
    gate_.learn(router_);
  }

  void add(std::string pattern, std::string permission, std::uint16_t cost,
           http::Signable signable) {
    http::Route route;
    route.pattern = std::move(pattern);
    route.permission = std::move(permission);
    route.cost = cost;
    route.signable = signable;
    route.handle = [](http::Request& /*request*/) { return http::Response::empty(); };
    router_.add(std::move(route));
  }

  // 0: let in.
  int ask(const std::string& address, const std::string& remote = "10.0.0.1") {
    auto target = http::parse_target(address).value();
    http::Request request;
    request.path = target.path;
    request.query = target.query;
    request.remote = remote;
    std::vector<http::Method> allowed;
    const auto* route = router_.find(request.method, request.path, request.parameters, allowed);
    const auto refusal = gate_.admit(request, *route);
    user_ = principal(request).user;
    return refusal ? refusal->status : 0;
  }
  std::string sign(const std::string& path, const accounts::Principal& who) {
    const auto made = gate_.sign(who, path, seconds(60));
    return made ? made->address : "";
  }

  AccountsRig rig_;
  accounts::Principal ada_;
  Gate gate_;
  http::Router router_;
  std::string user_;
};

TEST_F(GateTest, LetsASignedAddressInUntilItExpires) {
  const std::string address = sign("/picture/a%20b?size=small", ada_);
  EXPECT_EQ(ask("/picture/a%20b?size=small"), 403);
  EXPECT_EQ(ask(address), 0);
  EXPECT_EQ(user_, "ada");
  rig_.wall += 59'000;
  EXPECT_EQ(ask(address), 0);
  rig_.wall += 1'000;
  EXPECT_EQ(ask(address), 403);
}

TEST_F(GateTest, HoldsASignedAddressToEveryPartOfIt) {
  const std::string address = sign("/picture/a?size=small", ada_);
  for (const auto& [part, other] :
       std::initializer_list<std::pair<const char*, const char*>>{{"/a", "/b"},
                                                                  {"small", "large"},
                                                                  {"user=ada", "user=eve"},
                                                                  {"expires=", "expires=1"},
                                                                  {"signature=", "signature=x"},
                                                                  {"size=small&", ""}}) {
    std::string changed = address;
    const auto at = changed.find(part);
    ASSERT_NE(at, std::string::npos) << part;
    changed.replace(at, std::string(part).size(), other);
    EXPECT_EQ(ask(changed), 403) << changed;
  }
}

TEST_F(GateTest, LetsTheQueryOfASignedAddressChangeWhereItSaysSo) {
  std::string address = sign("/camera?action=stream", ada_);
  EXPECT_EQ(ask(address), 0);
  address.replace(address.find("stream"), 6, "snapshot");
  EXPECT_EQ(ask(address), 0);
  address.replace(address.find("expires="), 8, "expires=9");
  EXPECT_EQ(ask(address), 403);
}

TEST_F(GateTest, KnowsItsAddressesAgainByItsKey) {
  Gate::Options options{.steady = [] { return std::chrono::milliseconds(0); },
                        .wall = [this] { return rig_.wall; },
                        .key = "kept"};
  Gate before(*rig_.accounts, options);
  before.learn(router_);
  const auto made = before.sign(ada_, "/picture/a", seconds(60));
  ASSERT_TRUE(made);
  EXPECT_EQ(ask(made->address), 403) << "of another key";
  Gate after(*rig_.accounts, options);
  after.learn(router_);
  auto target = http::parse_target(made->address).value();
  http::Request request;
  request.path = target.path;
  request.query = target.query;
  std::vector<http::Method> allowed;
  const auto* route = router_.find(request.method, request.path, request.parameters, allowed);
  EXPECT_FALSE(after.admit(request, *route));
}

TEST_F(GateTest, SignsNothingThatItsMakerMayNotRead) {
  EXPECT_EQ(gate_.sign(ada_, "/users", seconds(60)).error().code, Errc::kNotFound);
  auto limited = ada_;
  limited.permissions = {"STATUS"};
  EXPECT_EQ(gate_.sign(limited, "/picture/a", seconds(60)).error().code, Errc::kDenied);
  auto scoped = ada_;
  scoped.printer = "taz6";
  EXPECT_NE(sign("/p/taz6/picture", scoped), "");
  EXPECT_EQ(sign("/p/other/picture", scoped), "");
  EXPECT_EQ(sign("/picture/a", scoped), "");
}

TEST_F(GateTest, EndsSignedAddressesWithTheirMaker) {
  ASSERT_TRUE(
      rig_.accounts->add_user(ada_, "bob", AccountsRig::kPassword, accounts::Role::kViewer));
  const auto bob = rig_.accounts->log_in("bob", AccountsRig::kPassword, "").value().principal;
  const std::string address = sign("/picture/a", bob);
  EXPECT_EQ(ask(address), 0);
  ASSERT_TRUE(rig_.accounts->set_role(ada_, "bob", accounts::Role::kDevice));
  EXPECT_EQ(ask(address), 403);
  ASSERT_TRUE(rig_.accounts->set_role(ada_, "bob", accounts::Role::kViewer));
  ASSERT_TRUE(rig_.accounts->deactivate_user(ada_, "bob"));
  EXPECT_EQ(ask(address), 403);
}

TEST_F(GateTest, LetsAnAddressWaitThatAsksTooMuchOfWhatIsExpensive) {
  EXPECT_EQ(ask("/login"), 0);
  EXPECT_EQ(ask("/login"), 0);
  EXPECT_EQ(ask("/login"), 429);
  EXPECT_EQ(ask("/login", "10.0.0.2"), 0);
  rig_.steady += seconds(5);
  EXPECT_EQ(ask("/login"), 0);
}

}  // namespace
}  // namespace stepcast::server
