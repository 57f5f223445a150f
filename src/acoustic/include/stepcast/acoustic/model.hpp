#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/acoustic/hit.hpp"
#include "stepcast/base/result.hpp"

namespace stepcast::acoustic {

inline constexpr std::size_t kFeatureCount = 6;
inline constexpr std::size_t kHiddenCount = 32;

/// Natural logarithms of amplitude (V), duration (s), energy (eu), rms (V), rise time (s) and of
/// counts + 1, in this order; each is floored where instruments end, so a zero has a logarithm.
using Features = std::array<double, kFeatureCount>;
inline constexpr std::array<std::string_view, kFeatureCount> kFeatureNames{
    "log amplitude", "log duration", "log energy", "log rms", "log rise_time", "log (counts + 1)"};

/// @pre all quantities of the hit are finite and not negative
[[nodiscard]] Features features_of(const Hit& hit);

/// Logarithm of the given rms over that of the hit itself, which its energy and duration give: near
/// 0 where the instrument's rms is of the hit, far below where it is of the noise around it. The
/// two kinds of tables need models of their own.
[[nodiscard]] double rms_kind(const Features& features);

/// Six features, 32 rectified units, one logarithm of odds.
struct Network {
  std::array<std::array<double, kHiddenCount>, kFeatureCount> hidden_weights{};
  std::array<double, kHiddenCount> hidden_biases{};
  std::array<double, kHiddenCount> output_weights{};
  double output_bias = 0;

  [[nodiscard]] double log_odds(const Features& normalised) const;
};

/// Several networks that learned from one table, and what makes their mean a probability.
struct HitModel {
  std::string name;                        ///< "overflow".
  std::array<double, 2> rms_kind_range{};  ///< Of the hits it learned from.
  Features mean{};
  Features scale{};  ///< A feature minus its mean over its scale goes into the networks.
  std::vector<Network> networks;
  double slope = 1;  ///< Calibration: log odds = slope * mean of the networks + offset.
  double offset = 0;
  double prior = 0.5;   ///< Share of defected hits among those it learned from.
  std::string trained;  ///< A JSON object: what it learned from, and how; carried along.

  /// Calibrated logarithm of the odds that the hit is `defected`.
  [[nodiscard]] double log_odds(const Features& features) const;
};

[[nodiscard]] double probability_of(double log_odds);

/// What was said of a hit.
struct Verdict {
  bool defected = false;
  double probability = 0;  ///< That the hit is defected; `defected` from 0.5 on.
  double evidence = 0;     ///< Log odds without the prior: those of several hits add up.
  std::size_t model = 0;   ///< Which model of the judge spoke.
  bool familiar = true;    ///< False: unlike any hit that the model learned from.
};

[[nodiscard]] inline std::string_view prediction_of(bool defected) {
  return defected ? "defected" : "non-defected";
}

/// The models of a file, each for one kind of table. Immutable. Cost: a few microseconds a hit.
class Judge {
 public:
  [[nodiscard]] static Result<Judge> load(const std::string& path);
  [[nodiscard]] static Result<Judge> parse(std::string_view text, std::string_view name);
  /// @pre at least one model, each with a network
  explicit Judge(std::vector<HitModel> models);

  /// The model that learned from hits whose rms is of the same kind as this one's.
  [[nodiscard]] std::size_t model_for(const Features& features) const;
  /// @pre as for features_of
  [[nodiscard]] Verdict judge(const Hit& hit) const;
  /// By the model of that index, whatever the hit's rms is.
  [[nodiscard]] Verdict judge(const Hit& hit, std::size_t model) const;

  [[nodiscard]] const std::vector<HitModel>& models() const { return models_; }
  /// The file of these models.
  [[nodiscard]] std::string to_json() const;

 private:
  std::vector<HitModel> models_;
};

/// A decision over the last hits of a sequence: their evidence added up, as if either state were as
/// likely before. For hits that come from one state of the machine.
class HitWindow {
 public:
  /// @pre size is 1 or more
  explicit HitWindow(std::size_t size);

  void add(double evidence);
  /// As many hits as the window holds have been added.
  [[nodiscard]] bool full() const { return filled_ == evidence_.size(); }
  /// That the machine is in the defected state. @pre full()
  [[nodiscard]] double probability() const;

 private:
  std::vector<double> evidence_;
  std::size_t next_ = 0;
  std::size_t filled_ = 0;
};

}  // namespace stepcast::acoustic
