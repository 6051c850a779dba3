"""A net for ncnn: a .param text of its layers and a .bin of their weights, from our ONNX model.

Source: the descriptions of ncnn's layers and files, docs/developer-guide/operators.md and
param-and-model-file-structure.md of Tencent/ncnn.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import onnx.shape_inference
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from framework.errors import CaffeError
from framework.system.unique_names import unique_name

Array = NDArray[Any]        # Any: float32 or int64
Attributes = dict[str, Any]     # Any: numbers, texts and lists, as ONNX has them
Value = int | float | Sequence[int] | Sequence[float]
Refusal = Callable[[str, str], CaffeError]
MAGIC = 7767517
MOST_BYTES = 255        # of a name: "%255s" in Net::load_param, net.cpp
# the orders of axes of Permute, as what remains of ONNX's without the batch
ORDERS = {(0, 1, 2): 0, (0, 2, 1): 1, (1, 0, 2): 2, (1, 2, 0): 3, (2, 0, 1): 4, (2, 1, 0): 5}
BINARY = {"Add": 0, "Sub": 1, "Mul": 2, "Div": 3, "Max": 4, "Min": 5, "Pow": 6}
UNARY = {"Abs": 0, "Neg": 1, "Floor": 2, "Ceil": 3, "Sqrt": 5, "Exp": 7, "Log": 8}
REDUCTIONS = {"ReduceSum": 0, "ReduceMean": 3, "ReduceMax": 4, "ReduceMin": 5}
PLAIN = {"Sigmoid": "Sigmoid", "Tanh": "TanH", "Identity": "Noop", "Flatten": "Flatten",
         "Softplus": "Softplus"}
SHAPED = ("Reshape", "Squeeze", "Unsqueeze")


class Writer:
    """The layers of an ONNX model with a batch of one, whose axis ncnn does not have.

    refuse  makes the error for a node's name and a reason
    words   what values are called in the file, by their names
    """

    def __init__(self, model: onnx.ModelProto, refuse: Refusal) -> None:
        inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
        self.graph = model.graph
        self.refuse = refuse
        self.constants = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
        self.shapes = {info.name: [axis.dim_value for axis in info.type.tensor_type.shape.dim]
                       for info in (*inferred.input, *inferred.value_info, *inferred.output)}
        for name, array in self.constants.items():
            self.shapes[name] = list(array.shape)
        self.lines: list[str] = []
        self.num_blobs = 0
        self.weights: list[bytes] = []
        self.readers = Counter(name for node in model.graph.node for name in node.input)
        self.copies: dict[str, list[str]] = {}
        self.made: dict[str, str] = {}
        values = [*(info.name for info in model.graph.input),
                  *(name for node in model.graph.node for name in node.output)]
        self.names = set(values)
        self.words = {name: name for name in values if _word(name) == name}
        self.taken = set(self.words)

    def run(self) -> tuple[str, bytes]:
        """The texts of .param and the bytes of .bin."""
        for info in self.graph.input:
            if len(self.shapes[info.name]) < 2:
                raise self.refuse(info.name, "ncnn's inputs have an axis beside the batch")
            c, *sizes = self.shapes[info.name][1:]
            params = dict(enumerate([*reversed(sizes), c]))
            self._layer("Input", info.name, [], [info.name], params)
            self._share(info.name)
        for node in self.graph.node:
            self._node(node)
            for name in node.output:
                self._share(name)
        head = f"{MAGIC}\n{len(self.lines)} {self.num_blobs}\n"
        return head + "\n".join(self.lines) + "\n", b"".join(self.weights)

    def _share(self, name: str) -> None:
        """A Split where several nodes read a value; each takes a copy of its own."""
        if self.readers[name] > 1:
            self.copies[name] = [self._unique(f"{name}_copy{index}")
                                 for index in range(self.readers[name])]
            outputs = list(self.copies[name])
            self._layer("Split", f"split_{name}", [name], outputs, {})

    def _read(self, name: str) -> str:
        if name in self.copies:
            return self.copies[name].pop()
        if name not in self.constants:
            return name
        # a constant: a MemoryData of its own for each reader
        unique = self._unique(f"data_{name}")
        array = self.constants[name].astype(np.float32)
        shape = list(array.shape)
        shape = shape[1:] if len(shape) > 3 or (len(shape) > 1 and shape[0] == 1) else shape
        width, height, *channels = [*reversed(shape or [1]), 0, 0][:3]
        self._layer("MemoryData", unique, [], [unique],
                    {0: width, 1: height, 2: channels[0] if channels else 0}, array)
        return unique

    def _unique(self, name: str) -> str:
        while name in self.names:
            name += "_"
        self.names.add(name)
        return name

    def _word_of(self, name: str) -> str:
        """What a value is called in the file."""
        if name not in self.words:
            self.words[name] = unique_name(_word(name), self.taken)
        return self.words[name]

    def _layer(self, kind: str, name: str, bottoms: Sequence[str], tops: Sequence[str],
               params: Mapping[int, Value], *weights: Array, flags: Sequence[int] = ()) -> None:
        """Add a line, and weights, of which those at the indices `flags` begin with a type."""
        words = [kind, _word(name), str(len(bottoms)), str(len(tops)),
                 *map(self._word_of, (*bottoms, *tops))]
        for key, value in params.items():
            if isinstance(value, Sequence):
                words.append(f"{-23300 - key}={len(value)},{','.join(map(_number, value))}")
            else:
                words.append(f"{key}={_number(value)}")
        self.lines.append(" ".join(words))
        self.num_blobs += len(tops)
        for index, array in enumerate(weights):
            if index in flags:
                self.weights.append(bytes(4))       # float32
            self.weights.append(np.ascontiguousarray(array, "<f4").tobytes())

    def _node(self, node: onnx.NodeProto) -> None:
        method = getattr(self, f"node_{node.op_type.lower()}", None)
        attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
        if method is not None:
            method(node, attributes)
        elif node.op_type in PLAIN:
            self._add(node, PLAIN[node.op_type], {})
        elif node.op_type in UNARY:
            self._add(node, "UnaryOp", {0: UNARY[node.op_type]})
        elif node.op_type in BINARY:
            self._binary(node)
        elif node.op_type in REDUCTIONS:
            self._reduce(node, attributes)
        elif node.op_type in SHAPED:
            self._shaped(node)
        else:
            raise self.refuse(node.name, f"ncnn has no counterpart of ONNX's {node.op_type}")

    def _add(self, node: onnx.NodeProto, kind: str, params: Mapping[int, Value], *weights: Array,
             num_bottoms: int = 1, flags: Sequence[int] = ()) -> None:
        bottoms = [self._read(name) for name in node.input[:num_bottoms]]
        self._layer(kind, node.name, bottoms, list(node.output), params, *weights, flags=flags)

    def _constant(self, node: onnx.NodeProto, index: int) -> Array:
        """What the node reads as weights, bias or positions; refused if another node makes it."""
        if node.input[index] not in self.constants:
            raise self.refuse(node.name, f"its input {index} is another blob, and ncnn takes "
                              "numbers of the net alone there")
        return self.constants[node.input[index]]

    def node_conv(self, node: onnx.NodeProto, given: Attributes) -> None:
        self._convolution(node, given, self._constant(node, 1), False)

    def node_convtranspose(self, node: onnx.NodeProto, given: Attributes) -> None:
        self._convolution(node, given, self._constant(node, 1), True)

    def _convolution(self, node: onnx.NodeProto, given: Attributes, weight: Array,
                     transposed: bool) -> None:
        group = given.get("group", 1)
        if weight.ndim != 4:
            raise self.refuse(node.name, f"ncnn's convolutions have 2 axes, not {weight.ndim - 2}")
        num_output = weight.shape[1] * group if transposed else weight.shape[0]
        high, wide = weight.shape[2:]
        if transposed:      # outputs first
            parts = weight.reshape(group, -1, *weight.shape[1:])
            weight = parts.transpose(0, 2, 1, 3, 4)
        top, left, bottom, right = given.get("pads", [0] * 4)
        down, along = given.get("strides", [1, 1])
        dilation = given.get("dilations", [1, 1])
        has_bias = len(node.input) > 2
        params: dict[int, Value] = {
            0: num_output, 1: wide, 11: high, 2: dilation[1], 12: dilation[0], 3: along, 13: down,
            4: left, 14: top, 15: right, 16: bottom, 5: int(has_bias), 6: weight.size}
        kind = "Deconvolution" if transposed else "Convolution"
        if group > 1:
            kind += "DepthWise"
            params[7] = group
        bias = [self._constant(node, 2)] if has_bias else []
        self._add(node, kind, params, weight, *bias, flags=[0])

    def node_gemm(self, node: onnx.NodeProto, given: Attributes) -> None:
        weight = self._constant(node, 1)
        weight = weight if given.get("transB") else weight.T
        bias = [self._constant(node, index) for index in range(2, len(node.input))]
        params: dict[int, Value] = {0: len(weight), 1: len(bias), 2: weight.size}
        self._add(node, "InnerProduct", params, weight, *bias, flags=[0])

    def node_maxpool(self, node: onnx.NodeProto, given: Attributes) -> None:
        if len(node.output) > 1:
            raise self.refuse(node.name, "ncnn's Pooling gives no mask")
        self._pooling(node, given, 0)

    def node_averagepool(self, node: onnx.NodeProto, given: Attributes) -> None:
        self._pooling(node, given, 1)

    def _pooling(self, node: onnx.NodeProto, given: Attributes, kind: int) -> None:
        if len(given["kernel_shape"]) != 2:
            raise self.refuse(node.name, "ncnn's Pooling has 2 axes, not "
                              f"{len(given['kernel_shape'])}")
        high, wide = given["kernel_shape"]
        down, along = given.get("strides", [1, 1])
        top, left, bottom, right = given.get("pads", [0] * 4)
        if any(one != 1 for one in given.get("dilations", [])):
            raise self.refuse(node.name, "ncnn's Pooling has no dilation")
        self._add(node, "Pooling", {
            0: kind, 1: wide, 11: high, 2: along, 12: down, 3: left, 13: top, 14: right,
            15: bottom, 5: 1, 6: given.get("count_include_pad", 0)})

    def node_globalaveragepool(self, node: onnx.NodeProto, given: Attributes) -> None:
        self._global(node, 1)

    def node_globalmaxpool(self, node: onnx.NodeProto, given: Attributes) -> None:
        self._global(node, 0)

    def _global(self, node: onnx.NodeProto, kind: int) -> None:
        """Global pooling gives (C,) in ncnn, where the net has (C, 1, 1)."""
        inner = self._unique(f"{node.output[0]}_flat")
        self._layer("Pooling", f"{node.name}_pool", [self._read(node.input[0])], [inner],
                    {0: kind, 4: 1})
        channels = self.shapes[node.input[0]][1]
        self._layer("Reshape", node.name, [inner], list(node.output), {0: 1, 1: 1, 2: channels})

    def node_relu(self, node: onnx.NodeProto, given: Attributes) -> None:
        self._add(node, "ReLU", {})

    def node_leakyrelu(self, node: onnx.NodeProto, given: Attributes) -> None:
        self._add(node, "ReLU", {0: given["alpha"]})

    def node_elu(self, node: onnx.NodeProto, given: Attributes) -> None:
        self._add(node, "ELU", {0: given.get("alpha", 1.0)})

    def node_hardsigmoid(self, node: onnx.NodeProto, given: Attributes) -> None:
        self._add(node, "HardSigmoid", {0: given.get("alpha", 0.2), 1: given.get("beta", 0.5)})

    def node_resize(self, node: onnx.NodeProto, given: Attributes) -> None:
        mode = given.get("mode", b"nearest")
        place = given.get("coordinate_transformation_mode", b"half_pixel")
        forms = {(b"nearest", b"asymmetric"): (1, 0), (b"linear", b"align_corners"): (2, 1),
                 (b"linear", b"half_pixel"): (2, 0)}
        sizes = self.shapes.get(node.output[0], [])
        if (mode, place) not in forms or len(sizes) != 4 or not all(sizes):
            raise self.refuse(node.name, f"ncnn has no resize that is {mode.decode()} with "
                              f"{place.decode()}")
        kind, aligned = forms[mode, place]
        self._add(node, "Interp", {0: kind, 3: sizes[2], 4: sizes[3], 6: aligned})

    def node_prelu(self, node: onnx.NodeProto, given: Attributes) -> None:
        slope = self._constant(node, 1).ravel()
        self._add(node, "PReLU", {0: slope.size}, slope)

    def node_clip(self, node: onnx.NodeProto, given: Attributes) -> None:
        low, high = (float(self.constants[name]) for name in node.input[1:3])
        self._add(node, "Clip", {0: low, 1: high})

    def node_softmax(self, node: onnx.NodeProto, given: Attributes) -> None:
        self._add(node, "Softmax", {0: self._axis(node, given["axis"]), 1: 1})

    def node_concat(self, node: onnx.NodeProto, given: Attributes) -> None:
        self._add(node, "Concat", {0: self._axis(node, given["axis"])},
                  num_bottoms=len(node.input))

    def node_split(self, node: onnx.NodeProto, given: Attributes) -> None:
        sizes = [int(one) for one in self.constants[node.input[1]]]
        self._add(node, "Slice", {0: sizes, 1: self._axis(node, given["axis"])})

    def node_slice(self, node: onnx.NodeProto, given: Attributes) -> None:
        start, end, *rest = (self._constant(node, index).tolist()
                             for index in range(1, len(node.input)))
        axis = rest[0] if rest else range(len(start))
        if any(one != 1 for step in rest[1:] for one in step):
            raise self.refuse(node.name, "ncnn's Crop takes every cell, in order")
        axes = [self._axis(node, one) for one in axis]
        self._add(node, "Crop", {9: start, 10: end, 11: axes})

    def _axis(self, node: onnx.NodeProto, axis: int) -> int:
        axis = axis if axis >= 0 else axis + len(self.shapes[node.input[0]])
        if axis < 1:
            raise self.refuse(node.name, "works along the batch, which ncnn does not have")
        return axis - 1

    def node_transpose(self, node: onnx.NodeProto, given: Attributes) -> None:
        order = tuple(axis - 1 for axis in given["perm"][1:])
        if given["perm"][0] != 0 or len(order) not in (2, 3):
            raise self.refuse(node.name, f"ncnn has no permutation {list(given['perm'])}")
        self._add(node, "Permute", {0: ORDERS[order] if len(order) == 3 else order[0]})

    def _shaped(self, node: onnx.NodeProto) -> None:
        batch, *shape = self.shapes.get(node.output[0]) or [0]
        if batch != 1 or not shape or len(shape) > 4 or not all(shape):
            raise self.refuse(node.name, f"ncnn cannot reshape to {[batch, *shape]}: it takes a "
                              "batch of 1 and up to 4 other axes")
        ids = {1: (0,), 2: (1, 0), 3: (2, 1, 0), 4: (2, 11, 1, 0)}[len(shape)]
        self._add(node, "Reshape", dict(zip(ids, shape, strict=True)))

    def _binary(self, node: onnx.NodeProto) -> None:
        kind = BINARY[node.op_type]
        second = self.constants.get(node.input[1])
        if second is not None and second.size == 1:
            self._add(node, "BinaryOp", {0: kind, 1: 1, 2: float(second.ravel()[0])})
        elif len(node.input) == 2:
            self._add(node, "BinaryOp", {0: kind}, num_bottoms=2)
        else:
            self._add(node, "Eltwise", {0: 2}, num_bottoms=len(node.input))

    def _reduce(self, node: onnx.NodeProto, given: Attributes) -> None:
        axes = given.get("axes")
        if axes is None:
            axes = self.constants[node.input[1]].tolist()
        self._add(node, "Reduction", {
            0: REDUCTIONS[node.op_type], 1: 0, 3: [self._axis(node, axis) for axis in axes],
            4: given.get("keepdims", 1), 5: 1})

    def node_lrn(self, node: onnx.NodeProto, given: Attributes) -> None:
        self._add(node, "LRN", {0: 0, 1: given["size"], 2: given["alpha"], 3: given["beta"],
                                4: given["bias"]})

    def node_batchnormalization(self, node: onnx.NodeProto, given: Attributes) -> None:
        scale, bias, mean, variance = (self.constants[name] for name in node.input[1:])
        self._add(node, "BatchNorm", {0: scale.size, 1: given["epsilon"]}, scale, mean, variance,
                  bias)

    def node_detectionoutput(self, node: onnx.NodeProto, given: Attributes) -> None:
        if "eta" in given or "clip" in given or not given["share_location"] or len(node.input) > 3 \
                or given["background_label_id"] != 0 or given["variance_encoded_in_target"] \
                or not given["code_type"].endswith(b"CENTER_SIZE"):
            raise self.refuse(node.name, "ncnn's DetectionOutput has background 0, boxes of "
                              "CENTER_SIZE that all classes share, and neither eta, clip nor "
                              "variances in the target")
        self._add(node, "DetectionOutput", {
            0: given["num_classes"], 1: given["nms_threshold"], 2: given["top_k"],
            3: given["keep_top_k"], 4: given["confidence_threshold"]}, num_bottoms=3)


def _word(name: str) -> str:
    """A name as ncnn reads one: without white space, and not longer than MOST_BYTES.

    Shorter by some bytes, so that a number fits after one that is taken.
    """
    word = re.sub(r"\s", "_", name)
    if len(word.encode()) <= MOST_BYTES:
        return word
    return word.encode()[:MOST_BYTES - 15].decode(errors="ignore")


def _number(value: float) -> str:
    return str(int(value)) if isinstance(value, int | np.integer) else f"{float(value):.9e}"


def to_ncnn(model: onnx.ModelProto, refuse: Refusal) -> tuple[str, bytes]:
    """The .param and .bin of a model whose batch is one, with DetectionOutput as one operator."""
    return Writer(model, refuse).run()
