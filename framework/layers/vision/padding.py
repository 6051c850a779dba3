"""Padding (Pad, Padding), pixel shuffle and adaptive pooling."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_four_axes, honour, is_set
from framework.ops.by_item import pixel_shuffle
from framework.ops.windows import pad_ends
from framework.proto import enum_name

MODES = {"ZERO": "constant", "REPLICATE": "replicate", "REFLECT_101": "reflect"}
ONNX_MODES = {"ZERO": "constant", "REPLICATE": "edge", "REFLECT_101": "reflect"}


@layer
class Pad(Layer):
    """Pad the height and width of each plane: with zeros, the last cell, or a mirror image.

    Bottom: x (N, C, H, W).
    Top:    y (N, C, H + pad_t + pad_b, W + pad_l + pad_r); each is `pad` where it is not given.
            `padtype` REPLICATE repeats the last cell; REFLECT mirrors with the last cell twice,
            REFLECT_101 with it once.
    With `paddings` (Synopsys), two numbers for each axis of a bottom of any shape, those many cells
    before and after it hold `constant_values`.
    Errors: SpecError if a mirror image would need more cells than there are, and for paddings of
            another number or beside other fields.
    Source: pad_layer.cpp of two forks, one with `padtype` and `pad`, one with four sides, and of
            foss-for-synopsys-dwc-arc-processors/synopsys-caffe.
    """

    fork_fields = frozenset(["pad_param.paddings", "pad_param.constant_values"])

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "pad_param", "padtype pad pad_t pad_b pad_l pad_r paddings constant_values")
        param = spec.proto.pad_param
        self.kind = enum_name(param, "padtype")
        self.top, self.below, self.left, self.right = (
            getattr(param, name) if is_set(param, name) else param.pad
            for name in ("pad_t", "pad_b", "pad_l", "pad_r"))
        self.paddings = list(param.paddings)
        self.value = param.constant_values
        if self.paddings:
            self._check_paddings(x)
            return
        if self.value:
            raise spec.error("pad_param.constant_values", "has no effect without paddings")
        check_four_axes(spec, x)
        spare = {"REFLECT": 0, "REFLECT_101": 1}.get(self.kind)
        for sides, size in (((self.top, self.below), x[2]), ((self.left, self.right), x[3])):
            if spare is not None and max(sides) > size - spare:
                raise spec.error("pad_param.pad", f"is {max(sides)}; padtype {self.kind} takes at "
                                 f"most {size - spare} for a bottom of the shape {tuple(x)}")

    def _check_paddings(self, x: Shape) -> None:
        if len(self.paddings) != 2 * len(x):
            raise self.spec.error("pad_param.paddings", f"has {len(self.paddings)} numbers; it "
                                  f"must have two for each of the {len(x)} axes of the bottom")
        for name in ("padtype", "pad", "pad_t", "pad_b", "pad_l", "pad_r"):
            if is_set(self.spec.proto.pad_param, name):
                raise self.spec.error(f"pad_param.{name}", "is given together with paddings; give "
                                      "one of the two")

    def forward(self, x: Tensor) -> Tensor:
        if self.paddings:
            return pad_ends(x, self.paddings[::2], self.paddings[1::2], self.value)
        if self.kind == "REFLECT":
            rows, columns = self._mirror(x.shape)
            return x.index_select(2, torch.tensor(rows, device=x.device)).index_select(
                3, torch.tensor(columns, device=x.device))
        return F.pad(x, [self.left, self.right, self.top, self.below], MODES[self.kind])

    def _mirror(self, shape: Shape) -> tuple[list[int], list[int]]:
        """The rows and columns of the bottom that those of the top are."""
        found = []
        for size, before, after in ((shape[2], self.top, self.below),
                                    (shape[3], self.left, self.right)):
            inner = list(range(size))
            found.append([*inner[:before][::-1], *inner, *inner[size - after:][::-1]])
        return found[0], found[1]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        if self.paddings:
            pads = self.paddings[::2] + self.paddings[1::2]
            return [graph.add("Pad", x, graph.integers(pads), graph.floats(self.value))]
        if self.kind == "REFLECT":
            rows, columns = self._mirror(graph.shape(x))
            x = graph.add("Gather", x, graph.integers(rows), axis=2)
            return [graph.add("Gather", x, graph.integers(columns), axis=3)]
        pads = [0, 0, self.top, self.left, 0, 0, self.below, self.right]
        return [graph.add("Pad", x, graph.integers(pads), mode=ONNX_MODES[self.kind])]


@layer
class PixelShuffle(Layer):
    """Pixel shuffle (depth to space): channels become r x r cells of a finer plane.

    Bottom: x (N, C * r^2, H, W), r = upscale_factor.
    Top:    y (N, C, H * r, W * r): cell (i, j) of each r x r is channel c * r^2 + i * r + j.
    Errors: SpecError if r^2 does not divide the channels.
    Source: pixelshuffle_layer.cpp of Intel's OpenVINO fork; Shi et al. 2016.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "pixelshuffle_param", "upscale_factor")
        self.factor = spec.proto.pixelshuffle_param.upscale_factor
        if len(x) != 4 or self.factor < 1 or x[1] % self.factor**2:
            raise spec.error("pixelshuffle_param.upscale_factor", f"is {self.factor}; its square "
                             "must divide the channels of the bottom, which has the shape "
                             f"{tuple(x)}")

    def forward(self, x: Tensor) -> Tensor:
        return pixel_shuffle(x, self.factor)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("DepthToSpace", bottoms[0], blocksize=self.factor, mode="CRD")]


