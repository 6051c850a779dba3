"""3D convolution, deconvolution and pooling over time, height and width, as in Facebook's C3D.

C3D 1.0 has them as V1 layers that read convolution_param and pooling_param, C3D 1.1 reads
convolution3d_param and pooling3d_param; the fields have the same names.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.data.assumed_shapes import as_video
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import LARGEST_STEP, check_sizes, honour, numbers, within
from framework.layers.pooling.pooling import pool
from framework.layers.pooling.pooling_onnx import pool_onnx
from framework.layers.vision.filters import check_top
from framework.ops.convolution import convolve, deconvolve
from framework.ops.pooling import PoolWindow
from framework.ops.windows import convolved_sizes, pad_ends, reached_ends, transposed_sizes
from framework.proto import LayerParameter, enum_name, has_field

CONVOLUTION = (
    "num_output bias_term pad kernel_size kernel_depth stride temporal_stride temporal_pad "
    "weight_filler bias_filler"
)

P3D_FIELDS = tuple(f"{name}_{side}" for name in ("kernel", "stride", "pad") for side in "lhw")


def which_param(spec: LayerSpec, newer: str, older: str) -> str:
    """The name of the layer's parameter message: C3D 1.1's if it is given, else C3D 1.0's."""
    return newer if has_field(spec.proto, newer) else older


def depth_first(spec: LayerSpec, name: str, depth: str, side: str, default: int) -> tuple[int, ...]:
    """Sizes of time, height and width; SpecError if one is 0 that must be at least 1.

    name         of the parameter message
    depth, side  fields for time, and for both height and width
    default      for a field that is not given
    """
    param: Any = getattr(spec.proto, name)  # a protobuf message, made at run time
    sizes = tuple((*numbers(param, field), default)[0] for field in (depth, side, side))
    if min(sizes) < (1 if "kernel" in side or "stride" in side else 0):
        field = depth if sizes[0] < 1 else side
        raise spec.error(f"{name}.{field}", "is missing or 0; it must be at least 1")
    for field, size in zip((depth, side), sizes, strict=False):
        within(spec, f"{name}.{field}", (size,), 0, LARGEST_STEP)
    return sizes


def check_video(spec: LayerSpec, x: Shape) -> None:
    """SpecError unless the bottom has 5 axes."""
    if len(x) != 5:
        raise spec.error("bottom", f"has the shape {x}; {spec.type} takes (N, C, L, H, W)")


def _has_bias(proto: LayerParameter) -> bool:
    own = proto.HasField("convolution3d_param") and proto.type != "Deconvolution3D"
    return (proto.convolution3d_param if own else proto.convolution_param).bias_term


