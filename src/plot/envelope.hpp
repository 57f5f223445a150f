#pragma once

#include <cstddef>
#include <vector>

namespace stepcast::plot {

/// One value with its time, in s.
struct Sample {
  double t{};
  double value{};
};

/// What is kept of one line in one span of time. Empty when `used` is false.
struct Bin {
  bool used = false;
  Sample first, low, high, last;

  void add(Sample sample);
  /// Takes in the bin that follows in time.
  void append(const Bin& later);
};

/// A line of unknown duration in constant memory; see TimeChart.
class Envelope {
 public:
  // At least one for each pixel column, also when half are free after a merge; even, so that all
  // have a partner.
  static constexpr std::size_t kBins = 2048;
  // The spans begin as fine as the 1 kHz of planned positions.
  static constexpr double kFirstSpan = 1e-3;

  void add(Sample sample);
  [[nodiscard]] const std::vector<Bin>& bins() const { return bins_; }

 private:
  double span_ = kFirstSpan;
  std::vector<Bin> bins_ = std::vector<Bin>(kBins);
};

}  // namespace stepcast::plot
