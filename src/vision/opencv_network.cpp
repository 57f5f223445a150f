#include "opencv_network.hpp"

#include <algorithm>
#include <list>
#include <mutex>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/core/version.hpp>
#include <opencv2/dnn/dnn.hpp>

#include "stepcast/base/contracts.hpp"

#include "onnx_file.hpp"
#include "opencv_layers.hpp"
#include "opencv_rewriting.hpp"

namespace stepcast::vision {
namespace {

void prepare_opencv() {
  static std::once_flag once;
  std::call_once(once, [] {
    // The instances of this process share its cores; threads inside one would only wait.
    cv::setNumThreads(1);
    // What goes wrong is told by exceptions; the importer also writes pages about it.
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    register_opencv_layers();
  });
}

/// What OpenCV's importer calls the layer that an output comes from: it has had several rules.
std::string layer_of(cv::dnn::Net& net, std::string_view output, const OnnxFile& file) {
  std::vector<std::string> names{std::string(output), fmt::format("onnx_node_output_0!{}", output)};
  for (const OnnxNode& node : file.nodes) {
    if (std::find(node.outputs.begin(), node.outputs.end(), output) != node.outputs.end()) {
      names.emplace_back(node.name);
      names.push_back(fmt::format("onnx_node!{}", node.name));
    }
  }
  for (const std::string& name : names) {
    if (!name.empty() && net.getLayerId(name) >= 0) {
      return name;
    }
  }
  return {};
}

/// OpenCV lays a network out anew whenever the shape changes, so each shape gets its own.
class OpenCvNetwork : public Network {
 public:
  OpenCvNetwork(std::vector<std::byte> onnx, std::string name,
                std::vector<std::string> output_names)
      : onnx_(std::move(onnx)), name_(std::move(name)) {
    for (std::string& output : output_names) {
      outputs_.push_back({.name = std::move(output), .shape = {}, .values = {}});
    }
  }

  /// @param file what read_onnx() read from the bytes
  Result<void> open(const OnnxFile& file) {
    try {
      cv::dnn::Net net = read();
      for (const Output& output : outputs_) {
        layers_.push_back(layer_of(net, output.name, file));
        if (layers_.back().empty()) {
          return fail(Errc::kUnsupported,
                      fmt::format("OpenCV does not find the output `{}`", output.name), name_);
        }
      }
      spare_ = net;
    } catch (const cv::Exception& error) {
      return not_run(error);
    }
    return {};
  }

  Result<std::span<const Output>> run(std::span<const float> images,
                                      const InputShape& shape) override {
    STEPCAST_CHECK(images.size() == std::size_t{3} * static_cast<std::size_t>(shape.batch) *
                                        static_cast<std::size_t>(shape.height) *
                                        static_cast<std::size_t>(shape.width));
    try {
      cv::dnn::Net& net = net_for(shape);
      const std::array<int, 4> sizes{shape.batch, 3, shape.height, shape.width};
      // OpenCV has no view of constant numbers; it copies them.
      const cv::Mat blob(4, sizes.data(), CV_32F, const_cast<float*>(images.data()));
      net.setInput(blob);
      net.forward(results_, layers_);
    } catch (const cv::Exception& error) {
      nets_.clear();
      return not_run(error);
    }
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      const cv::Mat& result = results_[i];
      outputs_[i].shape.fill(1);
      for (int d = 0; d < std::min(result.dims, 4); ++d) {
        outputs_[i].shape.at(static_cast<std::size_t>(d)) = result.size[d];
      }
      outputs_[i].values = {result.ptr<float>(), result.total()};
    }
    return std::span<const Output>(outputs_);
  }

  [[nodiscard]] std::string runtime() const override {
    return fmt::format("opencv {}", cv::getVersionString());
  }

 private:
  struct Shaped {
    InputShape shape;
    cv::dnn::Net net;
  };

  [[nodiscard]] cv::dnn::Net read() const {
    cv::dnn::Net net =
        cv::dnn::readNetFromONNX(reinterpret_cast<const char*>(onnx_.data()), onnx_.size());
    net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    net.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
    return net;
  }

  /// The network laid out for this shape, the last used first.
  cv::dnn::Net& net_for(const InputShape& shape) {
    // Cameras have one shape each, pictures of a folder a few.
    constexpr std::size_t kMostShapes = 4;
    const auto found = std::find_if(nets_.begin(), nets_.end(), [&](const Shaped& one) {
      return one.shape.batch == shape.batch && one.shape.height == shape.height &&
             one.shape.width == shape.width;
    });
    if (found != nets_.end()) {
      nets_.splice(nets_.begin(), nets_, found);
    } else {
      if (nets_.size() == kMostShapes) {
        nets_.pop_back();
      }
      nets_.push_front({shape, spare_.empty() ? read() : spare_});
      spare_ = {};
    }
    return nets_.front().net;
  }

  [[nodiscard]] tl::unexpected<Error> not_run(const cv::Exception& error) const {
    return fail(Errc::kUnsupported, fmt::format("OpenCV cannot run this network: {}", error.err),
                name_, "try --runtime onnxruntime, or export the network with opset 11");
  }

  std::vector<std::byte> onnx_;
  std::string name_;
  std::vector<Output> outputs_;
  std::vector<std::string> layers_;
  std::list<Shaped> nets_;
  cv::dnn::Net spare_;  // read by open(), of no shape yet
  std::vector<cv::Mat> results_;
};

}  // namespace

Result<std::unique_ptr<Network>> load_with_opencv(std::span<const std::byte> onnx,
                                                  std::string_view name) {
  prepare_opencv();
  const auto file = read_onnx(onnx, name);
  if (!file) {
    return tl::unexpected(file.error());
  }
  std::vector<std::string> outputs(file->outputs.begin(), file->outputs.end());
  auto network = std::make_unique<OpenCvNetwork>(rewrite_for_opencv(onnx, *file), std::string(name),
                                                 std::move(outputs));
  if (auto opened = network->open(*file); !opened) {
    return tl::unexpected(opened.error());
  }
  return network;
}

}  // namespace stepcast::vision
