#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "stepcast/accounts/accounts.hpp"
#include "stepcast/store/store.hpp"

#include "store_folder.hpp"

namespace stepcast::testing {

/// Accounts over a real database with clocks that stand still until they are moved.
class AccountsRig {
 public:
  static constexpr const char* kPassword = "correct horse";

  AccountsRig() { restart(); }
  void restart() {
    accounts.reset();
    store.reset();
    store = folder.open();
    auto opened = accounts::Accounts::open(
        *store, {.wall = [this] { return wall; }, .steady = [this] { return steady; }});
    accounts = std::move(opened.value());
  }
  /// Makes the first user and logs in.
  accounts::Principal admin() {
    if (!accounts->has_users()) {
      EXPECT_TRUE(accounts->create_first_admin("ada", kPassword));
    }
    return accounts->log_in("ada", kPassword, "10.0.0.1").value().principal;
  }

  StoreFolder folder;
  store::UnixMs wall = 1'763'000'000'000;
  std::chrono::milliseconds steady{0};
  std::unique_ptr<store::Store> store;
  std::unique_ptr<accounts::Accounts> accounts;
};

}  // namespace stepcast::testing
