#include "stepcast/acoustic/hit_detector.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>

#include <fmt/format.h>

namespace stepcast::acoustic {
namespace {

// Above any acoustic emission recorder; below where a float of volts has lost its meaning.
constexpr double kHighestRate = 1e9;
constexpr double kHighestThreshold = 1e3;
constexpr double kLowestThreshold = 1e-9;
constexpr double kLongestTime = 3600.0;
constexpr double kHighestGain = 120.0;

// A magnitude as an integer: ordered as the magnitudes are, with infinities and NaN above all.
std::uint32_t magnitude_bits(float sample) {
  return std::bit_cast<std::uint32_t>(sample) & 0x7fffffffU;
}

// The first sample beyond the threshold or no number. Whole blocks are tested without a branch,
// which the compiler turns into vector instructions.
const float* find_beyond(const float* sample, const float* end, float threshold) {
  constexpr std::ptrdiff_t kBlock = 64;
  const std::uint32_t limit = magnitude_bits(threshold);
  while (end - sample >= kBlock) {
    std::uint32_t beyond = 0;
    for (std::ptrdiff_t i = 0; i < kBlock; ++i) {
      beyond |= static_cast<std::uint32_t>(magnitude_bits(sample[i]) > limit);
    }
    if (beyond != 0) {
      break;
    }
    sample += kBlock;
  }
  while (sample != end && magnitude_bits(*sample) <= limit) {
    ++sample;
  }
  return sample;
}

Result<void> check_setting(const char* name, double value, double lowest, double highest) {
  if (value >= lowest && value <= highest) {
    return {};
  }
  return fail(Errc::kOutOfRange, fmt::format("{} is {:g}, it must be from {:g} to {:g}", name,
                                             value, lowest, highest));
}

std::int64_t in_samples(Seconds time, double rate) {
  return static_cast<std::int64_t>(std::llround(time.v * rate));
}

}  // namespace

Result<HitDetector> HitDetector::create(const HitSettings& settings) {
  const double sample = 1.0 / std::max(settings.sample_rate.v, 1.0);
  for (const auto& checked :
       {check_setting("the sample rate in Hz", settings.sample_rate.v, 1.0, kHighestRate),
        check_setting("the threshold in V", settings.threshold.v, kLowestThreshold,
                      kHighestThreshold),
        check_setting("the duration discrimination time in s", settings.discrimination.v, sample,
                      kLongestTime),
        check_setting("the lockout in s", settings.lockout.v, 0.0, kLongestTime),
        check_setting("the longest duration in s", settings.longest.v, sample, kLongestTime),
        check_setting("the gain in dB", settings.preamplifier_db, -kHighestGain, kHighestGain)}) {
    if (!checked) {
      return tl::unexpected(checked.error());
    }
  }
  return HitDetector(settings);
}

HitDetector::HitDetector(const HitSettings& settings)
    : rate_(settings.sample_rate.v),
      gain_(std::pow(10.0, settings.preamplifier_db / 20.0)),
      discrimination_(in_samples(settings.discrimination, rate_)),
      lockout_(in_samples(settings.lockout, rate_)),
      longest_(in_samples(settings.longest, rate_)) {
  threshold_ = static_cast<float>(settings.threshold.v * gain_);
}

Result<void> HitDetector::feed(std::span<const float> samples, std::vector<Hit>& hits) {
  const float* sample = samples.data();
  const float* const end = sample + samples.size();
  while (sample != end) {
    if (state_ == State::kLocked) {
      const auto skipped = std::min<std::int64_t>(end - sample, locked_until_ - position_);
      sample += skipped;
      position_ += skipped;
      state_ = position_ == locked_until_ ? State::kIdle : State::kLocked;
      continue;
    }
    if (state_ == State::kIdle) {
      const float* beyond = find_beyond(sample, end, threshold_);
      position_ += beyond - sample;
      sample = beyond;
      if (sample == end) {
        break;
      }
      begin();
    }
    auto after = follow(sample, end, hits);
    if (!after) {
      return tl::unexpected(after.error());
    }
    sample = *after;
  }
  return {};
}

void HitDetector::begin() {
  state_ = State::kInside;
  first_ = last_ = peak_at_ = position_;
  peak_ = 0;
  squares_ = squares_since_ = 0;
  counts_ = 0;
  above_ = false;
}

// From inside a hit until it is over or the block is.
Result<const float*> HitDetector::follow(const float* sample, const float* end,
                                         std::vector<Hit>& hits) {
  for (; sample != end; ++sample, ++position_) {
    if (position_ - last_ >= discrimination_ || position_ - first_ >= longest_) {
      close(hits);
      return sample;
    }
    const float value = *sample;
    const float magnitude = std::fabs(value);
    squares_since_ += static_cast<double>(value) * static_cast<double>(value);
    if (!(magnitude <= threshold_)) {
      if (!std::isfinite(value)) {
        return fail(Errc::kMalformed,
                    fmt::format("sample {} is {}, not a number of volts", position_, value));
      }
      squares_ += squares_since_;
      squares_since_ = 0;
      last_ = position_;
      if (magnitude > peak_) {
        peak_ = magnitude;
        peak_at_ = position_;
      }
    }
    const bool above = value > threshold_;
    counts_ += static_cast<std::int64_t>(above && !above_);
    above_ = above;
  }
  return sample;
}

void HitDetector::close(std::vector<Hit>& hits) {
  const auto seconds = [&](std::int64_t samples) {
    return Seconds{static_cast<double>(samples) / rate_};
  };
  const auto inside = static_cast<double>(last_ - first_ + 1);
  hits.push_back(
      {.time = seconds(first_),
       .amplitude = Volts{static_cast<double>(peak_) / gain_},
       .duration = seconds(last_ - first_),
       .energy = EnergyUnits{squares_ / (gain_ * gain_) / rate_ / kVoltSquareSecondsPerEu},
       .rms = Volts{std::sqrt(squares_ / inside) / gain_},
       .rise_time = seconds(peak_at_ - first_),
       .counts = static_cast<double>(counts_)});
  locked_until_ = position_ + lockout_;
  state_ = lockout_ > 0 ? State::kLocked : State::kIdle;
}

void HitDetector::finish(std::vector<Hit>& hits) {
  if (state_ == State::kInside) {
    close(hits);
    state_ = State::kIdle;
  }
}

}  // namespace stepcast::acoustic
