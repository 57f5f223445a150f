#pragma once

#include <array>
#include <string>
#include <vector>

namespace stepcast::training {

enum class Activation { kNone, kRelu, kRelu6, kSilu };

/// One convolution of a network, with what follows it.
struct Convolution {
  std::string name;  ///< Of its weights, without `.weight`.
  int in = 0;
  int out = 0;
  int kernel = 1;
  int stride = 1;
  int groups = 1;
  Activation activation = Activation::kNone;
  bool norm = false;   ///< Batch norm while it learns; folded away in what ships.
  int pad_before = 0;  ///< Zeros at the top and left.
  int pad_after = 0;   ///< Zeros at the bottom and right.
};

// A network is a function of `Ops`, which say what a value is and what is done with it:
//   Value conv(Value, const Convolution&)   Value add(Value, Value)   Value concat(vector<Value>)
//   Value max_pool5(Value): 5x5, stride 1, same size     Value upsample2(Value): nearest neighbour
//   Value mean(Value): over height and width, N x C x 1 x 1

/// YOLOX-nano (Ge et al., arXiv:2107.08430; listing: weights' YOLOX_NANO.md). Focus and stem are
/// one 6x6 convolution of stride 2: the same sum of products, without the copies.
template <class Ops>
class YoloxNano {
 public:
  using Value = typename Ops::Value;

  YoloxNano(Ops& ops, int classes) : ops_(ops), classes_(classes) {}

  /// @returns the raw maps of stride 8, 16 and 32: N x (5 + classes) x H x W
  [[nodiscard]] std::array<Value, 3> operator()(const Value& images) {
    const auto stem = ops_.conv(images, {.name = "backbone.stem",
                                         .in = 3,
                                         .out = 16,
                                         .kernel = 6,
                                         .stride = 2,
                                         .activation = Activation::kSilu,
                                         .norm = true,
                                         .pad_before = 2,
                                         .pad_after = 2});
    const auto c2 =
        csp(separable(stem, "backbone.dark2.0", 16, 32, 2), "backbone.dark2.1", 32, 32, 1, true);
    const auto c3 =
        csp(separable(c2, "backbone.dark3.0", 32, 64, 2), "backbone.dark3.1", 64, 64, 3, true);
    const auto c4 =
        csp(separable(c3, "backbone.dark4.0", 64, 128, 2), "backbone.dark4.1", 128, 128, 3, true);
    const auto c5 =
        csp(spp(separable(c4, "backbone.dark5.0", 128, 256, 2), "backbone.dark5.1", 256),
            "backbone.dark5.2", 256, 256, 1, false);

    const auto top = point(c5, "neck.lateral_conv0", 256, 128);
    const auto middle =
        point(csp(ops_.concat({ops_.upsample2(top), c4}), "neck.C3_p4", 256, 128, 1, false),
              "neck.reduce_conv1", 128, 64);
    const auto p3 = csp(ops_.concat({ops_.upsample2(middle), c3}), "neck.C3_p3", 128, 64, 1, false);
    const auto p4 = csp(ops_.concat({separable(p3, "neck.bu_conv2", 64, 64, 2), middle}),
                        "neck.C3_n3", 128, 128, 1, false);
    const auto p5 = csp(ops_.concat({separable(p4, "neck.bu_conv1", 128, 128, 2), top}),
                        "neck.C3_n4", 256, 256, 1, false);
    return {head(p3, "0", 64), head(p4, "1", 128), head(p5, "2", 256)};
  }

