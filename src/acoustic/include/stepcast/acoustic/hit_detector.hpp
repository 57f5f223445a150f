#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stepcast/acoustic/hit.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"

namespace stepcast::acoustic {

/// How hits are told apart. The defaults are those of the source system's recorder.
struct HitSettings {
  Hertz sample_rate{2e6};
  Volts threshold{1e-3};  ///< At the sensor: what is beyond it, up or down, belongs to a hit.
  Seconds discrimination{0.01};  ///< A hit is over when the signal stayed inside for so long.
  Seconds lockout{0.0};          ///< After its end so long no other begins.
  Seconds longest{0.1};          ///< A hit that lasts longer is cut, and the next begins.
  double preamplifier_db = 0.0;  ///< Gain between sensor and samples.
};

/// Finds hits in a stream of samples of any length, in constant memory.
///
/// The blocks may be cut anywhere: the hits are the same to the last bit.
/// Cost: a few tenths of a nanosecond a sample between hits, about two inside.
/// Threads: one owner.
class HitDetector {
 public:
  /// @returns kOutOfRange for a rate, a threshold or a time that no recorder can have.
  [[nodiscard]] static Result<HitDetector> create(const HitSettings& settings);

  /// Appends the hits that are over to `hits`. Samples are volts as recorded, behind the
  /// preamplifier.
  /// @returns kMalformed at a sample that is no number; the detector is then of no more use.
  [[nodiscard]] Result<void> feed(std::span<const float> samples, std::vector<Hit>& hits);

  /// The recording is over: appends the hit that was not, if there is one.
  void finish(std::vector<Hit>& hits);

 private:
  enum class State : std::uint8_t { kIdle, kInside, kLocked };

  explicit HitDetector(const HitSettings& settings);
  [[nodiscard]] Result<const float*> follow(const float* sample, const float* end,
                                            std::vector<Hit>& hits);
  void begin();
  void close(std::vector<Hit>& hits);

  float threshold_ = 0;  // as recorded
  double rate_ = 0;
  double gain_ = 1;
  std::int64_t discrimination_ = 0;  // these in samples
  std::int64_t lockout_ = 0;
  std::int64_t longest_ = 0;

  State state_ = State::kIdle;
  std::int64_t position_ = 0;  // of the next sample
  std::int64_t locked_until_ = 0;
  std::int64_t first_ = 0;
  std::int64_t last_ = 0;
  std::int64_t peak_at_ = 0;
  float peak_ = 0;
  double squares_ = 0;        // up to last_
  double squares_since_ = 0;  // after it: part of the hit if another crossing comes
  std::int64_t counts_ = 0;
  bool above_ = false;  // the sample before was above the positive threshold
};

}  // namespace stepcast::acoustic
