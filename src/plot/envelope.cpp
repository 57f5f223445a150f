#include "envelope.hpp"

namespace stepcast::plot {

void Bin::add(Sample sample) {
  append(Bin{.used = true, .first = sample, .low = sample, .high = sample, .last = sample});
}

void Bin::append(const Bin& later) {
  if (!later.used) {
    return;
  }
  if (!used) {
    *this = later;
    return;
  }
  if (later.low.value < low.value) {
    low = later.low;
  }
  if (later.high.value > high.value) {
    high = later.high;
  }
  last = later.last;
}

void Envelope::add(Sample sample) {
  // A quotient beyond the bins may also be beyond any integer, so it is compared as a double.
  while (sample.t / span_ >= static_cast<double>(kBins)) {
    for (std::size_t i = 0; i < kBins / 2; ++i) {
      Bin merged = bins_[2 * i];
      merged.append(bins_[2 * i + 1]);
      bins_[i] = merged;
    }
    for (std::size_t i = kBins / 2; i < kBins; ++i) {
      bins_[i] = Bin{};
    }
    span_ *= 2;
  }
  bins_[static_cast<std::size_t>(sample.t / span_)].add(sample);
}

}  // namespace stepcast::plot
