#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/jobs/queue.hpp"
#include "stepcast/store/queue.hpp"

namespace stepcast::jobs {

/// Whether `printer` is one of those that an entry is for.
[[nodiscard]] bool is_for(const store::QueueRow& row, const Queue::Printer& printer);

/// What has become of the copies of an entry.
struct Copies {
  std::int64_t waiting{};
  std::int64_t under_way{};
  std::int64_t done{};
  std::int64_t failed{};
};
/// `jobs`: the states of the jobs of `starts`, by id.
[[nodiscard]] Copies count_copies(const store::QueueRow& row,
                                  const std::vector<store::QueueStartRow>& starts,
                                  const std::map<std::string, std::string>& jobs);

/// Why the set-up of a printer does not suit an entry; empty: it does. Whole sentences.
[[nodiscard]] std::vector<std::string> setup_faults(
    const store::QueueRow& row, const Queue::Printer& printer,
    const std::optional<store::PrinterSetupRow>& setup);
/// Why the file cannot be printed on a printer.
[[nodiscard]] std::vector<std::string> file_faults(const store::QueueRow& row,
                                                   const std::optional<files::Entry>& file);

/// In PrinterSetupRow::bed_job: nobody has looked yet. No job has this id.
inline constexpr const char* kUnknownBed = "?";
[[nodiscard]] bool is_bed_clear(const Queue::Printer& printer,
                                const std::optional<store::PrinterSetupRow>& setup);
/// The nozzle that somebody has named, or the profile's.
[[nodiscard]] Mm nozzle_of(const Queue::Printer& printer,
                           const std::optional<store::PrinterSetupRow>& setup);

/// @returns kOutOfRange: a name too long, a nozzle that nobody makes.
[[nodiscard]] Result<void> check_loaded(std::string_view material, const std::optional<Mm>& nozzle);
[[nodiscard]] std::optional<double> mm_of(const std::optional<Mm>& length);

/// Without `unmet`.
[[nodiscard]] QueueEntry entry_of_rows(const store::QueueRow& row,
                                       const std::vector<store::QueueStartRow>& starts,
                                       const std::map<std::string, std::string>& jobs);

}  // namespace stepcast::jobs
