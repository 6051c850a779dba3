"""Layers of an FPGA whose blobs have the images on the last axis: (H, W, C, N)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.onnx_reasons import SHORT_NUMBERS, UNWRITTEN
from framework.layers.params import at_least, canonical_axis, honour
from framework.layers.pooling.pooling import read_window
from framework.layers.vision.filters import FIELDS, convolutions_onnx, convolved, read_geometry
from framework.layers.weighted import Weighted
from framework.ops.pooling import max_pool
from framework.proto import enum_name

TO_LAST, TO_FIRST = (2, 3, 1, 0), (3, 2, 0, 1)
# Bits of a float32: the least that cpfp has, 2^-30, and its largest, 2^31 * 63 / 32
LEAST, LARGEST, DROPPED = 97 << 23, (158 << 23) | (31 << 18), 18


def short_float(x: Tensor) -> Tensor:
    """Round to the FPGA's float: a sign, 6 bits of exponent and 5 of mantissa (cpfp).

    To the nearest, of two the even one; above the largest, and NaN, the largest; below 2^-30 zero.
    Source: float2cpfp in cpfp.hpp of dicecco1/fpga_caffe.
    """
    bits = x.to(torch.float32).view(torch.int32)
    size = bits & 0x7FFFFFFF
    half = (1 << (DROPPED - 1)) - 1 + ((size >> DROPPED) & 1)
    # beyond the largest nothing is added, which could pass the range of an int32
    near = ((size.clamp(max=LARGEST) + half) >> DROPPED << DROPPED).clamp(max=LARGEST)
    value = torch.where(size < LEAST, 0, near).view(torch.float32)
    return torch.where(bits < 0, -value, value).to(x.dtype)


class _Short(torch.autograd.Function):
    """x, rounded on the way there (`there`), or its gradient on the way back."""

    @staticmethod
    def forward(x: Tensor, there: bool) -> Tensor:
        return short_float(x) if there else x.clone()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        # Any: the context and the tuple of arguments are autograd's
        ctx.there = inputs[1]

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return grad if ctx.there else short_float(grad), None


def check_axes(spec: LayerSpec, x: Shape, allowed: tuple[int, ...]) -> None:
    """SpecError if the bottom has another number of axes."""
    if len(x) not in allowed:
        wanted = " or ".join(map(str, allowed))
        raise spec.error("bottom", f"has the shape {tuple(x)}; {spec.type} takes {wanted} axes")


@layer
class XCLProgram(Layer):
    """Load a program of the FPGA: nothing, here.

    Source: XCLParameter; XCL_program_layer.cpp of dicecco1/fpga_caffe.
    """

    num_bottoms = (0, 0)
    num_tops = (0, 0)
    reads = ("xcl_param",)

    def __init__(self, spec: LayerSpec):
        super().__init__(spec)
        honour(spec, "xcl_param", "once")

    def forward(self) -> tuple[Tensor, ...]:
        return ()

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return []


@layer
class HWCN(Layer):
    """Transposition of a batch between (N, C, H, W) and (H, W, C, N).

    Bottom: x (N, C, H, W) or (N, C); with `convert_to: false` (H, W, C, N) or (C, N).
    Top:    (H, W, C, N) or (C, N); with `convert_to: false` (N, C, H, W) or (N, C).
    Errors: SpecError for a bottom of another number of axes.
    Source: HWCNParameter; hwcn_layer.cpp of dicecco1/fpga_caffe.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "hwcn_param", "convert_to")
        check_axes(spec, x, (2, 4))
        order = TO_LAST if spec.proto.hwcn_param.convert_to else TO_FIRST
        self.order = order if len(x) == 4 else (1, 0)

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.order).contiguous()

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Transpose", bottoms[0], perm=list(self.order))]


@layer
class CPFPConversion(Layer):
    """Rounding to the FPGA's float of 12 bits (6 of exponent, 5 of mantissa), and back.

    Bottom: x (...).
    Top:    as x: rounded with `convert_to: true`, as it is with `false`.
    The gradient of the first is the top's, that of the second is rounded.
    Source: CPFPConversionParameter; cpfp_conversion_layer.cpp and cpfp.hpp of
            dicecco1/fpga_caffe.
    """

    keeps_shape = True
    pointwise = True
    no_onnx_form = SHORT_NUMBERS

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "cpfp_conversion_param", "convert_to")
        self.there = spec.proto.cpfp_conversion_param.convert_to

    def forward(self, x: Tensor) -> Tensor:
        return _Short.apply(x, self.there)


