#include "stepcast/acoustic/hit_table.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <istream>

#include <fmt/format.h>

#include "hit_text.hpp"

namespace stepcast::acoustic {
namespace {

// A waveform of a second at 2 MS/s in decimals fits; a file without line ends must not fill memory.
constexpr std::size_t kLongestLine = 64U << 20U;
constexpr std::size_t kReadBytes = 256U << 10U;

// Lines of a stream, without their ends.
class Lines {
 public:
  explicit Lines(std::istream& stream) : stream_(&stream) {}

  Result<bool> next(std::string& line) {
    line.clear();
    for (;;) {
      if (at_ == buffer_.size()) {
        buffer_.resize(kReadBytes);
        stream_->read(buffer_.data(), static_cast<std::streamsize>(kReadBytes));
        buffer_.resize(static_cast<std::size_t>(stream_->gcount()));
        at_ = 0;
        if (stream_->bad()) {
          return fail(Errc::kIo, "cannot be read");
        }
        if (buffer_.empty()) {
          number_ += line.empty() ? 0U : 1U;
          return !line.empty();
        }
      }
      const auto end = buffer_.find('\n', at_);
      const auto stop = end == std::string::npos ? buffer_.size() : end;
      line.append(buffer_, at_, stop - at_);
      at_ = end == std::string::npos ? stop : stop + 1;
      if (line.size() > kLongestLine) {
        return fail(Errc::kMalformed,
                    fmt::format("line {} is longer than {} MiB", number_ + 1, kLongestLine >> 20U));
      }
      if (end != std::string::npos) {
        ++number_;
        if (line.ends_with('\r')) {
          line.pop_back();
        }
        if (line.empty()) {
          continue;  // empty lines are no rows
        }
        return true;
      }
    }
  }

  [[nodiscard]] std::uint64_t number() const { return number_; }

 private:
  std::istream* stream_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::uint64_t number_ = 0;
};

}  // namespace

class HitTable::Impl {
 public:
  Impl(std::unique_ptr<std::istream> own, std::istream& stream, std::string name, Options options)
      : own_(std::move(own)),
        lines_(stream),
        name_(std::move(name)),
        options_(std::move(options)) {}

  Result<void> begin() {
    auto there = read_line();
    if (!there) {
      return tl::unexpected(there.error());
    }
    if (line_.starts_with("\xEF\xBB\xBF")) {
      line_.erase(0, 3);
    }
    if (!*there || trimmed(line_).empty()) {
      return fail(Errc::kMalformed, "is empty", name_,
                  "a table of hits begins with the names of its columns");
    }
    if (line_.starts_with("SQLite format 3")) {
      return fail(Errc::kUnsupported, "is a database of the instrument, not a table", name_,
                  "export the hits as text (ASCII or CSV) with the instrument's program");
    }
    if (trimmed(line_).front() == '{') {
      json_ = true;
      pending_ = true;
      return {};
    }
    return read_names();
  }

  Result<std::optional<HitRow>> next() {
    for (;;) {
      if (!pending_) {
        auto there = read_line();
        if (!there) {
          return tl::unexpected(there.error());
        }
        if (!*there) {
          return std::nullopt;
        }
      }
      pending_ = false;
      if (trimmed(line_).empty()) {
        continue;
      }
      HitRow row;
      row.line = lines_.number();
      auto is_hit = parse(row);
      if (!is_hit) {
        return located(is_hit.error(), row.line);
      }
      if (*is_hit) {
        return row;
      }
    }
  }

 private:
  Result<bool> read_line() {
    auto there = lines_.next(line_);
    if (!there) {
      return fail(there.error().code, there.error().message, name_);
    }
    return there;
  }

  [[nodiscard]] tl::unexpected<Error> located(Error error, std::uint64_t line) const {
    error.location = fmt::format("{}:{}", name_, line);
    return tl::unexpected(std::move(error));
  }

  Result<void> read_names() {
    separator_ = separator_of(line_);
    split(line_, separator_, parts_);
    for (const std::string_view part : parts_) {
      columns_.push_back(column_of(part));
    }
    const std::uint64_t header = lines_.number();
    const std::string names = line_;
    auto there = read_line();
    if (!there) {
      return tl::unexpected(there.error());
    }
    pending_ = *there;
    if (pending_ && is_unit_line(line_)) {
      pending_ = false;
      if (auto done = apply_unit_line(names, line_, separator_, columns_); !done) {
        return located(done.error(), lines_.number());
      }
    }
    if (auto done = set_units(columns_, options_.units); !done) {
      return located(done.error(), header);
    }
    if (auto done = check_columns(columns_); !done) {
      return located(done.error(), header);
    }
    return {};
  }

