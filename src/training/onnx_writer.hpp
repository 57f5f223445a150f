#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/training/npz.hpp"

#include "architectures.hpp"

namespace stepcast::training {

/// The `Ops` of architectures.hpp that write an ONNX model, opset 10: a value is the name of one.
class OnnxWriter {
 public:
  using Value = std::string;

  /// @param weights folded, as TorchNetwork::folded() gives them; outlive the writer.
  explicit OnnxWriter(const NamedArrays& weights);
  ~OnnxWriter();
  OnnxWriter(const OnnxWriter&) = delete;
  OnnxWriter& operator=(const OnnxWriter&) = delete;

  /// N x channels x H x W, all of these but the channels free where 0.
  [[nodiscard]] Value input(const std::string& name, int channels, int height, int width);
  /// Names a value, so that who runs the model finds it.
  void output(const Value& value, const std::string& name, int channels, bool is_map);

  [[nodiscard]] Value conv(const Value& x, const Convolution& layer);
  [[nodiscard]] Value add(const Value& a, const Value& b);
  [[nodiscard]] Value concat(const std::vector<Value>& values);
  [[nodiscard]] Value max_pool5(const Value& x);
  [[nodiscard]] Value upsample2(const Value& x);
  [[nodiscard]] Value mean(const Value& x);
  /// N x C x 1 x 1 to N x C.
  [[nodiscard]] Value flatten(const Value& x);

  /// A pair of the model's metadata.
  void describe(const std::string& key, const std::string& value);

  /// Replaces the file in one step. @returns kIo
  [[nodiscard]] Result<void> write(const std::string& path) const;

 private:
  struct Model;
  std::unique_ptr<Model> model_;
};

}  // namespace stepcast::training
