#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "stepcast/accounts/secrets.hpp"

#include "accounts_impl.hpp"
#include "totp.hpp"

namespace stepcast::accounts {
namespace {

constexpr std::size_t kRecoveryCodes = 10;
// 80 bits: cannot be guessed, so that a plain hash protects them, and still can be copied by hand.
constexpr std::size_t kRecoveryBytes = 10;
constexpr std::size_t kGroup = 5;  // digits between dashes

std::string new_recovery_code() {
  std::string code;
  std::size_t digits = 0;
  for (const char byte : random_bytes(kRecoveryBytes)) {
    for (const char digit : fmt::format("{:02x}", static_cast<unsigned char>(byte))) {
      if (digits > 0 && digits % kGroup == 0) {
        code.push_back('-');
      }
      code.push_back(digit);
      ++digits;
    }
  }
  return code;
}

Result<void> only_a_person(const Principal& by) {
  if (by.user.empty() || !by.key_id.empty()) {
    return fail(Errc::kDenied, "an API key may not change a second factor",
                std::string(kSecondFactor), "log in with name and password");
  }
  return {};
}

tl::unexpected<Error> code_denied(const char* what, const char* remedy) {
  return fail(Errc::kDenied, what, std::string(kSecondFactor), remedy);
}

// Takes the hash of a code out of those that are left. @returns whether it was among them.
bool take_hash(std::string& hashes, const std::string& hash) {
  const auto at = hashes.find(hash);
  if (at == std::string::npos) {
    return false;
  }
  hashes.erase(at, hash.size() + 1);
  return true;
}

}  // namespace

Result<std::optional<store::SecondFactorRow>> Accounts::Impl::spend_code(
    std::string_view name, std::string_view code) const {
  const auto found = second_factors.find(name);
  if (found == second_factors.end()) {
    return std::nullopt;
  }
  if (code.empty()) {
    return code_denied("a code is needed", "send the code that the authenticator shows");
  }
  auto row = found->second;
  if (const auto step =
          totp::matching_step(row.secret, code, totp::step_at(clocks.wall()), row.last_step)) {
    row.last_step = *step;
    return row;
  }
  if (take_hash(row.recovery, sha256_hex(code))) {
    return row;
  }
  return code_denied("the code is wrong, or was used before", "wait for the next one");
}

Result<std::string> Accounts::begin_second_factor(const Principal& by, std::string_view password) {
  auto may = only_a_person(by).and_then(
      [&] { return impl_->check_password(by.user, password, by.session); });
  if (!may) {
    return tl::unexpected(may.error());
  }
  const std::lock_guard one(impl_->changes);
  const std::unique_lock lock(impl_->state);
  if (impl_->second_factors.contains(by.user)) {
    return fail(Errc::kBusy, fmt::format("'{}' has a second factor already", by.user),
                std::string(kSecondFactor), "remove it first");
  }
  auto& secret = impl_->new_secrets[by.user];
  secret = totp::random_secret();
  return totp::uri_of(by.user, secret);
}

Result<std::vector<std::string>> Accounts::confirm_second_factor(const Principal& by,
                                                                 std::string_view code) {
  if (auto may = only_a_person(by); !may) {
    return tl::unexpected(may.error());
  }
  const std::lock_guard one(impl_->changes);
  const auto begun = impl_->new_secrets.find(by.user);
  if (begun == impl_->new_secrets.end()) {
    return fail(Errc::kNotFound, "nothing has been begun", std::string(kSecondFactor),
                "begin anew");
  }
  const auto now = impl_->clocks.wall();
  const auto step = totp::matching_step(begun->second, code, totp::step_at(now), 0);
  if (!step) {
    return code_denied("the code does not belong to the new secret",
                       "check the clocks of both sides, and send the code that is shown now");
  }
  std::vector<std::string> codes;
  store::SecondFactorRow row{
      .user = by.user, .secret = begun->second, .last_step = *step, .recovery = {}, .created = now};
  for (std::size_t i = 0; i < kRecoveryCodes; ++i) {
    codes.push_back(new_recovery_code());
    row.recovery += sha256_hex(codes.back()) + " ";
  }
  return impl_
      ->write(by, "second_factor.add", by.user,
              [row](store::Session& session) { return store::put_second_factor(session, row); })
      .map([&] {
        const std::unique_lock lock(impl_->state);
        impl_->second_factors[by.user] = row;
        impl_->new_secrets.erase(by.user);
        return std::move(codes);
      });
}

Result<void> Accounts::remove_second_factor(const Principal& by, std::string_view name,
                                            std::string_view password) {
  auto may = only_a_person(by);
  if (may && by.user == name) {
    may = impl_->check_password(name, password, by.session);
  } else if (may && !by.may("ADMIN")) {
    may = fail(Errc::kDenied, fmt::format("'{}' may not change users", by.user), "users",
               "ask an administrator");
  }
  if (!may) {
    return may;
  }
  const std::lock_guard one(impl_->changes);
  const auto found = impl_->second_factors.find(name);
  if (found == impl_->second_factors.end()) {
    return fail(Errc::kNotFound, fmt::format("'{}' has no second factor", name),
                std::string(kSecondFactor));
  }
  return impl_
      ->write(by, "second_factor.remove", name,
              [user = std::string(name)](store::Session& session) {
                return store::remove_second_factor(session, user).map([](bool /*found*/) {});
              })
      .map([&] {
        const std::unique_lock lock(impl_->state);
        impl_->second_factors.erase(found);
      });
}

}  // namespace stepcast::accounts
