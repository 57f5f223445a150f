#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"

namespace stepcast::vision {

struct OnnxNode {
  std::string_view name;
  std::string_view operation;
  std::vector<std::string_view> inputs;
  std::vector<std::string_view> outputs;
  std::map<std::string_view, std::vector<std::int64_t>> integers;  ///< Attributes that are.
  std::span<const std::byte> record;  ///< As it stands in the graph, with tag and length.
};

/// What we need to know of an ONNX file; views into its bytes, the weights are not looked at.
struct OnnxFile {
  std::vector<OnnxNode> nodes;
  std::vector<std::string_view> outputs;
  std::map<std::string_view, std::vector<std::int64_t>> weights;  ///< Their sizes, by name.
  std::map<std::string_view, std::string_view> metadata;
};

/// @returns kMalformed where `bytes` is no ONNX model. `name` is what errors call it.
[[nodiscard]] Result<OnnxFile> read_onnx(std::span<const std::byte> bytes, std::string_view name);

}  // namespace stepcast::vision
