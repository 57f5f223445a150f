#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "accounts_rig.hpp"

namespace stepcast::testing {
namespace {

using accounts::Accounts;
using accounts::Principal;
using accounts::Role;

void execute_raw(const std::filesystem::path& path, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
  ASSERT_EQ(sqlite3_changes(database), 1) << sql;
  sqlite3_close(database);
}

TEST(Accounts, HaveNoUserUntilThereIsAFirstAdministrator) {
  AccountsRig rig;
  EXPECT_FALSE(rig.accounts->has_users());
  EXPECT_EQ(rig.accounts->log_in("admin", "admin", "").error().code, Errc::kDenied);
  EXPECT_EQ(rig.accounts->create_first_admin("ada", "short").error().code, Errc::kInvalidArgument);
  EXPECT_EQ(rig.accounts->create_first_admin("a b", AccountsRig::kPassword).error().code,
            Errc::kInvalidArgument);
  EXPECT_FALSE(rig.accounts->has_users());
  EXPECT_TRUE(rig.accounts->create_first_admin("ada", AccountsRig::kPassword));
  EXPECT_EQ(rig.accounts->create_first_admin("eve", AccountsRig::kPassword).error().code,
            Errc::kBusy);
  rig.restart();
  EXPECT_TRUE(rig.accounts->has_users());
}

TEST(Accounts, GiveEachRoleItsPermissions) {
  EXPECT_EQ(accounts::permissions_of(Role::kAdmin).size(), accounts::permissions().size());
  EXPECT_TRUE(accounts::permissions_of(Role::kOperator).contains("PRINT"));
  EXPECT_FALSE(accounts::permissions_of(Role::kOperator).contains("SETTINGS"));
  EXPECT_TRUE(accounts::permissions_of(Role::kViewer).contains("STATUS"));
  EXPECT_FALSE(accounts::permissions_of(Role::kViewer).contains("CONTROL"));
  EXPECT_FALSE(Principal{}.may("STATUS"));
  for (const auto role :
       {Role::kAdmin, Role::kOperator, Role::kViewer, Role::kDevice, Role::kEdge}) {
    EXPECT_EQ(accounts::role_from(accounts::role_name(role)), role);
  }
  EXPECT_FALSE(accounts::role_from("root"));
}

TEST(Accounts, LetOnlyAdministratorsChangeUsers) {
  AccountsRig rig;
  const auto ada = rig.admin();
  ASSERT_TRUE(rig.accounts->add_user(ada, "bob", AccountsRig::kPassword, Role::kOperator));
  const auto bob = rig.accounts->log_in("bob", AccountsRig::kPassword, "").value().principal;
  const auto refused = [](const Result<void>& result) {
    return !result && result.error().code == Errc::kDenied;
  };
  for (const auto& who : {bob, Principal{}}) {
    EXPECT_TRUE(refused(rig.accounts->add_user(who, "eve", AccountsRig::kPassword, Role::kAdmin)));
    EXPECT_TRUE(refused(rig.accounts->remove_user(who, "ada")));
    EXPECT_TRUE(refused(rig.accounts->deactivate_user(who, "ada")));
    EXPECT_TRUE(refused(rig.accounts->set_password(who, "ada", "another password")));
  }
  EXPECT_TRUE(refused(rig.accounts->set_password(bob, "bob", "another password")));
  EXPECT_TRUE(rig.accounts->set_password(bob, "bob", "another password", AccountsRig::kPassword));
  EXPECT_FALSE(rig.accounts->add_user(ada, "bob", AccountsRig::kPassword, Role::kViewer));
  EXPECT_EQ(rig.accounts->users().size(), 2U);
}

TEST(Accounts, KeepTheLastAdministrator) {
  AccountsRig rig;
  const auto ada = rig.admin();
  EXPECT_FALSE(rig.accounts->remove_user(ada, "ada"));
  EXPECT_FALSE(rig.accounts->deactivate_user(ada, "ada"));
  ASSERT_TRUE(rig.accounts->add_user(ada, "eve", AccountsRig::kPassword, Role::kAdmin));
  ASSERT_TRUE(rig.accounts->deactivate_user(ada, "eve"));
  EXPECT_FALSE(rig.accounts->remove_user(ada, "ada")) << "the other one is not active";
  ASSERT_TRUE(rig.accounts->activate_user(ada, "eve"));
  EXPECT_TRUE(rig.accounts->remove_user(ada, "ada"));
}

TEST(Accounts, ChangeRolesForLoginsAndKeysAtOnce) {
  AccountsRig rig;
  const auto ada = rig.admin();
  ASSERT_TRUE(rig.accounts->add_user(ada, "bob", AccountsRig::kPassword, Role::kViewer));
  const auto login = rig.accounts->log_in("bob", AccountsRig::kPassword, "").value();
  Accounts::NewKey wanted;
  wanted.app = "cura";
  const auto key = rig.accounts->create_key(login.principal, "bob", wanted).value();
  EXPECT_FALSE(rig.accounts->authenticate_key(key)->may("PRINT"));
  EXPECT_EQ(rig.accounts->set_role(login.principal, "bob", Role::kAdmin).error().code,
            Errc::kDenied);
  EXPECT_EQ(rig.accounts->set_role(ada, "ada", Role::kViewer).error().code, Errc::kInvalidArgument);
  ASSERT_TRUE(rig.accounts->set_role(ada, "bob", Role::kOperator));
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(rig.accounts->authenticate_key(key)->may("PRINT"));
    EXPECT_TRUE(rig.accounts->authenticate_session(login.token)->may("PRINT"));
    rig.restart();
  }
}

TEST(Accounts, ListAndEndLogins) {
  AccountsRig rig;
  const auto ada = rig.admin();
  ASSERT_TRUE(rig.accounts->add_user(ada, "bob", AccountsRig::kPassword, Role::kOperator));
  const auto bob = rig.accounts->log_in("bob", AccountsRig::kPassword, "").value();
  const auto other = rig.accounts->log_in("bob", AccountsRig::kPassword, "").value();
  EXPECT_EQ(rig.accounts->logins("bob").size(), 2U);
  EXPECT_EQ(rig.accounts->logins("").size(), 3U);
  EXPECT_EQ(rig.accounts->end_login(bob.principal, ada.session).error().code, Errc::kNotFound);
  ASSERT_TRUE(rig.accounts->end_login(bob.principal, other.principal.session));
  ASSERT_TRUE(rig.accounts->end_login(ada, bob.principal.session));
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(rig.accounts->authenticate_session(bob.token));
    EXPECT_FALSE(rig.accounts->authenticate_session(other.token));
    EXPECT_EQ(rig.accounts->logins("").size(), 1U);
    rig.restart();
  }
}

