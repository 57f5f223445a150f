#include "onnx_writer.hpp"

#include <filesystem>
#include <fstream>

#include <onnx/onnx_pb.h>

#include "stepcast/base/contracts.hpp"

namespace stepcast::training {
namespace {

/// Before 11 `Clip` has its limits as attributes, which is what OpenCV 4.6 reads.
constexpr int kOpset = 10;
constexpr int kIrVersion = 5;

void set(onnx::NodeProto& node, const char* name, std::int64_t value) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::INT);
  attribute->set_i(value);
}

void set(onnx::NodeProto& node, const char* name, float value) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::FLOAT);
  attribute->set_f(value);
}

void set(onnx::NodeProto& node, const char* name, const std::vector<std::int64_t>& values) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::INTS);
  for (const auto value : values) {
    attribute->add_ints(value);
  }
}

void set(onnx::NodeProto& node, const char* name, const char* value) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::STRING);
  attribute->set_s(value);
}

}  // namespace

struct OnnxWriter::Model {
  const NamedArrays& weights;
  onnx::ModelProto proto;
  int values = 0;
  std::string scales;  ///< Of upsample2, once it is there.

  onnx::NodeProto& node(const char* op, const std::vector<std::string>& inputs) {
    auto* made = proto.mutable_graph()->add_node();
    made->set_op_type(op);
    for (const auto& name : inputs) {
      made->add_input(name);
    }
    const auto output = std::string(op) + '_' + std::to_string(values++);
    made->set_name(output);
    made->add_output(output);
    return *made;
  }
  std::string initializer(const std::string& name, const Array& array) {
    auto* made = proto.mutable_graph()->add_initializer();
    made->set_name(name);
    made->set_data_type(onnx::TensorProto::FLOAT);
    for (const auto extent : array.shape) {
      made->add_dims(extent);
    }
    made->set_raw_data(array.values.data(), array.values.size() * sizeof(float));
    return name;
  }
  std::string weight(const std::string& name) {
    const auto found = weights.find(name);
    STEPCAST_CHECK(found != weights.end());
    return initializer(name, found->second);
  }
  static void shape(onnx::ValueInfoProto& info, const std::string& name,
                    const std::vector<std::pair<std::int64_t, const char*>>& extents) {
    info.set_name(name);
    auto* type = info.mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    for (const auto& [extent, free_name] : extents) {
      auto* dimension = type->mutable_shape()->add_dim();
      if (extent > 0) {
        dimension->set_dim_value(extent);
      } else {
        dimension->set_dim_param(free_name);
      }
    }
  }
};

OnnxWriter::OnnxWriter(const NamedArrays& weights)
    : model_(std::make_unique<Model>(
          Model{.weights = weights, .proto = {}, .values = 0, .scales = {}})) {
  model_->proto.set_ir_version(kIrVersion);
  model_->proto.set_producer_name("stepcast");
  auto* import = model_->proto.add_opset_import();
  import->set_domain("");
  import->set_version(kOpset);
  model_->proto.mutable_graph()->set_name("network");
}

OnnxWriter::~OnnxWriter() = default;

OnnxWriter::Value OnnxWriter::input(const std::string& name, int channels, int height, int width) {
  Model::shape(*model_->proto.mutable_graph()->add_input(), name,
               {{0, "N"}, {channels, ""}, {height, "H"}, {width, "W"}});
  return name;
}

void OnnxWriter::output(const Value& value, const std::string& name, int channels, bool is_map) {
  // The node that makes the value gets the name: an Identity would be one more copy.
  for (auto& node : *model_->proto.mutable_graph()->mutable_node()) {
    if (node.output(0) == value) {
      node.set_output(0, name);
    }
    for (auto& input : *node.mutable_input()) {
      if (input == value) {
        input = name;
      }
    }
  }
  std::vector<std::pair<std::int64_t, const char*>> extents = {{0, "N"}, {channels, ""}};
  const std::string rows = name + "_rows";
  const std::string columns = name + "_columns";
  if (is_map) {
    extents.insert(extents.end(), {{0, rows.c_str()}, {0, columns.c_str()}});
  }
  Model::shape(*model_->proto.mutable_graph()->add_output(), name, extents);
}

OnnxWriter::Value OnnxWriter::conv(const Value& x, const Convolution& layer) {
  auto& node = model_->node(
      "Conv", {x, model_->weight(layer.name + ".weight"), model_->weight(layer.name + ".bias")});
  const std::int64_t kernel = layer.kernel;
  const std::int64_t stride = layer.stride;
  const std::int64_t before = layer.pad_before;
  const std::int64_t after = layer.pad_after;
  set(node, "kernel_shape", {kernel, kernel});
  set(node, "strides", {stride, stride});
  set(node, "pads", {before, before, after, after});
  set(node, "dilations", {1, 1});
  set(node, "group", static_cast<std::int64_t>(layer.groups));
  const auto y = node.output(0);
  switch (layer.activation) {
    case Activation::kNone:
      return y;
    case Activation::kRelu:
      return model_->node("Relu", {y}).output(0);
    case Activation::kRelu6: {
      auto& clip = model_->node("Clip", {y});
      set(clip, "min", 0.0F);
      set(clip, "max", 6.0F);
      return clip.output(0);
    }
    case Activation::kSilu: {
      auto& sigmoid = model_->node("Sigmoid", {y});
      return model_->node("Mul", {y, sigmoid.output(0)}).output(0);
    }
  }
  return y;
}

OnnxWriter::Value OnnxWriter::add(const Value& a, const Value& b) {
  return model_->node("Add", {a, b}).output(0);
}

OnnxWriter::Value OnnxWriter::concat(const std::vector<Value>& values) {
  auto& node = model_->node("Concat", values);
  set(node, "axis", std::int64_t{1});
  return node.output(0);
}

OnnxWriter::Value OnnxWriter::max_pool5(const Value& x) {
  auto& node = model_->node("MaxPool", {x});
  set(node, "kernel_shape", {5, 5});
  set(node, "strides", {1, 1});
  set(node, "pads", {2, 2, 2, 2});
  return node.output(0);
}

OnnxWriter::Value OnnxWriter::upsample2(const Value& x) {
  if (model_->scales.empty()) {
    model_->scales = model_->initializer("scales", {.shape = {4}, .values = {1, 1, 2, 2}});
  }
  auto& node = model_->node("Resize", {x, model_->scales});
  set(node, "mode", "nearest");
  return node.output(0);
}

OnnxWriter::Value OnnxWriter::mean(const Value& x) {
  return model_->node("GlobalAveragePool", {x}).output(0);
}

OnnxWriter::Value OnnxWriter::flatten(const Value& x) {
  auto& node = model_->node("Flatten", {x});
  set(node, "axis", std::int64_t{1});
  return node.output(0);
}

void OnnxWriter::describe(const std::string& key, const std::string& value) {
  auto* pair = model_->proto.add_metadata_props();
  pair->set_key(key);
  pair->set_value(value);
}

Result<void> OnnxWriter::write(const std::string& path) const {
  const auto unfinished = path + ".part";
  {
    std::ofstream file(unfinished, std::ios::binary);
    if (!model_->proto.SerializeToOstream(&file) || !file.flush()) {
      return fail(Errc::kIo, "cannot be written", unfinished, "is the disk full?");
    }
  }
  std::error_code error;
  std::filesystem::rename(unfinished, path, error);
  if (error) {
    return fail(Errc::kIo, "cannot be put in place: " + error.message(), path);
  }
  return {};
}

}  // namespace stepcast::training
