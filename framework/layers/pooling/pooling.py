"""Max, average and stochastic pooling, and spatial pyramid pooling (SPP)."""

from __future__ import annotations

from dataclasses import replace

import torch
from google.protobuf.message import Message
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.coordinates import CoordinateMap, window_map
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import (
    ONE_FOR_EACH_AXIS,
    axis_sizes,
    check_four_axes,
    check_sizes,
    choice,
    honour,
    is_set,
    message_at,
)
from framework.layers.pooling.pooling_onnx import max_pool_onnx, pool_onnx
from framework.layers.vision.sides import SIDES, read_padding, side_fields
from framework.ops.pooling import PoolWindow, ave_pool, max_pool, stochastic_pool
from framework.ops.windows import same_padding
from framework.proto import LayerParameter, PoolingParameter, enum_name

FIELDS = (
    "pool kernel_size stride pad kernel_h kernel_w stride_h stride_w pad_h pad_w global_pooling "
    "round_mode ceil_mode torch_pooling avg_include_pad axis dilation "
    "kernel_size_3d stride_3d pad_3d kernel_shape stride_shape pad_shape pad_type "
    + " ".join(SIDES)
)
METHODS = ("MAX", "AVE", "STOCHASTIC")
SHAPE_FIELDS = frozenset(f"pooling_param.{name}" for name in ONE_FOR_EACH_AXIS.values())


@layer
@layer("NdPooling")
class Pooling(Layer):
    """Max, average or stochastic pooling of each window of each channel.

    Bottom: x (N, C, H, W) or (N, C, L, H, W).
    Top:    y (N, C, top_h, top_w), top = ceil((n + 2 pad - kernel) / stride) + 1, less a last
            window that starts in the padding at the end (only if some padding is not 0);
            then, if named, with MAX: the index h * W + w of each maximum as a float, no gradient.
    Blobs:  none.
    MAX     ties: the first cell in row-major order; padding never wins.
    AVE     divides by the window cut to n + pad: padding counts. Intel's `avg_include_pad: false`
            counts real cells only.
    STOCHASTIC  as the original's GPU code: TRAIN draws a cell by its value, TEST takes the mean
            of the values weighted by themselves. No padding.
    `global_pooling` has one window, the whole plane. Sizes are rounded down with `round_mode:
    FLOOR` (BVLC), `ceil_mode: false` (DenseNet's, SENet's and Cascade R-CNN's forks) or
    `torch_pooling: true` (NVIDIA). `dilation` (BVLC's branch opencl) spreads a MAX window. Sizes
    repeated once an axis (opencl), or `kernel_size_3d` and its like (Intel), differ by axis, as do
    `kernel_shape` and its like (NdPooling of BVLC's pull request 2049). Synopsys' `pad_t`, `pad_l`,
    `pad_b` and `pad_r` are the padding of single sides, in place of `pad`: a last window is then
    dropped if it starts at n + pad_t, or pad_l, or after it. Its `pad_type: 1` is TensorFlow's
    SAME, with ceil(n / stride) windows.
    In the dialect "intel" a last window without a cell is dropped if some kernel is 1. In
    "dark2caffe", that of Linby1103/Dark2Caffe, there is one more on each axis if the difference of
    kernel_h and stride_h is odd: Darknet's MAX of 2 cells with stride 1 keeps the size.
    A window without a cell gives 0 where the original gives -FLT_MAX or NaN; NaN wins in MAX.
    Errors: SpecError where pooling_layer.cpp aborts.
    Source: PoolingParameter in caffe.proto; BVLC pooling_layer.cpp and .cu; intel/caffe's; that of
            foss-for-synopsys-dwc-arc-processors/synopsys-caffe.
    """

    reads = ("pooling_param",)
    dialects = ("intel", "dark2caffe")
    fork_fields = SHAPE_FIELDS | side_fields("pooling_param", "pad_type")

    num_tops = (1, 2)

    @classmethod
    def coordinate_map(cls, proto: LayerParameter) -> CoordinateMap:
        if proto.pooling_param.global_pooling:
            raise ValueError("pools over the whole map")
        return window_map(proto.pooling_param)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "pooling_param", FIELDS)
        param = spec.proto.pooling_param
        self.method = enum_name(param, "pool")
        self.whole = param.global_pooling
        self.include_pad = param.avg_include_pad
        self.with_mask = len(spec.tops) == 2
        if self.with_mask and self.method != "MAX":
            raise spec.error("top", "has two blobs; only MAX pooling has a mask, not "
                             f"{self.method}")
        if is_set(param, "axis") and param.axis != 1:
            raise spec.error("pooling_param.axis", f"is {param.axis}; only 1 is supported")
        self.window = read_window(spec, x)
        self.same = param.pad_type == 1

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        if self.whole:
            shape = (*bottoms[0][:2], *(1,) * (len(bottoms[0]) - 2))
            return [shape] * len(self.spec.tops)
        return super().top_shapes(*bottoms)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        window = self.window
        if self.whole:
            if self.method == "AVE":
                return x.mean(tuple(range(2, x.dim())), keepdim=True)
            window = whole_plane(x.shape[2:])
        elif self.same:
            window = same_window(window, x.shape[2:])
        if self.with_mask:
            return max_pool(x, window, with_mask=True)
        return pool(x, window, self.method, self.spec.phase == "TRAIN", self.include_pad)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x, shape = bottoms[0], graph.shape(bottoms[0])
        window = whole_plane(shape[2:]) if self.whole else self.window
        if self.whole and not self.with_mask and self.method in ("AVE", "MAX"):
            kind = "GlobalAveragePool" if self.method == "AVE" else "GlobalMaxPool"
            return [graph.add(kind, x)]
        if self.with_mask:
            return max_pool_onnx(graph, x, shape, window, with_mask=True)
        return [pool_onnx(graph, x, shape, window, self.method, self.include_pad)]


