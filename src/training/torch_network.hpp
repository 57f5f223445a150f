#pragma once

#include <map>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "stepcast/training/npz.hpp"

#include "architectures.hpp"

namespace stepcast::training {

/// Those of the `Ops` of architectures.hpp that have no weights, in LibTorch.
struct TorchOps {
  using Value = torch::Tensor;

  [[nodiscard]] static Value add(const Value& a, const Value& b) { return a + b; }
  [[nodiscard]] static Value concat(const std::vector<Value>& values) {
    return torch::cat(values, 1);
  }
  [[nodiscard]] static Value max_pool5(const Value& x) { return torch::max_pool2d(x, 5, 1, 2); }
  [[nodiscard]] static Value upsample2(const Value& x) {
    namespace F = torch::nn::functional;
    return F::interpolate(x, F::InterpolateFuncOptions()
                                 .scale_factor(std::vector<double>{2.0, 2.0})
                                 .mode(torch::kNearest));
  }
  [[nodiscard]] static Value mean(const Value& x) { return x.mean({2, 3}, true); }
};

/// The `Ops` of architectures.hpp in LibTorch: the weights of a network, made when the network
/// first runs, and what is done with them.
///
/// Batch norm of pretrained weights, which have it folded away, is put back by calibrate(): without
/// it they learn badly.
///
/// Threads: one at a time; once it has run, several may run it if at most one keeps statistics.
class TorchNetwork : public torch::nn::Module, public TorchOps {
 public:
  /// @param initial weights by name; what is not there starts random, and with `prior_bias` where
  ///     there is no activation after it.
  TorchNetwork(NamedArrays initial, torch::Device device)
      : initial_(std::move(initial)), device_(device) {}

  /// @param keep_statistics norms that learn take up the mean and variance of these pictures
  [[nodiscard]] Value conv(const Value& x, const Convolution& layer, bool keep_statistics = true);

  /// Between these two, runs of the network measure the outputs of its convolutions; then the norms
  /// take these as theirs, without changing what the network computes.
  void begin_calibration();
  void end_calibration();

  /// From now on the norms keep their statistics also while the network learns, and are computed
  /// with the convolutions, in a third less time. Their scales and biases go on learning.
  void freeze_statistics() { frozen_ = true; }

  /// Weights whose names begin so stay as they are from now on.
  void freeze_weights(const std::string& prefix);

  /// Takes `share` of the weights and statistics of another network of the same architecture:
  /// ours = (1 - share) * ours + share * theirs.
  void move_towards(const TorchNetwork& other, double share);

  /// Weights and biases with the norms folded in, by name, as the ONNX writer wants them.
  [[nodiscard]] NamedArrays folded() const;

 private:
  struct Unit {
    Convolution layer;
    torch::Tensor weight;
    torch::Tensor bias;  ///< Of the convolution, or of the norm.
    torch::Tensor scale;
    torch::Tensor mean;
    torch::Tensor variance;
    torch::Tensor sum;  ///< Of outputs, while calibrating; in double.
    torch::Tensor sum_of_squares;
    double count = 0;
  };

  Unit& unit_of(const Convolution& layer);
  torch::Tensor initial_weight(const Convolution& layer) const;
  torch::Tensor initial_bias(const Convolution& layer) const;
  static void measure(Unit& unit, const torch::Tensor& y);

  NamedArrays initial_;
  torch::Device device_;
  std::map<std::string, Unit> units_;
  bool calibrating_ = false;
  bool frozen_ = false;
};

/// A network as one of several threads runs it on its share of a batch. Norms that learn take the
/// mean and variance of the share; the statistics that stay are those of the first.
class TorchShare : public TorchOps {
 public:
  TorchShare(TorchNetwork& network, bool first) : network_(network), first_(first) {}

  [[nodiscard]] Value conv(const Value& x, const Convolution& layer) {
    return network_.conv(x, layer, first_);
  }

 private:
  TorchNetwork& network_;
  bool first_;
};

}  // namespace stepcast::training
