#include "opencv_layers.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <opencv2/dnn/all_layers.hpp>
#include <opencv2/dnn/dnn.hpp>
#include <opencv2/dnn/layer.details.hpp>

#include "depthwise.hpp"
#include "silu.hpp"

namespace stepcast::vision {
namespace {

using Shapes = std::vector<cv::dnn::MatShape>;

/// x * sigmoid(x) as OpenCV's convolutions take activations: applied to what they have just
/// written, while it is in the cache.
class SiluLayer : public cv::dnn::ActivationLayer {
 public:
  static cv::Ptr<cv::dnn::Layer> create(cv::dnn::LayerParams& parameters) {
    return cv::makePtr<SiluLayer>(parameters);
  }
  explicit SiluLayer(const cv::dnn::LayerParams& parameters) { setParamsFrom(parameters); }

  void forwardSlice(const float* from, float* to, int length, std::size_t plane, int first,
                    int last) const override {
    for (int channel = first; channel < last; ++channel, from += plane, to += plane) {
      silu(from, to, static_cast<std::size_t>(length));
    }
  }
  void forward(cv::InputArrayOfArrays inputs, cv::OutputArrayOfArrays outputs,
               cv::OutputArrayOfArrays /*internals*/) override {
    std::vector<cv::Mat> from;
    std::vector<cv::Mat> to;
    inputs.getMatVector(from);
    outputs.getMatVector(to);
    for (std::size_t i = 0; i < from.size(); ++i) {
      silu(from[i].ptr<float>(), to[i].ptr<float>(), from[i].total());
    }
  }
  bool getMemoryShapes(const Shapes& inputs, int /*outputs*/, Shapes& shapes,
                       Shapes& /*internals*/) const override {
    shapes = inputs;
    return true;  // may work in place
  }
};

class DepthwiseLayer : public cv::dnn::Layer {
 public:
  static cv::Ptr<cv::dnn::Layer> create(cv::dnn::LayerParams& parameters) {
    return cv::makePtr<DepthwiseLayer>(parameters);
  }
  explicit DepthwiseLayer(const cv::dnn::LayerParams& parameters) {
    setParamsFrom(parameters);
    if (parameters.has("stride")) {
      shape_.stride = parameters.get("stride").get<int>(0);
    }
    if (parameters.has("pad")) {
      const auto& pad = parameters.get("pad");
      shape_.pad_top = pad.get<int>(0);
      shape_.pad_left = pad.get<int>(1);
      shape_.pad_bottom = pad.get<int>(2);
      shape_.pad_right = pad.get<int>(3);
    }
  }

  bool setActivation(const cv::Ptr<cv::dnn::ActivationLayer>& activation) override {
    activation_ = activation;
    return !activation.empty();
  }
  bool getMemoryShapes(const Shapes& inputs, int /*outputs*/, Shapes& shapes,
                       Shapes& /*internals*/) const override {
    const PlaneConvolution shape = of(inputs.at(0).at(2), inputs.at(0).at(3));
    shapes.assign(1, inputs.at(0));
    shapes[0][2] = shape.out_height();
    shapes[0][3] = shape.out_width();
    return false;
  }
  void forward(cv::InputArrayOfArrays inputs, cv::OutputArrayOfArrays outputs,
               cv::OutputArrayOfArrays /*internals*/) override {
    std::vector<cv::Mat> from;
    std::vector<cv::Mat> to;
    inputs.getMatVector(from);
    outputs.getMatVector(to);
    const PlaneConvolution shape = of(from.at(0).size[2], from.at(0).size[3]);
    const std::size_t plane = to.at(0).total(2);
    const float* const biases = blobs.size() > 1 ? blobs[1].ptr<float>() : nullptr;
    for (int picture = 0; picture < from[0].size[0]; ++picture) {
      for (int channel = 0; channel < from[0].size[1]; ++channel) {
        std::array<float, 9> weights{};
        std::copy_n(blobs.at(0).ptr<float>(channel), weights.size(), weights.begin());
        float* const written = to[0].ptr<float>(picture, channel);
        convolve_plane(shape, from[0].ptr<float>(picture, channel), weights,
                       biases == nullptr ? 0 : biases[channel], written, scratch_);
        if (!activation_.empty()) {
          activation_->forwardSlice(written, written, static_cast<int>(plane), plane, channel,
                                    channel + 1);
        }
      }
    }
  }

 private:
  [[nodiscard]] PlaneConvolution of(int height, int width) const {
    PlaneConvolution shape = shape_;
    shape.height = height;
    shape.width = width;
    return shape;
  }

  PlaneConvolution shape_;  // without height and width
  PlaneScratch scratch_;
  cv::Ptr<cv::dnn::ActivationLayer> activation_;
};

}  // namespace

void register_opencv_layers() {
  cv::dnn::LayerFactory::registerLayer(std::string(kSiluOperation), SiluLayer::create);
  cv::dnn::LayerFactory::registerLayer(std::string(kDepthwiseOperation), DepthwiseLayer::create);
}

}  // namespace stepcast::vision