@layer
class OCLCRHWCN(Weighted):
    """Convolution of images on the last axis, and a ReLU if `cr_param { relu: 1 }`.

    Bottom: x (H, W, C, N).
    Top:    (out_h, out_w, num_output, N), as Convolution gives.
    Blobs:  weight (num_output, C / group, kernel_h, kernel_w) and, unless `bias_term: false`, bias
            (num_output,), as those of a Convolution.
    Each product and sum is one of floats here, and rounded to 12 bits on the FPGA, as
    CPFPConversion does. `num_cu` and `num_pe`, the units of a chip, have no effect, nor has
    `swap_inputs`.
    Errors: SpecError as Convolution; for a bottom without 4 axes, and strides or padding that
            differ by axis, which the chip does not take.
    Source: CRParameter; ocl_cr_hwcn_layer.cpp and crp_layer_hwcn_cpfp_fw.cpp of
            dicecco1/fpga_caffe.
    """

    weights_in = "convolution_param"
    reads = ("convolution_param", "cr_param")

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param", FIELDS)
        honour(spec, "cr_param", "relu")
        check_axes(spec, x, (4,))
        self.geometry = at = read_geometry(spec, tuple(x[axis] for axis in TO_FIRST))
        for name, sizes in (("stride", at.stride), ("pad", at.pad)):
            if sizes[0] != sizes[1]:
                raise spec.error(f"convolution_param.{name}", f"is {sizes}; {spec.type} takes the "
                                 "same on both axes")
        self.relu = bool(spec.proto.cr_param.relu)
        self.add_weights((at.num_output, at.channels // at.group, *at.kernel), (at.num_output,))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return self.weight[0].numel() * math.prod(tops[0])

    def forward(self, x: Tensor) -> Tensor:
        y = convolved(x.permute(TO_FIRST), self.weight, self.bias, self.geometry)
        return (F.relu(y) if self.relu else y).permute(TO_LAST).contiguous()

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = graph.add("Transpose", bottoms[0], perm=list(TO_FIRST))
        y, = convolutions_onnx(graph, "Conv", self, self.geometry, [x])
        y = graph.add("Relu", y) if self.relu else y
        return [graph.add("Transpose", y, perm=list(TO_LAST))]


@layer
class OCLPoolingHWCN(Layer):
    """Max pooling of images on the last axis, with windows of 2 or 3 cells and stride 2.

    Bottom: x (H, W, C, N), H = W.
    Top:    (top_h, top_w, C, N), as MAX Pooling gives; no mask.
    Errors: SpecError for what the chip does not compute: another method, window or stride,
            padding, planes that are not square.
    Source: ocl_pooling_hwcn_layer.cpp and crp_layer_hwcn_cpfp_fw.cpp of dicecco1/fpga_caffe, whose
            stride is always 2.
    """

    no_onnx_form = UNWRITTEN
    reads = ("pooling_param",)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "pooling_param", "pool kernel_size stride kernel_h kernel_w stride_h stride_w")
        check_axes(spec, x, (4,))
        if x[0] != x[1]:
            raise spec.error("bottom", f"has the shape {tuple(x)}; its first two axes must be "
                             "equal: the FPGA pools square planes")
        method = enum_name(spec.proto.pooling_param, "pool")
        if method != "MAX":
            raise spec.error("pooling_param.pool", f"is {method}; the FPGA has only MAX")
        self.window = window = read_window(spec, tuple(x[axis] for axis in TO_FIRST))
        if window.kernel not in ((2, 2), (3, 3)):
            raise spec.error("pooling_param.kernel_size", f"is {window.kernel}; the FPGA takes 2 "
                             "or 3 on both axes")
        if window.stride != (2, 2):
            raise spec.error("pooling_param.stride", f"is {window.stride}; the FPGA takes 2")

    def forward(self, x: Tensor) -> Tensor:
        y = max_pool(x.permute(TO_FIRST).contiguous(), self.window)[0]
        return y.permute(TO_LAST).contiguous()


@layer
class OCLHWCNInnerProduct(Weighted):
    """Fully connected layer of images on the last axis, and a ReLU if `cr_param { relu: 1 }`.

    Bottom: x (H, W, C, N), K = H * W * C numbers of each image in this order; or (K, N).
    Top:    (num_output, N) = weight @ x, with the bias for each row.
    Blobs:  weight (num_output, K) and, unless `bias_term: false`, bias (num_output,).
    Numbers and units of the chip as with OCLCRHWCN.
    Errors: SpecError if num_output is 0, for another number of axes, and for `transpose`, with
            which the original reads the weight in the wrong order.
    Source: ocl_inner_product_hwcn_layer.cpp of dicecco1/fpga_caffe.
    """

    weights_in = "inner_product_param"
    reads = ("inner_product_param", "cr_param")

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "inner_product_param", "num_output bias_term weight_filler bias_filler")
        honour(spec, "cr_param", "relu")
        check_axes(spec, x, (2, 4))
        param = spec.proto.inner_product_param
        at_least(spec, "inner_product_param.num_output", (param.num_output,), 1)
        self.relu = bool(spec.proto.cr_param.relu)
        self.add_weights((param.num_output, math.prod(x[:-1])), (param.num_output,))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return self.weight.numel() * bottoms[0][-1]

    def forward(self, x: Tensor) -> Tensor:
        y = F.linear(x.flatten(0, -2).t(), self.weight, self.bias).t()
        return (F.relu(y) if self.relu else y).contiguous()

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = graph.reshape(bottoms[0], [self.weight.shape[1], -1])
        y = graph.add("MatMul", graph.floats(self.weight, "weight"), x)
        if self.bias is not None:
            y = graph.add("Add", y, graph.floats(self.bias[:, None], "bias"))
        return [graph.add("Relu", y) if self.relu else y]


