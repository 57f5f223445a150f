#include "stepcast/planner/slow_zones.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace stepcast::planner {
namespace {

// The smallest share of the zones that cover each move in a sweep over sorted boundaries.
class Sweep {
 public:
  explicit Sweep(std::span<const SlowZone> zones) {
    for (const SlowZone& zone : zones) {
      opening_.emplace_back(zone.first, zone.share);
      closing_.emplace_back(zone.last + 1, zone.share);
    }
    std::sort(opening_.begin(), opening_.end());
    std::sort(closing_.begin(), closing_.end());
  }

  // Share at `move`; moves must be asked for in rising order.
  double at(std::int64_t move) {
    for (; opened_ < opening_.size() && opening_[opened_].first <= move; ++opened_) {
      shares_.insert(opening_[opened_].second);
    }
    for (; closed_ < closing_.size() && closing_[closed_].first <= move; ++closed_) {
      shares_.erase(shares_.find(closing_[closed_].second));
    }
    return shares_.empty() ? 1.0 : *shares_.begin();
  }

 private:
  std::vector<std::pair<std::int64_t, double>> opening_;
  std::vector<std::pair<std::int64_t, double>> closing_;
  std::multiset<double> shares_;
  std::size_t opened_ = 0;
  std::size_t closed_ = 0;
};

}  // namespace

std::vector<SlowZone> combine(std::span<const SlowZone> zones, std::span<const SlowZone> added) {
  std::vector<std::int64_t> edges;
  for (const auto& list : {zones, added}) {
    for (const SlowZone& zone : list) {
      edges.push_back(zone.first);
      edges.push_back(zone.last + 1);
    }
  }
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  Sweep before(zones);
  Sweep after(added);
  std::vector<SlowZone> combined;
  for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
    const double share = before.at(edges[i]) * after.at(edges[i]);
    if (share < 1.0) {
      combined.push_back({edges[i], edges[i + 1] - 1, share});
    }
  }
  return combined;
}

ZoneSource::ZoneSource(MoveSource& source, std::vector<SlowZone> zones)
    : source_(source), zones_(std::move(zones)) {}

Result<bool> ZoneSource::next(ToolpathItem& item) {
  auto more = source_.next(item);
  if (!more || !*more) {
    return more;
  }
  if (Move* move = std::get_if<Move>(&item)) {
    while (next_zone_ < zones_.size() && zones_[next_zone_].last < move->number) {
      ++next_zone_;
    }
    if (next_zone_ < zones_.size() && zones_[next_zone_].first <= move->number) {
      move->speed = move->speed * zones_[next_zone_].share;
    }
  }
  return true;
}

}  // namespace stepcast::planner
