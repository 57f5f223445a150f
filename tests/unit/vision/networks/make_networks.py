#!/usr/bin/env python3
"""Writes spots.onnx and colours.onnx, networks of known weights for the tests of vision.

spots.onnx, a detector: a cell of 8 pixels whose mean is light is a `light` thing of 16 by 16 pixels
around its middle; one that is saturated in red is a `red` thing as well. Coarser cells see nothing.
colours.onnx, a classifier: the mean red, green and blue are the logits of three of six classes.
Both have the parts that matter to the programs that run them: x * sigmoid(x) after a convolution,
sizes by name, the metadata of docs/seeing.md. Needs numpy and onnx (PyPI).
"""
import json
import math
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def weights(name, values):
    return numpy_helper.from_array(np.asarray(values, dtype=np.float32), name)


def silu(name, x):
    return [helper.make_node("Sigmoid", [x], [f"{name}_s"], f"{name}_sigmoid"),
            helper.make_node("Mul", [x, f"{name}_s"], [name], f"{name}_mul")]


def save(file, nodes, inits, outputs, info):
    graph = helper.make_graph(
        nodes, file,
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs],
        inits)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)
    helper.set_model_props(model, {"stepcast": json.dumps(info)})
    onnx.checker.check_model(model)
    onnx.save(model, pathlib.Path(__file__).parent / file)


def spots():
    # Pixels come as 0 to 1. Features of a cell: mean of all, red above green and blue; both times
    # 20, so that SiLU leaves them as they are where they count.
    mean = np.full((1, 3, 8, 8), 20 / (3 * 64))
    red = np.stack([np.full((8, 8), w * 20 / 64) for w in (-0.5, -0.5, 1.0)])[None]  # b, g, r
    inits = [weights("cell_w", np.concatenate([mean, red])), weights("cell_b", [0, 0])]
    nodes = [helper.make_node("Conv", ["images", "cell_w", "cell_b"], ["c8"], "cell",
                              kernel_shape=[8, 8], strides=[8, 8])]
    nodes += silu("f8", "c8")
    size = math.log(2)  # 16 pixels for cells of 8
    heads = {8: ([[0, 0]] * 4 + [[1, 1], [1, -1], [-1, 2]],
                 [0.5, 0.5, size, size, -8, 4, -16])}
    for stride in (16, 32):
        nodes.append(helper.make_node("AveragePool", [f"f{stride // 2}"], [f"f{stride}"],
                                      f"pool{stride}", kernel_shape=[2, 2], strides=[2, 2]))
        heads[stride] = ([[0, 0]] * 7, [0.5, 0.5, 0, 0, -30, 0, 0])
    for stride, (w, b) in heads.items():
        inits += [weights(f"w{stride}", np.reshape(w, (7, 2, 1, 1))), weights(f"b{stride}", b)]
        nodes.append(helper.make_node("Conv", [f"f{stride}", f"w{stride}", f"b{stride}"],
                                      [f"p{stride}"], f"head{stride}", kernel_shape=[1, 1]))
    save("spots.onnx", nodes, inits,
         [(f"p{s}", ["n", 7, f"h{s}", f"w{s}"]) for s in (8, 16, 32)],
         {"format": 1, "kind": "detector", "name": "spots", "classes": ["light", "red"],
          "input": {"width": 128, "height": 128, "order": "bgr", "mean": [0, 0, 0],
                    "scale": 1 / 255, "fit": "letterbox", "fill": 0},
          "strides": [8, 16, 32], "nms_iou": 0.45, "thresholds": [0.5, 0.6],
          "trustworthy": [True, False], "trained": {"on": "nothing"}})


def colours():
    # Red, green, blue come as -1 to 1; logits of OK, blobs and cracks, the others far below.
    first = np.eye(3)[:, :, None, None] * 8
    last = np.zeros((6, 3))
    last[:3] = np.eye(3)
    inits = [weights("w", first), weights("b", [0, 0, 0]), weights("fc_w", last),
             weights("fc_b", [0, 0, 0, -4, -4, -4])]
    nodes = [helper.make_node("Conv", ["images", "w", "b"], ["c"], "conv", kernel_shape=[1, 1])]
    nodes += silu("f", "c")
    nodes += [helper.make_node("GlobalAveragePool", ["f"], ["mean"], "mean"),
              helper.make_node("Flatten", ["mean"], ["flat"], "flat", axis=1),
              helper.make_node("Gemm", ["flat", "fc_w", "fc_b"], ["logits"], "fc", transB=1)]
    save("colours.onnx", nodes, inits, [("logits", ["n", 6])],
         {"format": 1, "kind": "classifier", "name": "colours",
          "classes": ["OK", "blobs", "cracks", "spaghetti", "stringing", "under_extrusion"],
          "input": {"width": 224, "height": 224, "order": "rgb", "mean": [127.5, 127.5, 127.5],
                    "scale": 1 / 127.5, "fit": "stretch", "fill": 0},
          "temperature": 2.0, "unsure_below": 0.6, "trained": {"on": "nothing"}})


spots()
colours()
