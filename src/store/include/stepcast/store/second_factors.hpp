#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::store {

/// What a user's authenticator knows.
struct SecondFactorRow {
  std::string user;
  std::string secret;        ///< Base32. Readable: a code can only be checked by computing it.
  std::int64_t last_step{};  ///< Of the last code that was used; earlier ones are void.
  std::string recovery;      ///< SHA-256 of the codes that are left, one space between.
  UnixMs created{};
};

[[nodiscard]] Result<void> put_second_factor(Session& session, const SecondFactorRow& row);
[[nodiscard]] Result<bool> remove_second_factor(Session& session, std::string_view user);
[[nodiscard]] Result<std::vector<SecondFactorRow>> all_second_factors(Session& session);

}  // namespace stepcast::store
