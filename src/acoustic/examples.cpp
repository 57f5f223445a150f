#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "stepcast/acoustic/hit_table.hpp"
#include "stepcast/acoustic/training.hpp"

namespace stepcast::acoustic {
namespace {

constexpr std::size_t kFewest = 20;

// "overflow_train.csv" -> "overflow".
std::string table_name(const std::filesystem::path& file) {
  std::string name = file.stem().string();
  for (const std::string_view ending : {"_train", "-train"}) {
    if (name.ends_with(ending) && name.size() > ending.size()) {
      name.resize(name.size() - ending.size());
    }
  }
  return name;
}

}  // namespace

std::size_t LabelledTable::defected() const {
  return static_cast<std::size_t>(std::ranges::count(samples, 1, &Sample::label));
}

std::size_t LabelledTable::groups() const {
  std::uint32_t most = 0;
  for (const Sample& sample : samples) {
    most = std::max(most, sample.group + 1);
  }
  return most;
}

Result<LabelledTable> read_labelled(const std::filesystem::path& file) {
  auto table = HitTable::open(file, {});
  if (!table) {
    return tl::unexpected(table.error());
  }
  LabelledTable out{.name = table_name(file), .file = file.filename().string(), .samples = {}};
  std::map<Features, std::uint32_t> groups;
  for (;;) {
    auto row = table->next();
    if (!row) {
      return tl::unexpected(row.error());
    }
    if (!*row) {
      break;
    }
    const HitRow& hit = **row;
    if (!hit.label || *hit.label > 1) {
      return fail(Errc::kMalformed,
                  hit.label ? fmt::format("label {} is neither 0 nor 1", *hit.label)
                            : std::string("the row has no label"),
                  fmt::format("{}:{}", file.string(), hit.line),
                  "a column 'label' says 0 (non-defected) or 1 (defected) in every row");
    }
    const Features x = features_of(hit.hit);
    const auto group =
        groups.try_emplace(x, static_cast<std::uint32_t>(groups.size())).first->second;
    out.samples.push_back({.x = x, .label = *hit.label, .group = group});
  }
  const std::size_t defected = out.defected();
  if (std::min(defected, out.samples.size() - defected) < kFewest) {
    return fail(Errc::kOutOfRange,
                fmt::format("{} hits of label 1 and {} of label 0, each must be {} or more",
                            defected, out.samples.size() - defected, kFewest),
                file.string(), "record and label more hits");
  }
  return out;
}

}  // namespace stepcast::acoustic
