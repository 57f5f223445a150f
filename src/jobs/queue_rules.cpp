#include "queue_rules.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include <fmt/format.h>

namespace stepcast::jobs {
namespace {

// Nozzles differ by 0.05 mm at least; figures may have gone through other units.
constexpr double kSameNozzleMm = 0.01;
// Materials are words on a spool, not stories.
constexpr std::size_t kLongestMaterial = 60;
constexpr Mm kWidestNozzle{5.0};

bool same_material(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

bool has_ended(const std::string& job_state) {
  return job_state == "done" || job_state == "cancelled" || job_state == "failed";
}

}  // namespace

std::string_view queue_state_text(QueueEntry::State state) {
  switch (state) {
    case QueueEntry::State::kWaiting:
      return "waiting";
    case QueueEntry::State::kPrinting:
      return "printing";
    case QueueEntry::State::kDone:
      return "done";
    case QueueEntry::State::kCancelled:
      return "cancelled";
    case QueueEntry::State::kExpired:
      break;
  }
  return "expired";
}

bool is_for(const store::QueueRow& row, const Queue::Printer& printer) {
  if (!row.printer.empty()) {
    return row.printer == printer.runner->identity().id;
  }
  return row.group.empty() || row.group == printer.group;
}

Copies count_copies(const store::QueueRow& row, const std::vector<store::QueueStartRow>& starts,
                    const std::map<std::string, std::string>& jobs) {
  Copies copies;
  for (const store::QueueStartRow& start : starts) {
    if (start.state == "expired") {
      continue;
    }
    const auto job = jobs.find(start.id);
    if (job == jobs.end() || !has_ended(job->second)) {
      ++copies.under_way;
    } else if (job->second == "done") {
      ++copies.done;
    } else {
      ++copies.failed;
    }
  }
  if (row.closed.empty()) {
    copies.waiting = row.copies - copies.under_way - copies.done - copies.failed;
  }
  return copies;
}

bool is_bed_clear(const Queue::Printer& printer,
                  const std::optional<store::PrinterSetupRow>& setup) {
  return setup ? setup->bed_job.empty() : printer.clears_itself;
}

Mm nozzle_of(const Queue::Printer& printer, const std::optional<store::PrinterSetupRow>& setup) {
  return Mm(setup && setup->nozzle_mm ? *setup->nozzle_mm : printer.runner->identity().nozzle_mm);
}

std::vector<std::string> setup_faults(const store::QueueRow& row, const Queue::Printer& printer,
                                      const std::optional<store::PrinterSetupRow>& setup) {
  std::vector<std::string> faults;
  if (setup && setup->queue_paused) {
    faults.emplace_back("Its queue is paused.");
  }
  if (!is_bed_clear(printer, setup)) {
    faults.push_back(setup && setup->bed_job != kUnknownBed
                         ? fmt::format("Its bed has not been cleared since job {}.", setup->bed_job)
                         : "Nobody has said yet that its bed is clear.");
  }
  const std::string loaded = setup ? setup->material : std::string();
  if (!row.material.empty() && !same_material(row.material, loaded)) {
    faults.push_back(
        loaded.empty()
            ? fmt::format("{} is needed, and nobody has said what is loaded.", row.material)
            : fmt::format("{} is needed, and {} is loaded.", row.material, loaded));
  }
  const Mm nozzle = nozzle_of(printer, setup);
  if (row.nozzle_mm && std::abs(*row.nozzle_mm - nozzle.v) > kSameNozzleMm) {
    faults.push_back(
        fmt::format("A nozzle of {:.2f} mm is needed, and one of {:.2f} mm is mounted.",
                    *row.nozzle_mm, nozzle.v));
  }
  return faults;
}

std::vector<std::string> file_faults(const store::QueueRow& row,
                                     const std::optional<files::Entry>& file) {
  if (!file || file->is_folder) {
    return {fmt::format("The file {} is gone.", row.file)};
  }
  if (file->sha256 != row.sha256) {
    return {fmt::format("The file {} has been replaced since it was queued.", row.file)};
  }
  if (!file->analysis) {
    return {"The file is still being analysed."};
  }
  if (!file->analysis->error.empty()) {
    return {fmt::format("The file cannot be printed here: {}", file->analysis->error)};
  }
  return {};
}

Result<void> check_loaded(std::string_view material, const std::optional<Mm>& nozzle) {
  if (material.size() > kLongestMaterial) {
    return fail(Errc::kOutOfRange,
                fmt::format("the name of the material has {} bytes", material.size()), {},
                fmt::format("up to {} are possible", kLongestMaterial));
  }
  if (nozzle && !(nozzle->v > 0 && *nozzle <= kWidestNozzle)) {
    return fail(Errc::kOutOfRange, fmt::format("the nozzle is {} mm wide", nozzle->v), {},
                fmt::format("above 0, up to {} mm are possible", kWidestNozzle.v));
  }
  return {};
}

std::optional<double> mm_of(const std::optional<Mm>& length) {
  return length ? std::optional<double>(length->v) : std::nullopt;
}

QueueEntry entry_of_rows(const store::QueueRow& row,
                         const std::vector<store::QueueStartRow>& starts,
                         const std::map<std::string, std::string>& jobs) {
  QueueEntry entry;
  entry.id = row.id;
  entry.target = {row.printer, row.group};
  entry.file = row.file;
  entry.sha256 = row.sha256;
  entry.user = row.user;
  entry.priority = row.priority;
  entry.copies = row.copies;
  const Copies copies = count_copies(row, starts, jobs);
  entry.waiting = copies.waiting;
  entry.under_way = copies.under_way;
  entry.done = copies.done;
  entry.failed = copies.failed;
  entry.needs.material = row.material;
  if (row.nozzle_mm) {
    entry.needs.nozzle = Mm(*row.nozzle_mm);
  }
  entry.created = row.created;
  entry.expires = row.expires;
  entry.closed = row.closed_at;
  using State = QueueEntry::State;
  entry.state = row.closed == "cancelled" ? State::kCancelled
                : row.closed == "expired" ? State::kExpired
                : copies.waiting > 0      ? State::kWaiting
                : copies.under_way > 0    ? State::kPrinting
                                          : State::kDone;
  for (const store::QueueStartRow& start : starts) {
    const auto job = jobs.find(start.id);
    entry.starts.push_back({.id = start.id,
                            .printer = start.printer,
                            .state = job == jobs.end() ? start.state : job->second,
                            .claimed = start.claimed,
                            .expires = start.expires,
                            .reason = start.reason});
  }
  return entry;
}

}  // namespace stepcast::jobs