 private:
  Value point(const Value& x, const std::string& name, int in, int out) {
    return ops_.conv(
        x, {.name = name, .in = in, .out = out, .activation = Activation::kSilu, .norm = true});
  }
  Value separable(const Value& x, const std::string& name, int in, int out, int stride) {
    const auto depth = ops_.conv(x, {.name = name + ".dconv",
                                     .in = in,
                                     .out = in,
                                     .kernel = 3,
                                     .stride = stride,
                                     .groups = in,
                                     .activation = Activation::kSilu,
                                     .norm = true,
                                     .pad_before = 1,
                                     .pad_after = 1});
    return point(depth, name + ".pconv", in, out);
  }
  Value bottleneck(const Value& x, const std::string& name, int width, bool shortcut) {
    const auto y =
        separable(point(x, name + ".conv1", width, width), name + ".conv2", width, width, 1);
    return shortcut ? ops_.add(y, x) : y;
  }
  Value csp(const Value& x, const std::string& name, int in, int out, int repeats, bool shortcut) {
    const int half = out / 2;
    auto deep = point(x, name + ".conv1", in, half);
    const auto direct = point(x, name + ".conv2", in, half);
    for (int i = 0; i < repeats; ++i) {
      deep = bottleneck(deep, name + ".m." + std::to_string(i), half, shortcut);
    }
    return point(ops_.concat({deep, direct}), name + ".conv3", 2 * half, out);
  }
  /// Pools of 5, 9 and 13: a pool of 5 after one of 5 is one of 9.
  Value spp(const Value& x, const std::string& name, int width) {
    const auto y = point(x, name + ".conv1", width, width / 2);
    const auto pool5 = ops_.max_pool5(y);
    const auto pool9 = ops_.max_pool5(pool5);
    const auto pool13 = ops_.max_pool5(pool9);
    return point(ops_.concat({y, pool5, pool9, pool13}), name + ".conv2", 2 * width, width);
  }
  Value head(const Value& p, const std::string& level, int width) {
    constexpr int kWidth = 64;
    const auto x = point(p, "head.stems." + level, width, kWidth);
    const auto classes = tower(x, "head.cls_convs." + level);
    const auto regression = tower(x, "head.reg_convs." + level);
    return ops_.concat(
        {ops_.conv(regression, {.name = "head.reg_preds." + level, .in = kWidth, .out = 4}),
         ops_.conv(regression, {.name = "head.obj_preds." + level, .in = kWidth, .out = 1}),
         ops_.conv(classes, {.name = "head.cls_preds." + level, .in = kWidth, .out = classes_})});
  }
  Value tower(const Value& x, const std::string& name) {
    return separable(separable(x, name + ".0", 64, 64, 1), name + ".1", 64, 64, 1);
  }

  Ops& ops_;
  int classes_;
};

/// MobileNetV2 1.0 (Sandler et al., arXiv:1801.04381) with TensorFlow's padding, up to the mean of
/// its last 1280 features.
template <class Ops>
class MobileNetV2 {
 public:
  using Value = typename Ops::Value;

  static constexpr int kFeatures = 1280;

  explicit MobileNetV2(Ops& ops) : ops_(ops) {}

  /// @returns N x 1280 x 1 x 1
  [[nodiscard]] Value operator()(const Value& images) {
    struct Stage {
      int width;
      int repeats;
      int stride;
    };
    constexpr std::array kStages = {Stage{16, 1, 1}, Stage{24, 2, 2}, Stage{32, 3, 2},
                                    Stage{64, 4, 2}, Stage{96, 3, 1}, Stage{160, 3, 2},
                                    Stage{320, 1, 1}};
    constexpr int kExpansion = 6;
    auto x = ops_.conv(images, spatial("features.0.0", 3, 32, 2, 1));
    int in = 32;
    int block = 1;
    for (const auto& stage : kStages) {
      for (int repeat = 0; repeat < stage.repeats; ++repeat, ++block) {
        const int stride = repeat == 0 ? stage.stride : 1;
        const int expansion = block == 1 ? 1 : kExpansion;
        x = inverted_residual(x, "features." + std::to_string(block) + ".conv", in, stage.width,
                              stride, expansion);
        in = stage.width;
      }
    }
    x = ops_.conv(
        x, {.name = "features.18.0", .in = in, .out = kFeatures, .activation = Activation::kRelu6});
    return ops_.mean(x);
  }

 private:
  static Convolution spatial(std::string name, int in, int out, int stride, int groups) {
    // TensorFlow's SAME for an even size: with stride 2 nothing before, one after.
    return {.name = std::move(name),
            .in = in,
            .out = out,
            .kernel = 3,
            .stride = stride,
            .groups = groups,
            .activation = Activation::kRelu6,
            .pad_before = stride == 1 ? 1 : 0,
            .pad_after = 1};
  }
  Value inverted_residual(const Value& x, const std::string& name, int in, int out, int stride,
                          int expansion) {
    const int wide = in * expansion;
    auto y = x;
    std::string spatial_name = name + ".0.0";
    std::string projection = name + ".1";
    if (expansion != 1) {
      y = ops_.conv(
          y, {.name = name + ".0.0", .in = in, .out = wide, .activation = Activation::kRelu6});
      spatial_name = name + ".1.0";
      projection = name + ".2";
    }
    y = ops_.conv(y, spatial(spatial_name, wide, wide, stride, wide));
    y = ops_.conv(y, {.name = projection, .in = wide, .out = out});
    return stride == 1 && in == out ? ops_.add(y, x) : y;
  }

  Ops& ops_;
};

}  // namespace stepcast::training
