#include "stepcast/store/second_factors.hpp"

#include "session.hpp"
#include "table.hpp"

namespace stepcast::store {
namespace {

constexpr Table kSecondFactors("second_factors", 1, Field{"user_name", &SecondFactorRow::user},
                               Field{"secret", &SecondFactorRow::secret},
                               Field{"last_step", &SecondFactorRow::last_step},
                               Field{"recovery", &SecondFactorRow::recovery},
                               Field{"created_ms", &SecondFactorRow::created});

}  // namespace

Result<void> put_second_factor(Session& session, const SecondFactorRow& row) {
  return kSecondFactors.put(session, row);
}

Result<bool> remove_second_factor(Session& session, std::string_view user) {
  return session.change("DELETE FROM second_factors WHERE user_name = :user_name", user);
}

Result<std::vector<SecondFactorRow>> all_second_factors(Session& session) {
  return kSecondFactors.select(session, "ORDER BY user_name");
}

}  // namespace stepcast::store
