#include "stepcast/shaping/compensators.hpp"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "stepcast/shaping/axis_response.hpp"
#include "stepcast/shaping/identity.hpp"
#include "stepcast/shaping/lpfbs.hpp"

namespace stepcast::shaping {

namespace {

struct Entry {
  CompensatorInfo info;
  std::optional<LpfbsConfig> lpfbs;  ///< Empty: the identity.
};

constexpr std::array<Entry, 3> kRegistry{{
    {{"none", "the plan goes to the motors as it is"}, std::nullopt},
    {{"lpfbs-paper",
      "filtered B-splines as published: knots every 25 ms, smooth (see the patent note)"},
     LpfbsConfig{.degree = 5, .knot_spacing_samples = 25, .n_c = 14, .n_up = 7}},
    {{"lpfbs-sharp", "filtered B-splines: knots every 10 ms, sharp corners (see the patent note)"},
     LpfbsConfig{.degree = 5, .knot_spacing_samples = 10, .n_c = 20, .n_up = 10}},
}};

constexpr auto kInfos = [] {
  std::array<CompensatorInfo, kRegistry.size()> infos;
  for (std::size_t i = 0; i < infos.size(); ++i) {
    infos[i] = kRegistry[i].info;
  }
  return infos;
}();

}  // namespace

std::span<const CompensatorInfo> compensators() {
  return kInfos;
}

Result<std::unique_ptr<AxisFilter>> make_axis_filter(std::string_view name,
                                                     const machine::Profile& profile, Axis axis) {
  for (const Entry& entry : kRegistry) {
    if (entry.info.name != name) {
      continue;
    }
    const machine::TransferFunction& response = profile.axes[axis].response;
    const bool rigid = response.num.empty() && response.den.empty();
    if (!entry.lpfbs || rigid || axis == Axis::kZ || axis == Axis::kE) {
      return std::make_unique<Identity>();
    }
    auto filter = sampled_response(response, Seconds(1.0 / kCommandRate.v))
                      .and_then([&](const math::StateSpace& sampled) {
                        return Lpfbs::create(*entry.lpfbs, sampled);
                      });
    if (!filter) {
      Error error = std::move(filter.error());
      error.location = fmt::format("printer {}, axes.{}.response, compensator {}", profile.name,
                                   axis_name(axis), name);
      return tl::unexpected(std::move(error));
    }
    return std::make_unique<Lpfbs>(std::move(*filter));
  }
  std::string known;
  for (const CompensatorInfo& info : kInfos) {
    known += known.empty() ? "" : ", ";
    known += info.name;
  }
  return fail(Errc::kNotFound, fmt::format("no compensator is called '{}'", name), {},
              fmt::format("choose one of: {}", known));
}

}  // namespace stepcast::shaping
