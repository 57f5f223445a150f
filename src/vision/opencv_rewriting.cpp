#include "opencv_rewriting.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "onnx_fields.hpp"
#include "opencv_layers.hpp"
#include "protobuf_reader.hpp"

namespace stepcast::vision {
namespace {

class ProtobufWriter {
 public:
  void copy(std::span<const std::byte> record) {
    bytes_.insert(bytes_.end(), record.begin(), record.end());
  }
  void counted(std::uint32_t number, std::span<const std::byte> content) {
    constexpr std::uint32_t kCounted = 2;
    varint(std::uint64_t{number} << 3U | kCounted);
    varint(content.size());
    copy(content);
  }
  void text(std::uint32_t number, std::string_view content) {
    counted(number, std::as_bytes(std::span(content)));
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  void varint(std::uint64_t value) {
    constexpr std::uint64_t kMore = 0x80;
    for (; value >= kMore; value >>= 7U) {
      bytes_.push_back(static_cast<std::byte>(value | kMore));
    }
    bytes_.push_back(static_cast<std::byte>(value));
  }

  std::vector<std::byte> bytes_;
};

using Record = const std::byte*;

/// Which nodes go, and which become what.
struct SiluPlan {
  std::set<Record> sigmoids;
  std::map<Record, const OnnxNode*> products;
};

SiluPlan plan_of(const OnnxFile& file) {
  std::map<std::string_view, int> uses;
  for (const OnnxNode& node : file.nodes) {
    for (const auto input : node.inputs) {
      ++uses[input];
    }
  }
  for (const auto output : file.outputs) {
    ++uses[output];
  }
  std::map<std::string_view, const OnnxNode*> sigmoid_of;
  for (const OnnxNode& node : file.nodes) {
    if (node.operation == "Sigmoid" && node.inputs.size() == 1 && node.outputs.size() == 1 &&
        uses[node.outputs[0]] == 1) {
      sigmoid_of[node.outputs[0]] = &node;
    }
  }
  SiluPlan plan;
  for (const OnnxNode& node : file.nodes) {
    if (node.operation != "Mul" || node.inputs.size() != 2 || node.outputs.size() != 1) {
      continue;
    }
    for (const std::size_t side : {0U, 1U}) {
      const auto found = sigmoid_of.find(node.inputs[side]);
      if (found != sigmoid_of.end() && found->second->inputs[0] == node.inputs[1 - side]) {
        plan.sigmoids.insert(found->second->record.data());
        plan.products[node.record.data()] = found->second;
        break;
      }
    }
  }
  return plan;
}

/// Whether the convolution is one that DepthwiseLayer computes.
bool is_depthwise(const OnnxNode& node, const OnnxFile& file) {
  const auto of = [&](std::string_view name, std::vector<std::int64_t> usual) {
    const auto found = node.integers.find(name);
    return found == node.integers.end() ? std::move(usual) : found->second;
  };
  if (node.operation != "Conv" || node.inputs.size() < 2 || node.integers.contains("auto_pad")) {
    return false;
  }
  const auto weights = file.weights.find(node.inputs[1]);
  const bool biased = node.inputs.size() == 3;
  if (weights == file.weights.end() || weights->second.size() != 4 ||
      (biased && !file.weights.contains(node.inputs[2]))) {
    return false;
  }
  const auto& sizes = weights->second;
  const auto strides = of("strides", {1, 1});
  const auto pads = of("pads", {0, 0, 0, 0});
  return sizes[0] > 1 && sizes[1] == 1 && sizes[2] == 3 && sizes[3] == 3 &&
         of("group", {1}).front() == sizes[0] &&
         of("dilations", {1, 1}) == std::vector<std::int64_t>{1, 1} && strides.size() == 2 &&
         strides[0] == strides[1] && (strides[0] == 1 || strides[0] == 2) && pads.size() == 4 &&
         std::all_of(pads.begin(), pads.end(),
                     [](std::int64_t pad) { return pad >= 0 && pad <= 2; });
}

/// The node as another operation.
std::vector<std::byte> renamed(std::span<const std::byte> node, std::string_view operation) {
  ProtobufWriter writer;
  ProtobufReader reader(node);
  while (const auto field = reader.next()) {
    if (field->number == onnx::kNodeOperation) {
      writer.text(onnx::kNodeOperation, operation);
    } else {
      writer.copy(field->record);
    }
  }
  return writer.take();
}

std::vector<std::byte> rewritten_graph(std::span<const std::byte> graph, const OnnxFile& file,
                                       const SiluPlan& plan) {
  std::map<Record, const OnnxNode*> node_at;
  for (const OnnxNode& node : file.nodes) {
    node_at[node.record.data()] = &node;
  }
  ProtobufWriter writer;
  ProtobufReader reader(graph);
  while (const auto field = reader.next()) {
    const Record record = field->record.data();
    const auto product = plan.products.find(record);
    if (product != plan.products.end()) {
      const OnnxNode& node = *node_at.at(record);
      ProtobufWriter silu;
      silu.text(onnx::kNodeInput, product->second->inputs[0]);
      silu.text(onnx::kNodeOutput, node.outputs[0]);
      silu.text(onnx::kNodeName, node.name);
      silu.text(onnx::kNodeOperation, kSiluOperation);
      writer.counted(onnx::kGraphNode, silu.take());
    } else if (const auto node = node_at.find(record);
               node != node_at.end() && is_depthwise(*node->second, file)) {
      writer.counted(onnx::kGraphNode, renamed(field->bytes, kDepthwiseOperation));
    } else if (!plan.sigmoids.contains(record)) {
      writer.copy(field->record);
    }
  }
  return writer.take();
}

}  // namespace

std::vector<std::byte> rewrite_for_opencv(std::span<const std::byte> onnx, const OnnxFile& file) {
  const SiluPlan plan = plan_of(file);
  ProtobufWriter writer;
  ProtobufReader reader(onnx);
  while (const auto field = reader.next()) {
    if (field->number == onnx::kModelGraph) {
      writer.counted(onnx::kModelGraph, rewritten_graph(field->bytes, file, plan));
    } else {
      writer.copy(field->record);
    }
  }
  return writer.take();
}

}  // namespace stepcast::vision
