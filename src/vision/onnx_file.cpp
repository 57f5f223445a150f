#include "onnx_file.hpp"

#include <string>
#include <utility>

#include "onnx_fields.hpp"
#include "protobuf_reader.hpp"

namespace stepcast::vision {
namespace {

/// Whole numbers, one a field or many in one.
bool read_integers(const ProtobufField& field, std::vector<std::int64_t>& numbers) {
  if (field.bytes.empty()) {
    numbers.push_back(static_cast<std::int64_t>(field.value));
    return true;
  }
  ProtobufReader reader(field.bytes);
  while (const auto number = reader.next_packed()) {
    numbers.push_back(static_cast<std::int64_t>(*number));
  }
  return !reader.broken();
}

bool read_attribute(std::span<const std::byte> bytes, OnnxNode& node) {
  std::string_view name;
  std::vector<std::int64_t> numbers;
  bool whole = true;
  ProtobufReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->number == onnx::kAttributeName) {
      name = field->text();
    } else if (field->number == onnx::kAttributeInt || field->number == onnx::kAttributeInts) {
      whole = whole && read_integers(*field, numbers);
    }
  }
  if (!numbers.empty()) {
    node.integers[name] = std::move(numbers);
  }
  return whole && !reader.broken();
}

bool read_weights(std::span<const std::byte> bytes, OnnxFile& file) {
  std::string_view name;
  std::vector<std::int64_t> sizes;
  bool whole = true;
  ProtobufReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->number == onnx::kTensorName) {
      name = field->text();
    } else if (field->number == onnx::kTensorDims) {
      whole = whole && read_integers(*field, sizes);
    }
  }
  file.weights[name] = std::move(sizes);
  return whole && !reader.broken();
}

bool read_node(const ProtobufField& record, OnnxNode& node) {
  node.record = record.record;
  ProtobufReader reader(record.bytes);
  while (const auto field = reader.next()) {
    switch (field->number) {
      case onnx::kNodeInput:
        node.inputs.push_back(field->text());
        break;
      case onnx::kNodeOutput:
        node.outputs.push_back(field->text());
        break;
      case onnx::kNodeName:
        node.name = field->text();
        break;
      case onnx::kNodeOperation:
        node.operation = field->text();
        break;
      case onnx::kNodeAttribute:
        if (!read_attribute(field->bytes, node)) {
          return false;
        }
        break;
      default:
        break;
    }
  }
  return !reader.broken();
}

bool read_named(std::span<const std::byte> bytes, std::uint32_t key, std::uint32_t value,
                std::string_view& key_text, std::string_view& value_text) {
  ProtobufReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->number == key) {
      key_text = field->text();
    } else if (field->number == value) {
      value_text = field->text();
    }
  }
  return !reader.broken();
}

bool read_graph(std::span<const std::byte> bytes, OnnxFile& file) {
  ProtobufReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->number == onnx::kGraphNode) {
      if (!read_node(*field, file.nodes.emplace_back())) {
        return false;
      }
    } else if (field->number == onnx::kGraphInitializer) {
      if (!read_weights(field->bytes, file)) {
        return false;
      }
    } else if (field->number == onnx::kGraphOutput) {
      std::string_view unused;
      if (!read_named(field->bytes, onnx::kValueName, 0, file.outputs.emplace_back(), unused)) {
        return false;
      }
    }
  }
  return !reader.broken();
}

}  // namespace

Result<OnnxFile> read_onnx(std::span<const std::byte> bytes, std::string_view name) {
  OnnxFile file;
  bool graph = false;
  bool whole = true;
  ProtobufReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->number == onnx::kModelGraph) {
      graph = true;
      whole = whole && read_graph(field->bytes, file);
    } else if (field->number == onnx::kModelMetadata) {
      std::string_view key;
      std::string_view value;
      whole = whole && read_named(field->bytes, onnx::kEntryKey, onnx::kEntryValue, key, value);
      file.metadata[key] = value;
    }
  }
  if (reader.broken() || !whole || !graph || file.outputs.empty()) {
    return fail(Errc::kMalformed, "this is no ONNX network, or it breaks off", std::string(name),
                "copy the file again, or export the network again");
  }
  return file;
}

}  // namespace stepcast::vision
