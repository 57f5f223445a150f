#include "stepcast/metrics/page.hpp"

#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "stepcast/base/contracts.hpp"

namespace stepcast::metrics {
namespace {

void append_escaped(std::string& out, std::string_view text, bool quote) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\\' || (quote && c == '"')) {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
}

void append_name(std::string& out, std::string_view name, std::string_view suffix, Labels labels,
                 std::string_view bound = {}) {
  out += name;
  out += suffix;
  char before = '{';
  const auto append = [&](std::string_view label, std::string_view value) {
    out += before;
    before = ',';
    out += label;
    out += "=\"";
    append_escaped(out, value, /*quote=*/true);
    out += '"';
  };
  for (const auto& [label, value] : labels) {
    append(label, value);
  }
  if (!bound.empty()) {
    append("le", bound);
  }
  if (before == ',') {
    out += '}';
  }
  out += ' ';
}

std::string number(double value) {
  if (std::isnan(value)) {
    return "NaN";
  }
  if (std::isinf(value)) {
    return value > 0 ? "+Inf" : "-Inf";
  }
  return fmt::format("{}", value);
}

}  // namespace

std::string& Page::samples_of(std::string_view name, std::string_view help, std::string_view type) {
  auto found = families_.find(name);
  if (found == families_.end()) {
    Family family;
    fmt::format_to(std::back_inserter(family.head), "# HELP {} ", name);
    append_escaped(family.head, help, /*quote=*/false);
    fmt::format_to(std::back_inserter(family.head), "\n# TYPE {} {}\n", name, type);
    found = families_.emplace(std::string(name), std::move(family)).first;
  }
  return found->second.samples;
}

void Page::gauge(std::string_view name, std::string_view help, Labels labels, double value) {
  std::string& samples = samples_of(name, help, "gauge");
  append_name(samples, name, "", labels);
  samples += number(value);
  samples += '\n';
}

void Page::counter(std::string_view name, std::string_view help, Labels labels,
                   std::uint64_t value) {
  std::string& samples = samples_of(name, help, "counter");
  append_name(samples, name, "", labels);
  fmt::format_to(std::back_inserter(samples), "{}\n", value);
}

void Page::counter(std::string_view name, std::string_view help, Labels labels, double value) {
  std::string& samples = samples_of(name, help, "counter");
  append_name(samples, name, "", labels);
  samples += number(value);
  samples += '\n';
}

void Page::histogram(std::string_view name, std::string_view help, Labels labels,
                     const Histogram& histogram) {
  STEPCAST_CHECK(histogram.counts.size() == histogram.bounds.size() + 1);
  std::string& samples = samples_of(name, help, "histogram");
  std::uint64_t up_to_here = 0;
  for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
    up_to_here += histogram.counts[i];
    const std::string bound = i < histogram.bounds.size() ? number(histogram.bounds[i]) : "+Inf";
    append_name(samples, name, "_bucket", labels, bound);
    fmt::format_to(std::back_inserter(samples), "{}\n", up_to_here);
  }
  append_name(samples, name, "_sum", labels);
  samples += number(histogram.sum);
  samples += '\n';
  append_name(samples, name, "_count", labels);
  fmt::format_to(std::back_inserter(samples), "{}\n", up_to_here);
}

std::string Page::text() const {
  std::string text;
  for (const auto& [name, family] : families_) {
    text += family.head;
    text += family.samples;
  }
  return text;
}

}  // namespace stepcast::metrics