TEST(Accounts, ShutOutWhoIsRemovedOrNotActive) {
  AccountsRig rig;
  const auto ada = rig.admin();
  ASSERT_TRUE(rig.accounts->add_user(ada, "bob", AccountsRig::kPassword, Role::kOperator));
  const auto login = rig.accounts->log_in("bob", AccountsRig::kPassword, "").value();
  Accounts::NewKey wanted;
  wanted.app = "cura";
  const auto key = rig.accounts->create_key(login.principal, "bob", wanted).value();
  ASSERT_TRUE(rig.accounts->deactivate_user(ada, "bob"));
  EXPECT_FALSE(rig.accounts->authenticate_key(key));
  EXPECT_FALSE(rig.accounts->authenticate_session(login.token));
  EXPECT_FALSE(rig.accounts->log_in("bob", AccountsRig::kPassword, ""));
  ASSERT_TRUE(rig.accounts->activate_user(ada, "bob"));
  EXPECT_TRUE(rig.accounts->authenticate_key(key));
  ASSERT_TRUE(rig.accounts->remove_user(ada, "bob"));
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(rig.accounts->authenticate_key(key));
    EXPECT_FALSE(rig.accounts->authenticate_session(login.token));
    rig.restart();
  }
}

TEST(Accounts, EndOtherLoginsWithANewPassword) {
  AccountsRig rig;
  rig.admin();
  const auto used = rig.accounts->log_in("ada", AccountsRig::kPassword, "").value();
  const auto other = rig.accounts->log_in("ada", AccountsRig::kPassword, "").value();
  EXPECT_EQ(rig.accounts->set_password(used.principal, "ada", "another password", "wrong one here")
                .error()
                .code,
            Errc::kDenied);
  ASSERT_TRUE(rig.accounts->set_password(used.principal, "ada", "another password",
                                         AccountsRig::kPassword));
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(rig.accounts->authenticate_session(used.token));
    EXPECT_FALSE(rig.accounts->authenticate_session(other.token));
    rig.restart();
  }
  EXPECT_FALSE(rig.accounts->log_in("ada", AccountsRig::kPassword, ""));
  EXPECT_TRUE(rig.accounts->log_in("ada", "another password", ""));
}

