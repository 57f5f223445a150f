#include "silu_fusion.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "onnx_fields.hpp"
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
    } else if (!plan.sigmoids.contains(record)) {
      writer.copy(field->record);
    }
  }
  return writer.take();
}

}  // namespace

std::vector<std::byte> fuse_silu(std::span<const std::byte> onnx, const OnnxFile& file) {
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