def pool(x: Tensor, window: PoolWindow, method: str, train: bool, include_pad: bool) -> Tensor:
    """MAX, AVE or STOCHASTIC pooling of x (N, C, n1, ...), without a mask.

    train        STOCHASTIC draws a cell; else it takes a mean
    include_pad  whether AVE counts the padding
    """
    if method == "MAX":
        return max_pool(x, window)[0]
    if method == "AVE":
        return ave_pool(x, window, include_pad)
    return stochastic_pool(x, window, sample=train)


def whole_plane(sizes: torch.Size | Shape) -> PoolWindow:
    """The pooling window over whole planes of `sizes`."""
    num_axes = len(sizes)
    return PoolWindow(tuple(sizes), (1,) * num_axes, (0,) * num_axes, (1,) * num_axes)


def read_window(spec: LayerSpec, x: Shape, path: str = "pooling_param") -> PoolWindow:
    """Read and check the PoolingParameter at `path` for a bottom of shape x.

    Raises SpecError as the original aborts, and for what is not supported.
    Source: BVLC pooling_layer.cpp LayerSetUp.
    """
    param = message_at(spec, path)
    choice(spec, path, "pool", METHODS)
    names = names_for_several(param)
    if len(x) not in (4, 5):
        raise spec.error("bottom", f"has the shape {x}; Pooling takes 4 axes (N, C, H, W), or 5 "
                         "(N, C, L, H, W)")
    num_axes = len(x) - 2
    if param.global_pooling:
        return read_global(spec, x, path)
    kernel, stride, pad, dilation = (
        axis_sizes(spec, f"{path}.{names.get(field, field)}", num_axes, default, least)
        for field, default, least in
        (("kernel_size", None, 1), ("stride", 1, 1), ("pad", 0, 0), ("dilation", 1, 1))
    )
    padding = read_padding(spec, path, pad)
    for one in padding.before, padding.after:
        if any(p >= k for p, k in zip(one, kernel, strict=True)):
            raise spec.error(f"{path}.pad", f"is {one}; it must be below the kernel, {kernel}")
    if (any(padding.before + padding.after) or padding.same) \
            and enum_name(param, "pool") == "STOCHASTIC":
        raise spec.error(f"{path}.pad", "is not 0; STOCHASTIC pooling has no padding")
    if any(d > 1 for d in dilation) and enum_name(param, "pool") != "MAX":
        raise spec.error(f"{path}.dilation", f"is {dilation}; only MAX pooling has it")
    window = PoolWindow(kernel, stride, padding.before, dilation, rounds_down(param),
                        clip_single=spec.dialect == "intel", pad_end=padding.after)
    if padding.same:
        window = same_window(window, x[2:])
    elif spec.dialect == "dark2caffe" and (kernel[0] - stride[0]) % 2:
        window = _with_one_more(spec, window, path)
    if min(window.top_sizes(x[2:])) < 1:
        raise spec.error(f"{path}.kernel_size", f"leaves no output: the bottom is {x}")
    return window


def _with_one_more(spec: LayerSpec, window: PoolWindow, path: str) -> PoolWindow:
    """The windows and one more on each axis; SpecError for another method than MAX."""
    if enum_name(message_at(spec, path), "pool") != "MAX":
        raise spec.error(f"{path}.pool", "is not MAX; in the dialect 'dark2caffe' only MAX pooling "
                         "has a kernel and a stride whose difference is odd")
    after = tuple(p + s for p, s in zip(window.after, window.stride, strict=True))
    return replace(window, pad_end=after, clip=any(window.pad))