@layer
@layer("Deconvolution3D")
class Convolution3D(Layer):
    """3D convolution over time, height and width; as Deconvolution3D its transpose.

    Bottom: x (N, C, L, H, W).
    Top:    y (N, num_output, L', H', W'); n' = (n + 2 pad - kernel) / stride + 1, rounded down, or
            stride * (n - 1) + kernel - 2 pad. Time has `kernel_depth`, `temporal_stride`,
            `temporal_pad`; height and width share `kernel_size`, `stride`, `pad`.
    Blobs:  weight (num_output, C, kernel_depth, kernel_size, kernel_size), for Deconvolution3D
            (C, num_output, ...); bias (num_output,) unless `bias_term: false`, which
            Deconvolution3D reads in convolution_param alone, as C3D 1.1 does.
    `filter_group` saved memory in the original and has no effect here.
    Errors: SpecError for a bottom without 5 axes, and sizes that leave no output.
    Source: facebook/C3D convolution3d_layer.cpp, deconvolution3d_layer.cpp.
    """

    reads = ("convolution3d_param", "convolution_param")
    weight: Tensor
    bias: Tensor | None

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return as_video(bottoms[0])

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return (True, True) if _has_bias(proto) else (True,)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        name = which_param(spec, "convolution3d_param", "convolution_param")
        honour(spec, name, CONVOLUTION)
        param = getattr(spec.proto, name)
        check_video(spec, x)
        self.transposed = spec.type == "Deconvolution3D"
        self.kernel = depth_first(spec, name, "kernel_depth", "kernel_size", 0)
        self.stride = depth_first(spec, name, "temporal_stride", "stride", 1)
        self.pad = depth_first(spec, name, "temporal_pad", "pad", 0)
        check_sizes(spec, name, "num_output")
        size_of = transposed_sizes if self.transposed else convolved_sizes
        check_top(spec, size_of(x[2:], self.kernel, self.stride, self.pad, (1, 1, 1),
                                self._pad_end(x[2:])), x)
        ends = (x[1], param.num_output) if self.transposed else (param.num_output, x[1])
        self.add_blob("weight", (*ends, *self.kernel), param.weight_filler)
        if _has_bias(spec.proto):
            self.add_blob("bias", (param.num_output,), param.bias_filler)
        else:
            self.bias = None

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        # each weight meets every position of the output, or, transposed, of the input
        return self.weight[0].numel() * math.prod(bottoms[0] if self.transposed else tops[0])

    def _pad_end(self, sizes: Shape) -> tuple[int, ...]:
        if self.transposed:
            return self.pad
        return reached_ends(sizes, self.kernel, self.stride, self.pad, (1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        function = deconvolve if self.transposed else convolve
        past = [end - pad for end, pad in zip(self._pad_end(x.shape[2:]), self.pad, strict=True)]
        x = pad_ends(x, (0, 0, 0), past)
        return function(x, self.weight, self.bias, self.stride, self.pad, (1, 1, 1), 1)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        blobs = [graph.floats(self.weight, "weight")]
        if self.bias is not None:
            blobs.append(graph.floats(self.bias, "bias"))
        return [graph.add("ConvTranspose" if self.transposed else "Conv", bottoms[0], *blobs,
                          kernel_shape=list(self.kernel), strides=list(self.stride),
                          pads=[*self.pad,
                                 *self._pad_end(graph.shape(bottoms[0])[2:])])]


@layer
class Pooling3D(Layer):
    """3D max or average pooling over time, height and width.

    Bottom: x (N, C, L, H, W).
    Top:    y (N, C, L', H', W'), n' = ceil((n + 2 pad - kernel) / stride) + 1; height and width
            have `pad`, time has `temporal_pad`. A window without a real cell gives 0.
    AVE divides by the window cut to n + pad.
    With `kernel_l` it is that of ZhaofanQiu/pseudo-3d-residual-networks: time has kernel_l,
    stride_l, pad_l; MAX has padding too; a last window in the padding is dropped, as in Pooling.
    Blobs:  none.
    Errors: SpecError for padding with MAX and no kernel_l, for STOCHASTIC, and for a bottom without
            5 axes.
    Source: facebook/C3D pool3d_layer.cpp; P3D's pooling3d_layer.cpp; of temporal_pad
            tridim_pooling_layer.cu of xyyu-callen/caffe-3Dstn.
    """

    reads = ("pooling_param",)
    fork_fields = frozenset(f"pooling3d_param.{name}" for name in (*P3D_FIELDS, "temporal_pad"))

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return as_video(bottoms[0])

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        name = which_param(spec, "pooling3d_param", "pooling_param")
        param = getattr(spec.proto, name)
        check_video(spec, x)
        self.method = enum_name(param, "pool")
        if self.method == "STOCHASTIC":
            raise spec.error(f"{name}.pool", "is STOCHASTIC, which Pooling3D does not support")
        by_length = name == "pooling3d_param" and param.HasField("kernel_l")
        self.window = _p3d_window(spec) if by_length else _c3d_window(spec, name, self.method)
        if min(self.window.top_sizes(x[2:])) < 1:
            raise spec.error(f"{name}.kernel_size", f"leaves no output: the bottom is {x}")

    def forward(self, x: Tensor) -> Tensor:
        return pool(x, self.window, self.method, self.spec.phase == "TRAIN", True)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        shape = graph.shape(bottoms[0])
        return [pool_onnx(graph, bottoms[0], shape, self.window, self.method, True)]


def _c3d_window(spec: LayerSpec, name: str, method: str) -> PoolWindow:
    """The windows of Facebook's C3D, by the message `name`."""
    along = spec.proto.pooling3d_param.temporal_pad if name == "pooling3d_param" else 0
    honour(spec, name, "pool kernel_size kernel_depth stride temporal_stride pad temporal_pad")
    pad = getattr(spec.proto, name).pad
    if method == "MAX" and (pad or along):
        raise spec.error(f"{name}.pad", f"is {pad or along}; only AVE pooling has padding here")
    return PoolWindow(depth_first(spec, name, "kernel_depth", "kernel_size", 0),
                      depth_first(spec, name, "temporal_stride", "stride", 1),
                      (along, pad, pad), (1, 1, 1), clip=False)


def _p3d_window(spec: LayerSpec) -> PoolWindow:
    """The windows of pseudo-3D residual nets: `_l` is time, `_h` and `_w` in place of both."""
    honour(spec, "pooling3d_param", f"pool kernel_size stride pad {' '.join(P3D_FIELDS)}")
    kernel, stride, pad = (_p3d_sizes(spec, name) for name in ("kernel", "stride", "pad"))
    for axis, side in enumerate("lhw"):
        if pad[axis] >= kernel[axis]:
            raise spec.error(f"pooling3d_param.pad_{side}", f"is {pad[axis]}; it must be less than "
                             f"the kernel, {kernel[axis]}")
    return PoolWindow(kernel, stride, pad, (1, 1, 1))


def _p3d_sizes(spec: LayerSpec, name: str) -> tuple[int, int, int]:
    """Time, height and width of `kernel`, `stride` or `pad`."""
    param = spec.proto.pooling3d_param
    both = "kernel_size" if name == "kernel" else name
    given = [has_field(param, f"{name}_{side}") for side in "hw"]
    if any(given) and (not all(given) or has_field(param, both)):
        raise spec.error(f"pooling3d_param.{name}_h", f"and {name}_w must be given together, and "
                         f"in place of {both}")
    sides = [getattr(param, f"{name}_{side}") for side in "hw"] if any(given) \
        else [getattr(param, both)] * 2
    sizes = (getattr(param, f"{name}_l"), *sides)
    for side, size in zip("lhw", sizes, strict=True):
        within(spec, f"pooling3d_param.{name}_{side}", (size,), int(name != "pad"), LARGEST_STEP)
    return sizes[0], sizes[1], sizes[2]