TEST(ApiKeys, CanDoWhatTheyAreForAcrossARestart) {
  AccountsRig rig;
  const auto ada = rig.admin();
  Accounts::NewKey wanted;
  wanted.app = "cura";
  wanted.printer = "taz6";
  wanted.permissions = {"STATUS", "FILES_UPLOAD"};
  wanted.expires = rig.wall + 1000;
  const auto key = rig.accounts->create_key(ada, "ada", wanted).value();
  EXPECT_EQ(key.size(), 43U);
  rig.restart();
  const auto who = rig.accounts->authenticate_key(key);
  ASSERT_TRUE(who);
  EXPECT_EQ(who->user, "ada");
  EXPECT_EQ(who->printer, "taz6");
  EXPECT_TRUE(who->may("FILES_UPLOAD"));
  EXPECT_FALSE(who->may("PRINT")) << "although its user may";
  const auto infos = rig.accounts->keys("ada");
  ASSERT_EQ(infos.size(), 1U);
  EXPECT_EQ(infos[0].prefix, key.substr(0, 6));
  EXPECT_EQ(infos[0].last_used, rig.wall);
  auto wrong = key;
  wrong.back() = wrong.back() == 'A' ? 'E' : 'A';
  EXPECT_FALSE(rig.accounts->authenticate_key(wrong));
  EXPECT_FALSE(rig.accounts->authenticate_key(""));
  rig.wall += 1000;
  EXPECT_FALSE(rig.accounts->authenticate_key(key)) << "expired";
}

TEST(ApiKeys, HandOnNoMoreThanTheyHave) {
  AccountsRig rig;
  const auto ada = rig.admin();
  Accounts::NewKey narrow;
  narrow.app = "cura";
  narrow.printer = "taz6";
  narrow.permissions = {"STATUS"};
  const auto key = rig.accounts->create_key(ada, "ada", narrow).value();
  const auto by_key = *rig.accounts->authenticate_key(key);
  auto wanted = narrow;
  wanted.permissions = {};
  EXPECT_EQ(rig.accounts->create_key(by_key, "ada", wanted).error().code, Errc::kDenied);
  wanted.permissions = {"PRINT"};
  EXPECT_EQ(rig.accounts->create_key(by_key, "ada", wanted).error().code, Errc::kDenied);
  wanted = narrow;
  wanted.printer = {};
  EXPECT_EQ(rig.accounts->create_key(by_key, "ada", wanted).error().code, Errc::kDenied);
  wanted.permissions = {"FLY"};
  EXPECT_EQ(rig.accounts->create_key(ada, "ada", wanted).error().code, Errc::kInvalidArgument);
  EXPECT_EQ(rig.accounts->set_password(by_key, "ada", "another password").error().code,
            Errc::kDenied);
  EXPECT_TRUE(rig.accounts->revoke_key(by_key, by_key.key_id));
  EXPECT_FALSE(rig.accounts->authenticate_key(key));
}

TEST(Accounts, KeepNoSecretInTheDatabase) {
  AccountsRig rig;
  const auto ada = rig.admin();
  const auto login = rig.accounts->log_in("ada", AccountsRig::kPassword, "").value();
  Accounts::NewKey wanted;
  wanted.app = "cura";
  const auto key = rig.accounts->create_key(ada, "ada", wanted).value();
  const auto copy = rig.folder.path() / "copy";
  ASSERT_TRUE(rig.store->backup(copy));
  std::ifstream file(copy, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_NE(bytes.find("$argon2id$v=19$m=19456,t=2,p=1$"), std::string::npos);
  for (const auto& secret : {std::string(AccountsRig::kPassword), login.token, login.csrf, key}) {
    EXPECT_EQ(bytes.find(secret), std::string::npos);
  }
}

TEST(AuditTrail, TellsWhichEntryWasChangedOrRemoved) {
  for (const std::string sql : {"UPDATE audit_log SET subject = 'x' WHERE sequence = 3",
                                "UPDATE audit_log SET at_ms = at_ms + 1 WHERE sequence = 3",
                                "DELETE FROM audit_log WHERE sequence = 3"}) {
    AccountsRig rig;
    const auto ada = rig.admin();  // two entries
    for (int i = 0; i < 3; ++i) {
      rig.accounts->audit(ada, "file.upload", std::string("bad \0 name \xff", 12));
    }
    ASSERT_TRUE(rig.store->flush());
    ASSERT_TRUE(rig.accounts->verify_audit());
    execute_raw(rig.folder.database(), sql);
    const auto verified = rig.accounts->verify_audit();
    ASSERT_FALSE(verified) << sql;
    EXPECT_EQ(verified.error().code, Errc::kMalformed);
    EXPECT_NE(verified.error().message.find("entry 3"), std::string::npos);
    EXPECT_EQ(rig.store->counters().failed, 0U);
  }
}

}  // namespace
}  // namespace stepcast::testing
