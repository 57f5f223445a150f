#include "model_file.hpp"

#include <utility>

#include <fmt/format.h>

#include "file_bytes.hpp"

namespace stepcast::vision {

Result<Model> load_model(const std::string& path, ModelKind kind, Runtime runtime) {
  const auto bytes = read_bytes(path);
  if (!bytes) {
    return fail(bytes.error().code, bytes.error().message, path,
                "name a network with --model, or a folder of them in STEPCAST_MODELS");
  }
  auto info = read_model_info(*bytes, path);
  if (!info) {
    return tl::unexpected(info.error());
  }
  if (info->kind != kind) {
    const bool wanted = kind == ModelKind::kDetector;
    return fail(Errc::kInvalidArgument,
                fmt::format("this network is a {}, not a {}", wanted ? "classifier" : "detector",
                            wanted ? "detector" : "classifier"),
                path);
  }
  auto network = load_network(*bytes, path, runtime);
  if (!network) {
    return tl::unexpected(network.error());
  }
  return Model{.info = std::move(*info), .network = std::move(*network)};
}

}  // namespace stepcast::vision
