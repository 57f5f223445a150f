#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/acoustic/hit.hpp"
#include "stepcast/base/result.hpp"

namespace stepcast::acoustic {

/// One row of a table of hits.
struct HitRow {
  Hit hit;
  std::optional<int> label;  ///< 0 non-defected, 1 defected; larger ones as the table has them.
  std::uint64_t line = 0;    ///< In the file, from 1.
  std::string waveform;      ///< Samples in V with commas between; only if asked for.
};

/// Reads hits from the tables that instruments and the source system write, told apart by their
/// first line:
///
/// - columns with commas, semicolons, tabs or blanks between, and a first line of names. Names are
///   known in many spellings ("amplitude", "AMP", "A"), units may stand behind them ("D [us]",
///   "amplitude_mv") or in a second line. Without a unit: V, s, eu; but dB and us under the short
///   names of Vallen's lists (A, R, D, CNTS). Columns of other names are passed over.
/// - one JSON object a line, as the recorder of the source sends them; without "rms" it is that of
///   "data".
///
/// A table of any length in constant memory. A value that is no number, not finite, or negative is
/// an error that names file, line, column and value. Threads: one owner.
class HitTable {
 public:
  struct Options {
    bool keep_waveforms = false;
    /// "amplitude=mV", "time=100ns": the unit of a column whose header does not tell.
    std::vector<std::string> units;
  };

  [[nodiscard]] static Result<HitTable> open(const std::filesystem::path& file, Options options);
  /// Reads from a stream that outlives the table; errors call it `name`.
  [[nodiscard]] static Result<HitTable> read(std::istream& stream, std::string name,
                                             Options options);

  HitTable(HitTable&&) noexcept;
  HitTable& operator=(HitTable&&) noexcept;
  ~HitTable();

  /// The next row, or nothing at the end.
  [[nodiscard]] Result<std::optional<HitRow>> next();

 private:
  class Impl;
  explicit HitTable(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// What a hit was judged to be, for the tables that say so.
struct TableVerdict {
  std::string_view prediction;
  double probability = 0;
};

/// The first line and one line for a hit of the tables that the source system stores (tabs), of the
/// plain CSV with SI units, and of a list in Vallen's units and names.
enum class TableFormat : std::uint8_t { kSource, kCsv, kVallen };
[[nodiscard]] std::string table_header(TableFormat format);
[[nodiscard]] std::string table_line(TableFormat format, const HitRow& row,
                                     std::optional<TableVerdict> verdict);

}  // namespace stepcast::acoustic
