#include "hear_source.hpp"

#include "stepcast/acoustic/hit_detector.hpp"
#include "stepcast/acoustic/waveform_file.hpp"

namespace stepcast::cli {
namespace {

constexpr double kMicro = 1e-6;
constexpr std::size_t kBlock = 1U << 16U;

}  // namespace

class HearSource::Waveform {
 public:
  Waveform(acoustic::WaveformFile file, acoustic::HitDetector detector)
      : file_(std::move(file)), detector_(std::move(detector)), block_(kBlock) {}

  Result<std::optional<acoustic::HitRow>> next() {
    while (at_ == hits_.size() && !finished_) {
      hits_.clear();
      at_ = 0;
      auto count = file_.read(block_);
      if (!count) {
        return tl::unexpected(count.error());
      }
      if (*count == 0) {
        detector_.finish(hits_);
        finished_ = true;
      } else if (auto fed = detector_.feed(std::span(block_).first(*count), hits_); !fed) {
        Error error = fed.error();
        error.location = file_.name();
        return tl::unexpected(std::move(error));
      }
    }
    if (at_ == hits_.size()) {
      return std::nullopt;
    }
    acoustic::HitRow row;
    row.hit = hits_[at_++];
    return row;
  }

 private:
  acoustic::WaveformFile file_;
  acoustic::HitDetector detector_;
  std::vector<float> block_;
  std::vector<acoustic::Hit> hits_;
  std::size_t at_ = 0;
  bool finished_ = false;
};

void HearSourceOptions::add_to(CLI::App& command) {
  auto* from_table = command.add_option(
      "hits", table, "Table of hits: CSV, TSV of the source, Vallen list, JSON lines");
  command.add_option("--unit", units, "COLUMN=UNIT where the table does not tell, as time=100ns");
  auto* from_waveform =
      command.add_option("--waveform", waveform, "Samples to find hits in, instead of a table");
  from_waveform->excludes(from_table);
  command
      .add_option("--format", format,
                  "Of the waveform: f32 or s16 (little-endian), text (a sample a line); auto goes "
                  "by the name's ending")
      ->check(CLI::IsMember({"auto", "f32", "s16", "text"}).description(""))
      ->capture_default_str();
  command.add_option("--rate", rate_hz, "Samples a second")->capture_default_str();
  command.add_option("--threshold-uv", threshold_uv, "Threshold at the sensor, uV")
      ->capture_default_str();
  command
      .add_option("--discrimination-us", discrimination_us,
                  "A hit is over after so long below the threshold, us")
      ->capture_default_str();
  command.add_option("--lockout-us", lockout_us, "No hit for so long after one, us")
      ->capture_default_str();
  command.add_option("--gain-db", gain_db, "Of the preamplifier between sensor and samples, dB")
      ->capture_default_str();
  command.add_option("--volts-per-count", volts_per_count, "What a sample of one stands for, V")
      ->capture_default_str();
}

HearSource::HearSource(HearSource&&) noexcept = default;
HearSource::~HearSource() = default;

Result<HearSource> HearSource::open(const HearSourceOptions& options, bool keep_waveforms) {
  HearSource source;
  if (!options.table.empty()) {
    auto table = acoustic::HitTable::open(
        options.table, {.keep_waveforms = keep_waveforms, .units = options.units});
    if (!table) {
      return tl::unexpected(table.error());
    }
    source.table_ = std::move(*table);
    return source;
  }
  if (options.waveform.empty()) {
    return fail(Errc::kInvalidArgument, "neither a table of hits nor a waveform is named", "hear",
                "stepcast hear HITS.csv, or stepcast hear --waveform FILE");
  }
  auto detector =
      acoustic::HitDetector::create({.sample_rate = Hertz{options.rate_hz},
                                     .threshold = acoustic::Volts{options.threshold_uv * kMicro},
                                     .discrimination = Seconds{options.discrimination_us * kMicro},
                                     .lockout = Seconds{options.lockout_us * kMicro},
                                     .preamplifier_db = options.gain_db});
  if (!detector) {
    return tl::unexpected(detector.error());
  }
  auto file =
      acoustic::WaveformFile::open(options.waveform, options.format, options.volts_per_count);
  if (!file) {
    return tl::unexpected(file.error());
  }
  source.waveform_ = std::make_unique<Waveform>(std::move(*file), std::move(*detector));
  return source;
}

Result<std::optional<acoustic::HitRow>> HearSource::next() {
  return table_ ? table_->next() : waveform_->next();
}

bool HearSource::measured() const {
  return waveform_ != nullptr;
}

}  // namespace stepcast::cli
