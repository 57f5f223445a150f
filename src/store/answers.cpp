#include "stepcast/store/answers.hpp"

#include "session.hpp"
#include "table.hpp"

namespace stepcast::store {
namespace {

constexpr Table kAnswers("answers", 2, Field{"caller", &AnswerRow::caller},
                         Field{"idempotency_key", &AnswerRow::key},
                         Field{"request_sha256", &AnswerRow::request_sha256},
                         Field{"at_ms", &AnswerRow::at}, Field{"status", &AnswerRow::status},
                         Field{"location", &AnswerRow::location}, Field{"body", &AnswerRow::body});

}  // namespace

Result<void> add_answer(Session& session, const AnswerRow& row) {
  return kAnswers.insert(session, row);
}

Result<void> put_answer(Session& session, const AnswerRow& row) {
  return kAnswers.put(session, row);
}

Result<std::optional<AnswerRow>> find_answer(Session& session, std::string_view caller,
                                             std::string_view key) {
  return kAnswers.find(session, "WHERE caller = :caller AND idempotency_key = :key", caller, key);
}

Result<bool> remove_answer(Session& session, std::string_view caller, std::string_view key) {
  return session.change("DELETE FROM answers WHERE caller = :caller AND idempotency_key = :key",
                        caller, key);
}

Result<std::int64_t> remove_answers_before(Session& session, UnixMs before) {
  return session.execute("DELETE FROM answers WHERE at_ms < :before", before);
}

}  // namespace stepcast::store
