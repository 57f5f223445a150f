#include "torch_network.hpp"

#include <cmath>
#include <cstring>

#include "stepcast/base/contracts.hpp"

namespace stepcast::training {
namespace {

// Those of YOLOX.
constexpr double kNormEpsilon = 1e-3;
constexpr double kNormMomentum = 0.03;

/// Outputs without activation are logits of rare things: they start at a probability of 1 %.
constexpr double kPriorLogit = -4.595;

/// Module names may not have dots.
std::string module_name(std::string name, const char* part) {
  std::replace(name.begin(), name.end(), '.', '/');
  return name + '/' + part;
}

torch::Tensor tensor_of(const Array& array) {
  auto tensor = torch::empty(array.shape);
  std::memcpy(tensor.data_ptr<float>(), array.values.data(), array.values.size() * sizeof(float));
  return tensor;
}

Array array_of(const torch::Tensor& tensor) {
  const auto plain = tensor.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  Array array{.shape = plain.sizes().vec(), .values = {}};
  array.values.assign(plain.data_ptr<float>(), plain.data_ptr<float>() + plain.numel());
  return array;
}

}  // namespace

torch::Tensor TorchNetwork::initial_weight(const Convolution& layer) const {
  const std::vector<std::int64_t> shape = {layer.out, layer.in / layer.groups, layer.kernel,
                                           layer.kernel};
  if (const auto found = initial_.find(layer.name + ".weight"); found != initial_.end()) {
    STEPCAST_CHECK(found->second.shape == shape);
    return tensor_of(found->second);
  }
  auto weight = torch::empty(shape);
  if (layer.activation == Activation::kNone && !layer.norm) {
    constexpr double kSmall = 0.01;
    return weight.normal_(0, kSmall);
  }
  torch::nn::init::kaiming_uniform_(weight, std::sqrt(5.0));
  return weight;
}

torch::Tensor TorchNetwork::initial_bias(const Convolution& layer) const {
  if (const auto found = initial_.find(layer.name + ".bias"); found != initial_.end()) {
    return tensor_of(found->second);
  }
  if (layer.activation == Activation::kNone && !layer.norm) {
    return torch::full({layer.out}, kPriorLogit);
  }
  return torch::zeros({layer.out});
}

TorchNetwork::Unit& TorchNetwork::unit_of(const Convolution& layer) {
  if (const auto found = units_.find(layer.name); found != units_.end()) {
    return found->second;
  }
  Unit unit;
  unit.layer = layer;
  const auto parameter = [&](const char* part, const torch::Tensor& value) {
    return register_parameter(module_name(layer.name, part), value.to(device_).clone());
  };
  unit.weight =
      parameter("weight", initial_weight(layer).contiguous(torch::MemoryFormat::ChannelsLast));
  unit.bias = parameter("bias", initial_bias(layer));
  if (layer.norm) {
    unit.scale = parameter("scale", torch::ones({layer.out}));
    unit.mean =
        register_buffer(module_name(layer.name, "mean"), torch::zeros({layer.out}, device_));
    unit.variance = register_buffer(module_name(layer.name, "variance"),
                                    torch::full({layer.out}, 1 - kNormEpsilon, device_));
  }
  return units_.emplace(layer.name, std::move(unit)).first->second;
}

void TorchNetwork::measure(Unit& unit, const torch::Tensor& y) {
  const auto values = y.detach().to(torch::kFloat64);
  unit.sum = unit.sum.defined() ? unit.sum + values.sum({0, 2, 3}) : values.sum({0, 2, 3});
  const auto squares = values.square().sum({0, 2, 3});
  unit.sum_of_squares = unit.sum_of_squares.defined() ? unit.sum_of_squares + squares : squares;
  unit.count += static_cast<double>(values.numel() / values.size(1));
}

TorchNetwork::Value TorchNetwork::conv(const Value& x, const Convolution& layer,
                                       bool keep_statistics) {
  auto& unit = unit_of(layer);
  const bool even = layer.pad_before == layer.pad_after;
  const auto padded = even ? x
                           : torch::constant_pad_nd(x, {layer.pad_before, layer.pad_after,
                                                        layer.pad_before, layer.pad_after});
  const int padding = even ? layer.pad_before : 0;
  torch::Tensor y;
  if (layer.norm && frozen_) {
    const auto gain = unit.scale / torch::sqrt(unit.variance + kNormEpsilon);
    y = torch::conv2d(padded, unit.weight * gain.view({-1, 1, 1, 1}), unit.bias - unit.mean * gain,
                      layer.stride, padding, 1, layer.groups);
  } else {
    y = torch::conv2d(padded, unit.weight, layer.norm ? torch::Tensor() : unit.bias, layer.stride,
                      padding, 1, layer.groups);
    if (layer.norm) {
      if (calibrating_) {
        measure(unit, y);
      }
      const bool known = keep_statistics || !is_training();
      y = torch::batch_norm(y, unit.scale, unit.bias, known ? unit.mean : torch::Tensor(),
                            known ? unit.variance : torch::Tensor(), is_training(), kNormMomentum,
                            kNormEpsilon, true);
    }
  }
  switch (layer.activation) {
    case Activation::kNone:
      return y;
    case Activation::kRelu:
      return torch::relu(y);
    case Activation::kRelu6:
      return torch::clamp(y, 0, 6);
    case Activation::kSilu:
      return torch::silu(y);
  }
  return y;
}

void TorchNetwork::begin_calibration() {
  calibrating_ = true;
  eval();
}

void TorchNetwork::end_calibration() {
  const torch::NoGradGuard no_gradients;
  calibrating_ = false;
  for (auto& [name, unit] : units_) {
    if (unit.count == 0) {
      continue;
    }
    const auto mean = (unit.sum / unit.count).to(torch::kFloat32);
    const auto variance = (unit.sum_of_squares / unit.count - (unit.sum / unit.count).square())
                              .clamp_min(0)
                              .to(torch::kFloat32);
    // scale * (y - mean) / sqrt(variance + eps) + bias stays what it was.
    const auto gain = unit.scale / torch::sqrt(unit.variance + kNormEpsilon);
    unit.bias.add_(gain * (mean - unit.mean));
    unit.scale.copy_(gain * torch::sqrt(variance + kNormEpsilon));
    unit.mean.copy_(mean);
    unit.variance.copy_(variance);
    unit.sum = unit.sum_of_squares = torch::Tensor();
    unit.count = 0;
  }
}

void TorchNetwork::freeze_weights(const std::string& prefix) {
  for (auto& [name, unit] : units_) {
    if (name.starts_with(prefix)) {
      unit.weight.set_requires_grad(false);
      unit.bias.set_requires_grad(false);
      if (unit.layer.norm) {
        unit.scale.set_requires_grad(false);
      }
    }
  }
}

void TorchNetwork::move_towards(const TorchNetwork& other, double share) {
  const torch::NoGradGuard no_gradients;
  for (auto& [name, unit] : units_) {
    const auto& theirs = other.units_.at(name);
    unit.weight.lerp_(theirs.weight, share);
    unit.bias.lerp_(theirs.bias, share);
    if (unit.layer.norm) {
      unit.scale.lerp_(theirs.scale, share);
      unit.mean.lerp_(theirs.mean, share);
      unit.variance.lerp_(theirs.variance, share);
    }
  }
}

NamedArrays TorchNetwork::folded() const {
  const torch::NoGradGuard no_gradients;
  NamedArrays arrays;
  for (const auto& [name, unit] : units_) {
    auto weight = unit.weight;
    auto bias = unit.bias;
    if (unit.layer.norm) {
      const auto gain = unit.scale / torch::sqrt(unit.variance + kNormEpsilon);
      weight = weight * gain.view({-1, 1, 1, 1});
      bias = bias - unit.mean * gain;
    }
    arrays.emplace(name + ".weight", array_of(weight));
    arrays.emplace(name + ".bias", array_of(bias));
  }
  return arrays;
}

}  // namespace stepcast::training