  Result<bool> parse(HitRow& row) {
    if (json_) {
      if (auto filled = fill_row_from_json(line_, options_.keep_waveforms, row); !filled) {
        return tl::unexpected(filled.error());
      }
      return true;
    }
    split(line_, separator_, parts_);
    if (parts_.size() != columns_.size()) {
      return fail(Errc::kMalformed, fmt::format("{} values, but the first line names {} columns",
                                                parts_.size(), columns_.size()));
    }
    return fill_row(columns_, parts_, options_.keep_waveforms, row);
  }

  std::unique_ptr<std::istream> own_;
  Lines lines_;
  std::string name_;
  Options options_;
  std::string line_;
  std::vector<std::string_view> parts_;
  std::vector<Column> columns_;
  Separator separator_;
  bool json_ = false;
  bool pending_ = false;  // line_ holds a row that is not read yet
};

HitTable::HitTable(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HitTable::HitTable(HitTable&&) noexcept = default;
HitTable& HitTable::operator=(HitTable&&) noexcept = default;
HitTable::~HitTable() = default;

Result<HitTable> HitTable::open(const std::filesystem::path& file, Options options) {
  auto stream = std::make_unique<std::ifstream>(file, std::ios::binary);
  if (!*stream) {
    return fail(errno == ENOENT ? Errc::kNotFound : Errc::kIo,
                fmt::format("cannot be opened: {}", std::strerror(errno)), file.string());
  }
  std::istream& reference = *stream;
  HitTable table(
      std::make_unique<Impl>(std::move(stream), reference, file.string(), std::move(options)));
  if (auto begun = table.impl_->begin(); !begun) {
    return tl::unexpected(begun.error());
  }
  return table;
}

Result<HitTable> HitTable::read(std::istream& stream, std::string name, Options options) {
  HitTable table(std::make_unique<Impl>(nullptr, stream, std::move(name), std::move(options)));
  if (auto begun = table.impl_->begin(); !begun) {
    return tl::unexpected(begun.error());
  }
  return table;
}

Result<std::optional<HitRow>> HitTable::next() {
  return impl_->next();
}

std::string table_header(TableFormat format) {
  switch (format) {
    case TableFormat::kSource:
      return "timestamp\ttrai\tamplitude\tduration\tenergy\trms\trise_time\tcounts\tsamples\t"
             "waveform\tclass\tprobability";
    case TableFormat::kCsv:
      return "time,trai,amplitude,duration,energy,rms,rise_time,counts,label";
    case TableFormat::kVallen:
      break;
  }
  return "Id\ttime [s]\tA [dB]\tR [us]\tD [us]\tCNTS\tE [eu]\tRMS [uV]\tTRAI";
}

std::string table_line(TableFormat format, const HitRow& row, std::optional<TableVerdict> verdict) {
  constexpr double kMicro = 1e6;
  const Hit& hit = row.hit;
  switch (format) {
    case TableFormat::kSource: {
      const auto samples = row.waveform.empty() ? 0 : std::ranges::count(row.waveform, ',') + 1;
      return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}", hit.time.v, hit.record,
                         hit.amplitude.v, hit.duration.v, hit.energy.v, hit.rms.v, hit.rise_time.v,
                         hit.counts, samples, row.waveform,
                         verdict     ? verdict->prediction
                         : row.label ? (*row.label == 0 ? "non-defected" : "defected")
                                     : "",
                         verdict ? fmt::format("{}", verdict->probability) : "");
    }
    case TableFormat::kCsv:
      return fmt::format("{},{},{},{},{},{},{},{},{}", hit.time.v, hit.record, hit.amplitude.v,
                         hit.duration.v, hit.energy.v, hit.rms.v, hit.rise_time.v, hit.counts,
                         row.label ? fmt::format("{}", *row.label) : "");
    case TableFormat::kVallen:
      break;
  }
  return fmt::format("Ht\t{}\t{:.2f}\t{:.1f}\t{:.1f}\t{}\t{}\t{:.4g}\t{}", hit.time.v,
                     decibels(hit.amplitude), hit.rise_time.v * kMicro, hit.duration.v * kMicro,
                     hit.counts, hit.energy.v, hit.rms.v * kMicro, hit.record);
}

}  // namespace stepcast::acoustic
