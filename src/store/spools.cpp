#include "stepcast/store/spools.hpp"

#include "session.hpp"
#include "table.hpp"

namespace stepcast::store {
namespace {

constexpr Table kSpools("spools", 1, Field{"id", &SpoolRow::id}, Field{"name", &SpoolRow::name},
                        Field{"vendor", &SpoolRow::vendor}, Field{"material", &SpoolRow::material},
                        Field{"colour", &SpoolRow::colour},
                        Field{"diameter_mm", &SpoolRow::diameter_mm},
                        Field{"density_g_cm3", &SpoolRow::density_g_cm3},
                        Field{"weight_g", &SpoolRow::weight_g}, Field{"used_g", &SpoolRow::used_g},
                        Field{"printer", &SpoolRow::printer}, Field{"tool", &SpoolRow::tool},
                        Field{"note", &SpoolRow::note}, Field{"created_ms", &SpoolRow::created},
                        Field{"archived", &SpoolRow::archived});

constexpr Table kUsage("spool_usage", 2, Field{"job", &SpoolUsageRow::job},
                       Field{"tool", &SpoolUsageRow::tool}, Field{"spool", &SpoolUsageRow::spool},
                       Field{"filament_mm", &SpoolUsageRow::filament_mm},
                       Field{"weight_g", &SpoolUsageRow::weight_g},
                       Field{"at_ms", &SpoolUsageRow::at});

}  // namespace

Result<std::int64_t> add_spool(Session& session, const SpoolRow& row) {
  return kSpools.insert_numbered(session, row);
}

Result<bool> update_spool(Session& session, const SpoolRow& row) {
  return session.change(
      "UPDATE spools SET name = :name, vendor = :vendor, material = :material, colour = :colour, "
      "diameter_mm = :diameter_mm, density_g_cm3 = :density_g_cm3, weight_g = :weight_g, "
      "printer = :printer, tool = :tool, note = :note, archived = :archived WHERE id = :id",
      row.name, row.vendor, row.material, row.colour, row.diameter_mm, row.density_g_cm3,
      row.weight_g, row.printer, row.tool, row.note, row.archived, row.id);
}

Result<void> set_spool_used(Session& session, std::int64_t id, double used_g) {
  return session.apply("UPDATE spools SET used_g = :used_g WHERE id = :id", used_g, id);
}

Result<std::optional<SpoolRow>> find_spool(Session& session, std::int64_t id) {
  return kSpools.find(session, "WHERE id = :id", id);
}

Result<std::optional<SpoolRow>> spool_at(Session& session, std::string_view printer,
                                         std::int64_t tool) {
  return kSpools.find(session, "WHERE printer = :printer AND tool = :tool", printer, tool);
}

Result<std::vector<SpoolRow>> all_spools(Session& session, bool archived) {
  return kSpools.select(session, "WHERE archived <= :archived ORDER BY id",
                        std::int64_t{archived ? 1 : 0});
}

Result<void> clear_spool_place(Session& session, std::string_view printer, std::int64_t tool) {
  return session.apply("UPDATE spools SET printer = '' WHERE printer = :printer AND tool = :tool",
                       printer, tool);
}

Result<bool> book_spool_usage(Session& session, const SpoolUsageRow& row) {
  return session
      .change(
          "INSERT INTO spool_usage (job, tool, spool, filament_mm, weight_g, at_ms) VALUES (:job, "
          ":tool, :spool, :filament_mm, :weight_g, :at_ms) ON CONFLICT (job, tool) DO NOTHING",
          row.job, row.tool, row.spool, row.filament_mm, row.weight_g, row.at)
      .and_then([&](bool is_new) -> Result<bool> {
        if (!is_new) {
          return false;
        }
        return session.change("UPDATE spools SET used_g = used_g + :weight_g WHERE id = :spool",
                              row.weight_g, row.spool);
      });
}

Result<std::vector<SpoolUsageRow>> usage_of_spool(Session& session, std::int64_t spool,
                                                  std::int64_t limit) {
  return kUsage.select(session, "WHERE spool = :spool ORDER BY at_ms DESC, job LIMIT :limit", spool,
                       limit);
}

}  // namespace stepcast::store
