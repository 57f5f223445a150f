// What the queue knows of printers that they do not tell themselves.
#include <utility>

#include <fmt/format.h>

#include "event_payloads.hpp"
#include "queue_impl.hpp"
#include "queue_rules.hpp"

namespace stepcast::jobs {

Result<PrinterSetup> Queue::Impl::setup(std::string_view id) const {
  const auto printer = known_printer(id);
  if (!printer) {
    return tl::unexpected(printer.error());
  }
  std::optional<store::PrinterSetupRow> row;
  auto read = store_.read([&](store::Session& session) {
    return store::find_printer_setup(session, id).map([&](auto found) { row = std::move(found); });
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  PrinterSetup setup;
  setup.printer = id;
  setup.group = (*printer)->group;
  setup.bed_clear = is_bed_clear(**printer, row);
  setup.nozzle = nozzle_of(**printer, row);
  if (row) {
    setup.bed_job = row->bed_job == kUnknownBed ? std::string() : row->bed_job;
    setup.material = row->material;
    setup.queue_paused = row->queue_paused;
  }
  return setup;
}

/// Changes what is known of a printer in one transaction. What nobody has said yet stays unknown: a
/// row of its own would call the bed clear.
Result<void> Queue::Impl::change_setup(
    std::string_view id,
    const std::function<Result<void>(store::Session&, store::PrinterSetupRow&)>& how) {
  const auto printer = known_printer(id);
  if (!printer) {
    return tl::unexpected(printer.error());
  }
  auto written = store_.write([&](store::Session& session) -> Result<void> {
    auto row = store::find_printer_setup(session, id);
    if (!row) {
      return tl::unexpected(row.error());
    }
    store::PrinterSetupRow changed;
    changed.printer = id;
    changed.bed_job = (*printer)->clears_itself ? "" : kUnknownBed;
    if (*row) {
      changed = **row;
    }
    if (auto done = how(session, changed); !done) {
      return done;
    }
    return store::put_printer_setup(session, changed);
  });
  wake();
  return written;
}

Result<void> Queue::Impl::pause(std::string_view printer, bool paused, std::string_view user) {
  store::PrinterSetupRow now;
  return change_setup(printer,
                      [&](store::Session& /*session*/, store::PrinterSetupRow& setup) {
                        setup.queue_paused = paused;
                        now = setup;
                        return Result<void>{};
                      })
      .map([&] {
        events_.append(paused ? "QueuePaused" : "QueueResumed", std::string(printer), {},
                       setup_payload(now, user));
      });
}

Result<void> Queue::Impl::bed_cleared(std::string_view printer, std::string_view job,
                                      std::string_view user) {
  store::PrinterSetupRow now;
  auto cleared = change_setup(
      printer, [&](store::Session& session, store::PrinterSetupRow& setup) -> Result<void> {
        if (setup.bed_job != job && setup.bed_job != kUnknownBed) {
          return fail(Errc::kBusy,
                      setup.bed_job.empty()
                          ? fmt::format("nothing lies on the bed of {}", printer)
                          : fmt::format("job {} lies on the bed of {}", setup.bed_job, printer),
                      {}, "look again, and confirm for that job");
        }
        const auto row = store::find_job(session, setup.bed_job);
        if (!row) {
          return tl::unexpected(row.error());
        }
        if (*row && !(*row)->ended) {
          return fail(Errc::kBusy, fmt::format("job {} is under way", setup.bed_job), {},
                      "wait for its end, or cancel it");
        }
        setup.bed_job.clear();
        now = setup;
        return {};
      });
  if (!cleared) {
    return cleared;
  }
  events_.append("BedCleared", std::string(printer), std::string(job), setup_payload(now, user));
  return {};
}

Result<void> Queue::Impl::set_loaded(std::string_view printer, std::string_view material,
                                     std::optional<Mm> nozzle, std::string_view user) {
  if (auto good = check_loaded(material, nozzle); !good) {
    return good;
  }
  store::PrinterSetupRow now;
  return change_setup(printer,
                      [&](store::Session& /*session*/, store::PrinterSetupRow& setup) {
                        setup.material = material;
                        setup.nozzle_mm = mm_of(nozzle);
                        now = setup;
                        return Result<void>{};
                      })
      .map([&] {
        events_.append("PrinterLoaded", std::string(printer), {}, setup_payload(now, user));
      });
}

}  // namespace stepcast::jobs