@layer
class AxisPad(Layer):
    """Zeros at the end of one axis, up to a size or a multiple of one; or a cut to a size.

    Bottom: x (d0, d1, d2, d3).
    Top:    as x, but for `axis`: with `pad: true` it has pad_to cells or, if that is 0, the next
            multiple of pad_val; with `pad: false` the first pad_to cells or, if that is 0, as many
            as the axis before it.
    The fork calls it Pad, which is another project's layer without axis, pad_to and pad_val.
    Errors: SpecError for a bottom without 4 axes, a pad_val of 0, and sizes on the wrong side of
            the bottom's.
    Source: pad_layer.cpp of dicecco1/fpga_caffe.
    """

    reads = ("pad_param",)
    fork_fields = frozenset(f"pad_param.{name}" for name in ("axis", "pad_to", "pad_val"))

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "pad_param", "pad axis pad_to pad_val")
        check_axes(spec, x, (4,))
        param = spec.proto.pad_param
        self.axis = axis = canonical_axis(spec, "pad_param.axis", param.axis, x)
        widens = bool(param.pad) if param.HasField("pad") else True
        self.size = param.pad_to
        if not self.size and widens:
            at_least(spec, "pad_param.pad_val", (param.pad_val,), 1)
            self.size = -(-x[axis] // param.pad_val) * param.pad_val
        elif not self.size:
            at_least(spec, "pad_param.axis", (axis,), 1)
            self.size = x[axis - 1]
        if self.size < x[axis] if widens else self.size > x[axis]:
            way = "at least" if widens else "at most"
            raise spec.error("pad_param.pad_to", f"asks for {self.size} cells; it must be {way} "
                             f"the {x[axis]} of the bottom's axis {axis}")

    def forward(self, x: Tensor) -> Tensor:
        more = self.size - x.shape[self.axis]
        return F.pad(x, (0, 0) * (3 - self.axis) + (0, more))

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        more = self.size - graph.shape(bottoms[0])[self.axis]
        if more < 0:
            return [graph.cut(bottoms[0], self.axis, 0, self.size)]
        pads = [0] * 8
        pads[4 + self.axis] = more
        return [graph.add("Pad", bottoms[0], graph.integers(pads), graph.floats(0.0))]
