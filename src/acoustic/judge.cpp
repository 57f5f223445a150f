#include <algorithm>
#include <cmath>
#include <numeric>

#include "stepcast/acoustic/model.hpp"
#include "stepcast/base/contracts.hpp"

namespace stepcast::acoustic {
namespace {

// Hits of the same kind scatter in the logarithm of their rms; the two kinds lie a factor of ten
// and more apart.
constexpr double kKindMargin = 0.7;
// A feature so many standard deviations from the mean of what was learned from is outside of it.
constexpr double kUnfamiliar = 6.0;

double outside(double value, const std::array<double, 2>& range) {
  return std::max({range[0] - value, value - range[1], 0.0});
}

double odds_of_prior(double prior) {
  return std::log(prior / (1.0 - prior));
}

}  // namespace

double probability_of(double log_odds) {
  return 1.0 / (1.0 + std::exp(-log_odds));
}

double HitModel::log_odds(const Features& features) const {
  Features x;
  for (std::size_t j = 0; j < kFeatureCount; ++j) {
    x[j] = (features[j] - mean[j]) / scale[j];
  }
  double sum = 0;
  for (const Network& network : networks) {
    sum += network.log_odds(x);
  }
  return slope * (sum / static_cast<double>(networks.size())) + offset;
}

Judge::Judge(std::vector<HitModel> models) : models_(std::move(models)) {
  STEPCAST_CHECK(!models_.empty());
  for (const HitModel& model : models_) {
    STEPCAST_CHECK(!model.networks.empty());
    STEPCAST_CHECK(model.prior > 0 && model.prior < 1);
  }
}

std::size_t Judge::model_for(const Features& features) const {
  const double kind = rms_kind(features);
  const auto nearest = std::ranges::min_element(
      models_, {}, [&](const HitModel& model) { return outside(kind, model.rms_kind_range); });
  return static_cast<std::size_t>(nearest - models_.begin());
}

Verdict Judge::judge(const Hit& hit) const {
  return judge(hit, model_for(features_of(hit)));
}

Verdict Judge::judge(const Hit& hit, std::size_t model) const {
  const HitModel& speaker = models_.at(model);
  const Features features = features_of(hit);
  const double log_odds = speaker.log_odds(features);
  bool familiar = outside(rms_kind(features), speaker.rms_kind_range) <= kKindMargin;
  for (std::size_t j = 0; j < kFeatureCount; ++j) {
    familiar =
        familiar && std::fabs(features[j] - speaker.mean[j]) <= kUnfamiliar * speaker.scale[j];
  }
  return {.defected = log_odds >= 0,
          .probability = probability_of(log_odds),
          .evidence = log_odds - odds_of_prior(speaker.prior),
          .model = model,
          .familiar = familiar};
}

HitWindow::HitWindow(std::size_t size) : evidence_(size, 0.0) {
  STEPCAST_CHECK(size >= 1);
}

void HitWindow::add(double evidence) {
  evidence_[next_] = evidence;
  next_ = (next_ + 1) % evidence_.size();
  filled_ = std::min(filled_ + 1, evidence_.size());
}

double HitWindow::probability() const {
  STEPCAST_CHECK(full());
  return probability_of(std::accumulate(evidence_.begin(), evidence_.end(), 0.0));
}

}  // namespace stepcast::acoustic
