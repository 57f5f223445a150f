#include "films.hpp"

#include <optional>
#include <string>
#include <utility>

#include "stepcast/timelapse/recorder.hpp"

namespace stepcast::daemon {
namespace {

// The layer of the plan, or where nobody knows it how high the tool is.
std::optional<double> height_of(const jobs::Runner& runner) {
  const printer::Status status = runner.status();
  if (status.progress.layer) {
    return static_cast<double>(*status.progress.layer);
  }
  const auto& height = status.position[Axis::kZ];
  return height ? std::optional(height->v) : std::nullopt;
}

}  // namespace

Result<server::Recorders> open_recorders(const Config& config, const std::filesystem::path& data,
                                         server::Site& site) {
  server::Recorders recorders;
  for (const auto& [id, owned] : site.cameras) {
    camera::Camera& camera = *owned;
    const jobs::Runner& runner = *site.find_printer(id);
    timelapse::Recorder::Options options;
    options.printer = id;
    options.folder = data / "timelapse" / id;
    options.most_bytes = config.timelapse_most_mib * kMib;
    options.minimum_free_bytes = config.minimum_free_mib * kMib;
    options.picture = [&camera]() -> Result<std::string> {
      return camera.snapshot().map([](const camera::Frame& frame) { return *frame; });
    };
    options.height = [&runner] { return height_of(runner); };
    auto recorder = timelapse::Recorder::open(std::move(options), site.store, site.events);
    if (!recorder) {
      return tl::unexpected(recorder.error());
    }
    recorders.emplace(id, std::move(*recorder));
  }
  return recorders;
}

}  // namespace stepcast::daemon
