#include "stepcast/store/printers.hpp"

#include "session.hpp"
#include "table.hpp"

namespace stepcast::store {
namespace {

constexpr Table kPrinters("printers", 1, Field{"id", &PrinterRow::id},
                          Field{"title", &PrinterRow::title}, Field{"kind", &PrinterRow::kind},
                          Field{"profile", &PrinterRow::profile},
                          Field{"first_seen_ms", &PrinterRow::first_seen},
                          Field{"last_seen_ms", &PrinterRow::last_seen});

}  // namespace

Result<void> see_printer(Session& session, const PrinterRow& row) {
  return kPrinters.find(session, "WHERE id = :id", row.id)
      .and_then([&](const std::optional<PrinterRow>& known) {
        PrinterRow seen = row;
        if (known) {
          seen.first_seen = known->first_seen;
        }
        return kPrinters.put(session, seen);
      });
}

Result<std::vector<PrinterRow>> all_printers(Session& session) {
  return kPrinters.select(session, "ORDER BY id");
}

}  // namespace stepcast::store