@layer
class AdaptivePooling(Layer):
    """Adaptive pooling: divide each plane of any size into pooled_h x pooled_w bins.

    Bottom: x (N, C, H, W).
    Top:    y (N, C, pooled_h, pooled_w): bin i of n goes from floor(i * size / n) to
            ceil((i + 1) * size / n), 1 excluded; its mean, or with `pool: MAX` its largest value.
    Errors: SpecError for STOCHASTIC, or no bins.
    Source: torch's adaptive_avg_pool2d and adaptive_max_pool2d; no fork of Caffe has it under this
            name that we know.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "adaptive_pooling_param", "pool pooled_h pooled_w")
        param = spec.proto.adaptive_pooling_param
        self.method = enum_name(param, "pool")
        self.bins = (param.pooled_h, param.pooled_w)
        if self.method not in ("AVE", "MAX"):
            raise spec.error("adaptive_pooling_param.pool", f"is {self.method}; it must be AVE or "
                             "MAX")
        if min(self.bins) < 1:
            raise spec.error("adaptive_pooling_param.pooled_h", "and pooled_w are "
                             f"{self.bins[0]} and {self.bins[1]}; both must be at least 1")
        if len(x) != 4:
            raise spec.error("bottom", f"has the shape {tuple(x)}; AdaptivePooling takes (N, C, H, "
                             "W)")

    def forward(self, x: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(x, self.bins) if self.method == "AVE" \
            else F.adaptive_max_pool2d(x, self.bins)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        sizes = graph.shape(bottoms[0])[2:]
        if any(size % count for size, count in zip(sizes, self.bins, strict=True)):
            raise self.spec.error("adaptive_pooling_param.pooled_h", f"and pooled_w do not divide "
                                  f"the bottom's {sizes[0]} x {sizes[1]}: bins of several sizes "
                                  "have no ONNX form")
        kernel = [size // count for size, count in zip(sizes, self.bins, strict=True)]
        kind = "AveragePool" if self.method == "AVE" else "MaxPool"
        return [graph.add(kind, bottoms[0], kernel_shape=kernel, strides=kernel)]


@layer
class Padding(Layer):
    """Zero padding of each plane, or below 0 a crop, by the same numbers on both axes.

    Bottom: x (N, C, H, W).
    Top:    y (N, C, H + pad_beg + pad_end, W + pad_beg + pad_end): zeros before and after each
            axis, or with numbers of 0 and below that many cells cut off there.
    Errors: SpecError for one number above 0 and the other below, or if nothing is left.
    Source: padding_layer.cpp of DeepLab's Caffe of 2015 in TheLegendAli/DeepLab-Context.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "padding_param", "pad_beg pad_end")
        self.before = spec.proto.padding_param.pad_beg
        self.after = spec.proto.padding_param.pad_end
        if self.before * self.after < 0:
            raise spec.error("padding_param.pad_beg", f"is {self.before} and pad_end "
                             f"{self.after}; both must be at least 0, or both at most 0")
        if len(x) != 4 or min(x[2:]) + self.before + self.after < 1:
            raise spec.error("bottom", f"has the shape {tuple(x)}; it must be (N, C, H, W) and "
                             f"keep a cell with {self.before} and {self.after} more on each axis")

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, [self.before, self.after] * 2)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x, shape = bottoms[0], graph.shape(bottoms[0])
        if self.before < 0 or self.after < 0:
            for axis in (2, 3):
                x = graph.cut(x, axis, -self.before, shape[axis] + self.after)
            return [x]
        pads = [0, 0, self.before, self.before, 0, 0, self.after, self.after]
        return [graph.add("Pad", x, graph.integers(pads), mode="constant")]