def same_window(window: PoolWindow, sizes: Shape) -> PoolWindow:
    """The windows of `pad_type: 1` on a plane of `sizes`: as many as ceil(n / stride)."""
    before, after = same_padding(sizes, window.kernel, window.stride, window.dilation)
    return replace(window, pad=before, pad_end=after, floor=True)


def read_global(spec: LayerSpec, x: Shape, path: str) -> PoolWindow:
    """The window of `global_pooling: true`; SpecError if other fields contradict it."""
    param = message_at(spec, path)
    for field in ("kernel_size", "kernel_h", "kernel_w"):
        if is_set(param, field):
            raise spec.error(f"{path}.{field}", "is given with global_pooling: true, "
                             "whose window is the whole plane")
    for field in (*SIDES, "pad_type"):
        if getattr(param, field):
            raise spec.error(f"{path}.{field}", f"is {getattr(param, field)}; it must be 0 with "
                             "global_pooling: true")
    for field, only in (("pad", 0), ("stride", 1)):
        where = f"{path}.{field}"
        if any(value != only for value in axis_sizes(spec, where, len(x) - 2, only, 0)):
            raise spec.error(where, f"must be {only} with global_pooling: true")
    return whole_plane(x[2:])


def rounds_down(param: PoolingParameter) -> bool:
    """Whether one of the projects' fields asks for sizes rounded down."""
    return (
        enum_name(param, "round_mode") == "FLOOR"
        or (is_set(param, "ceil_mode") and not param.ceil_mode)
        or param.torch_pooling
    )


def names_for_several(param: Message) -> dict[str, str]:
    """Intel's and NdPooling's names of the fields with one number for each axis, where used."""
    names = {}
    for field, shape in ONE_FOR_EACH_AXIS.items():
        if is_set(param, f"{field}_3d"):
            names[field] = f"{field}_3d"
        elif is_set(param, shape):
            names[field] = f"{shape}.dim"
    return names


@layer
class SPP(Layer):
    """Spatial pyramid pooling: pool a plane of any size into a fixed number of bins.

    Bottom: x (N, C, H, W).
    Top:    y (N, C * (1 + 4 + 16 + ...)): level i has 2^i x 2^i bins, each level flattened, one
            after the other; with one level y (N, C, 1, 1).
    Blobs:  none.
    Errors: SpecError if pyramid_height is 0, or a level has more bins than the plane can fill.
    Source: SPPParameter in caffe.proto; BVLC spp_layer.cpp; He et al. 2014.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "spp_param", "pyramid_height pool")
        param = spec.proto.spp_param
        check_four_axes(spec, x)
        check_sizes(spec, "spp_param", "pyramid_height")
        self.levels = param.pyramid_height
        self.method = enum_name(param, "pool")
        for level in range(self.levels):
            window = bins(x[2:], 2**level)
            if any(p >= k for p, k in zip(window.pad, window.kernel, strict=True)):
                raise spec.error("spp_param.pyramid_height", f"is {self.levels}; level {level} "
                                 f"has {2**level} x {2**level} bins, too many for {x[2:]} cells")
            if any(window.pad) and self.method == "STOCHASTIC":
                raise spec.error("spp_param.pool", f"is STOCHASTIC, which has no padding; level "
                                 f"{level} needs some for {x[2:]} cells")

    def forward(self, x: Tensor) -> Tensor:
        train = self.spec.phase == "TRAIN"
        tops = [pool(x, bins(x.shape[2:], 2**level), self.method, train, True)
                for level in range(self.levels)]
        return torch.cat([top.flatten(1) for top in tops], 1) if len(tops) > 1 else tops[0]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        shape = graph.shape(bottoms[0])
        tops = [pool_onnx(graph, bottoms[0], shape, bins(shape[2:], 2**level), self.method, True)
                for level in range(self.levels)]
        if len(tops) == 1:
            return tops
        flat = [graph.add("Flatten", top, axis=1) for top in tops]
        return [graph.add("Concat", *flat, axis=1)]


def bins(sizes: torch.Size | Shape, number: int) -> PoolWindow:
    """The pooling windows that cut each axis of `sizes` into `number` bins.

    Source: BVLC spp_layer.cpp GetPoolingParam.
    """
    kernel = tuple(-(-n // number) for n in sizes)
    pad = tuple((k * number - n + 1) // 2 for k, n in zip(kernel, sizes, strict=True))
    return PoolWindow(kernel, kernel, pad, (1,) * len(kernel))
