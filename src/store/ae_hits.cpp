#include "stepcast/store/ae_hits.hpp"

#include "session.hpp"
#include "table.hpp"

namespace stepcast::store {
namespace {

constexpr Table kHits("ae_hits", 1, Field{"id", &AeHitRow::id},
                      Field{"printer", &AeHitRow::printer}, Field{"job", &AeHitRow::job},
                      Field{"at_ms", &AeHitRow::at}, Field{"trai", &AeHitRow::trai},
                      Field{"amplitude_v", &AeHitRow::amplitude_v},
                      Field{"duration_s", &AeHitRow::duration_s},
                      Field{"energy_eu", &AeHitRow::energy_eu}, Field{"rms_v", &AeHitRow::rms_v},
                      Field{"rise_time_s", &AeHitRow::rise_time_s},
                      Field{"counts", &AeHitRow::counts}, Field{"samples", &AeHitRow::samples},
                      Field{"label", &AeHitRow::label},
                      Field{"probability", &AeHitRow::probability}, Field{"x_mm", &AeHitRow::x_mm},
                      Field{"y_mm", &AeHitRow::y_mm}, Field{"z_mm", &AeHitRow::z_mm},
                      Field{"waveform", &AeHitRow::waveform});

}  // namespace

Result<void> add_ae_hits(Session& session, std::span<const AeHitRow> rows) {
  return kHits.insert_numbered(session, rows);
}

Result<std::vector<AeHitRow>> ae_hits_of_job(Session& session, std::string_view job,
                                             std::int64_t after, std::int64_t limit) {
  return kHits.select(session, "WHERE job = :job AND id > :after ORDER BY id LIMIT :limit", job,
                      after, limit);
}

Result<std::int64_t> remove_old_ae_hits(Session& session, UnixMs before, std::int64_t limit) {
  return session.execute(
      "DELETE FROM ae_hits WHERE id IN (SELECT id FROM ae_hits ORDER BY id LIMIT :limit) "
      "AND at_ms < :before",
      limit, before);
}

}  // namespace stepcast::store
