#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stepcast::metrics {

using Label = std::pair<std::string_view, std::string_view>;
using Labels = std::initializer_list<Label>;

/// One answer to a scrape, in the text format 0.0.4 of Prometheus.
///
/// Samples may come in any order; those of a family are written together, as the format wants,
/// under the help of the first. Names carry their unit: `_seconds`, `_bytes`, `_celsius`, `_ratio`;
/// counters end in `_total`.
///
/// Threads: one at a time.
class Page {
 public:
  void gauge(std::string_view name, std::string_view help, Labels labels, double value);
  void counter(std::string_view name, std::string_view help, Labels labels, std::uint64_t value);
  void counter(std::string_view name, std::string_view help, Labels labels, double value);

  struct Histogram {
    std::vector<double> bounds;         ///< Rising, without +Inf.
    std::vector<std::uint64_t> counts;  ///< One more than bounds; of each bucket alone.
    double sum{};
  };
  void histogram(std::string_view name, std::string_view help, Labels labels,
                 const Histogram& histogram);

  [[nodiscard]] std::string text() const;

 private:
  struct Family {
    std::string head;
    std::string samples;
  };
  std::string& samples_of(std::string_view name, std::string_view help, std::string_view type);

  std::map<std::string, Family, std::less<>> families_;
};

/// For Content-Type.
inline constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace stepcast::metrics
