#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::store {

/// What was answered to a request that bore a key of its own (`Idempotency-Key`).
struct AnswerRow {
  std::string caller;
  std::string key;
  std::string request_sha256;  ///< Of method, path and body.
  UnixMs at{};
  std::int64_t status{};  ///< 0: not answered yet.
  std::string location;
  std::string body;
};

/// @returns kInvalidArgument when the caller has used the key.
[[nodiscard]] Result<void> add_answer(Session& session, const AnswerRow& row);
[[nodiscard]] Result<void> put_answer(Session& session, const AnswerRow& row);
[[nodiscard]] Result<std::optional<AnswerRow>> find_answer(Session& session,
                                                           std::string_view caller,
                                                           std::string_view key);
[[nodiscard]] Result<bool> remove_answer(Session& session, std::string_view caller,
                                         std::string_view key);
[[nodiscard]] Result<std::int64_t> remove_answers_before(Session& session, UnixMs before);

}  // namespace stepcast::store
