#include "stepcast/store/detections.hpp"

#include "session.hpp"
#include "table.hpp"

namespace stepcast::store {
namespace {

constexpr Table kDetections(
    "detections", 1, Field{"id", &DetectionRow::id}, Field{"printer", &DetectionRow::printer},
    Field{"job", &DetectionRow::job}, Field{"at_ms", &DetectionRow::at},
    Field{"frame", &DetectionRow::frame}, Field{"model", &DetectionRow::model},
    Field{"label", &DetectionRow::label}, Field{"confidence", &DetectionRow::confidence},
    Field{"x", &DetectionRow::x}, Field{"y", &DetectionRow::y},
    Field{"width", &DetectionRow::width}, Field{"height", &DetectionRow::height},
    Field{"layer", &DetectionRow::layer}, Field{"z_mm", &DetectionRow::z_mm});

constexpr Table kCorrections("corrections", 1, Field{"id", &CorrectionRow::id},
                             Field{"printer", &CorrectionRow::printer},
                             Field{"job", &CorrectionRow::job}, Field{"at_ms", &CorrectionRow::at},
                             Field{"detection", &CorrectionRow::detection},
                             Field{"kind", &CorrectionRow::kind},
                             Field{"old_value", &CorrectionRow::old_value},
                             Field{"new_value", &CorrectionRow::new_value},
                             Field{"outcome", &CorrectionRow::outcome});

}  // namespace

Result<std::int64_t> add_detection(Session& session, const DetectionRow& row) {
  return kDetections.insert_numbered(session, row);
}

Result<std::vector<DetectionRow>> detections_of_job(Session& session, std::string_view job) {
  return kDetections.select(session, "WHERE job = :job ORDER BY at_ms, id", job);
}

Result<std::vector<DetectionRow>> detections_of_printer(Session& session, std::string_view printer,
                                                        std::int64_t limit) {
  return kDetections.select(session,
                            "WHERE printer = :printer ORDER BY at_ms DESC, id DESC LIMIT :limit",
                            printer, limit);
}

Result<std::int64_t> add_correction(Session& session, const CorrectionRow& row) {
  return kCorrections.insert_numbered(session, row);
}

Result<bool> set_correction_outcome(Session& session, std::int64_t id, std::string_view outcome) {
  return session.change("UPDATE corrections SET outcome = :outcome WHERE id = :id", outcome, id);
}

Result<std::vector<CorrectionRow>> corrections_of_job(Session& session, std::string_view job) {
  return kCorrections.select(session, "WHERE job = :job ORDER BY at_ms, id", job);
}

}  // namespace stepcast::store
