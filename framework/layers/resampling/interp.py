"""Interpolation of planes with aligned corners: Interp."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import at_least, check_four_axes, honour
from framework.layers.resampling.resize_onnx import resize_onnx
from framework.proto import enum_name


@layer
@layer("BilinearInterpolation")
class Interp(Layer):
    """Bilinear (or nearest) interpolation of the plane, with aligned corners.

    Bottom: x (N, C, H, W); then, optional, a blob (., ., H', W') that only gives the size.
    Top:    y (N, C, H', W'). First pad_beg and pad_end, 0 or negative, cut cells off each axis;
            then n' is: that of the second bottom; or (n - 1) / shrink_factor + 1, rounded down,
            and n + (n - 1) * (zoom_factor - 1), one after the other if both are given; or
            `height`, `width`; or n * full_zoom_factor (Synopsys).
    Blobs:  none.
    BilinearInterpolation is the same with two bottoms and no fields.
    As OpenVINO reads it, which is so where the original's reading does not fit, zoom_factor alone
    gives n * zoom_factor.
    `mode: NEAREST` (DeepDetect) takes the nearest cell, the farther one of two equally near.
    Errors: SpecError without a size, for a positive pad, or an empty plane.
    Source: interp_layer.cpp and interp.cpp of hszhao/PSPNet and jolibrain/caffe;
            `use_blob_size` of soeaver/caffe-model; bilinear_layer.cpp of ctensmeyer/caffe;
            interp_layer.cpp of foss-for-synopsys-dwc-arc-processors/synopsys-caffe; interp.py of
            OpenVINO's Model Optimizer.
    """

    dialects = ("openvino",)

    fork_fields = frozenset(["interp_param.full_zoom_factor"])

    reads = ("interp_param",)
    num_bottoms = (1, 2)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "interp_param", "height width zoom_factor shrink_factor pad_beg pad_end mode "
               "use_blob_size full_zoom_factor")
        param = spec.proto.interp_param
        if spec.type == "BilinearInterpolation" and len(bottoms) != 2:
            raise spec.error("bottom", f"is given {len(bottoms)} times; it must be 2: the second "
                             "gives the size")
        for shape in bottoms:
            check_four_axes(spec, shape)
        if param.use_blob_size and len(bottoms) < 2:
            raise spec.error("interp_param.use_blob_size", "needs a second bottom")
        for field in ("pad_beg", "pad_end"):
            if getattr(param, field) > 0:
                raise spec.error(f"interp_param.{field}", f"is {getattr(param, field)}; it must "
                                 "be 0 or negative: cells to cut off")
        for field in ("zoom_factor", "shrink_factor", "full_zoom_factor"):
            at_least(spec, f"interp_param.{field}", (getattr(param, field),), 1)
        factors = param.HasField("zoom_factor") or param.HasField("shrink_factor")
        sizes = (param.height, param.width)
        self.whole_zoom = 0
        if not factors and not any(sizes) and param.HasField("full_zoom_factor"):
            self.whole_zoom = param.full_zoom_factor
        if spec.dialect == "openvino" and param.zoom_factor > 1 and param.shrink_factor == 1:
            self.whole_zoom = param.zoom_factor
        if len(bottoms) == 1 and not factors and not self.whole_zoom and min(sizes) < 1:
            raise spec.error("interp_param", "gives no size; give height and width, or "
                             "zoom_factor, or shrink_factor, or a second bottom")
        self.sizes = None if factors else sizes
        self.shrink = param.shrink_factor
        self.zoom = param.zoom_factor
        self.begin = -param.pad_beg
        self.end = -param.pad_end
        self.nearest = enum_name(param, "mode") == "NEAREST"
        if min(bottoms[0][2:]) <= self.begin + self.end:
            raise spec.error("interp_param.pad_beg", f"and pad_end leave nothing of {bottoms[0]}")

    def _top_sizes(self, plane: Sequence[int], like: Sequence[int] | None) -> tuple[int, ...]:
        """Height and width of the top of a plane, once it is cut; `like` are the second bottom's.
        """
        if like is not None:
            return tuple(like)
        if self.whole_zoom:
            return tuple(n * self.whole_zoom for n in plane)
        if self.sizes is not None:
            return self.sizes
        small = [(n - 1) // self.shrink + 1 for n in plane]
        return tuple(n + (n - 1) * (self.zoom - 1) for n in small)

    def forward(self, x: Tensor, like: Tensor | None = None) -> Tensor:
        x = x[:, :, self.begin : x.shape[2] - self.end, self.begin : x.shape[3] - self.end]
        sizes = self._top_sizes(x.shape[2:], None if like is None else like.shape[2:])
        if not self.nearest:
            return F.interpolate(x, sizes, mode="bilinear", align_corners=True)
        for axis, size in zip((2, 3), sizes, strict=True):
            step = (x.shape[axis] - 1) / max(size - 1, 1)
            position = torch.arange(size, device=x.device, dtype=torch.float64) * step
            nearest = (position + 0.5).floor().long().clamp(max=x.shape[axis] - 1)
            x = x.index_select(axis, nearest)
        return x

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x, shape = bottoms[0], list(graph.shape(bottoms[0]))
        for axis in (2, 3):
            if self.begin or self.end:
                x = graph.cut(x, axis, self.begin, shape[axis] - self.end)
                shape[axis] -= self.begin + self.end
        sizes = self._top_sizes(shape[2:], graph.shape(bottoms[1])[2:] if len(bottoms) > 1
                                else None)
        if not self.nearest:
            return [resize_onnx(graph, x, bottoms[0], list(sizes))]
        for axis, size in zip((2, 3), sizes, strict=True):
            step = (shape[axis] - 1) / max(size - 1, 1)
            places = [min(int(place * step + 0.5), shape[axis] - 1) for place in range(size)]
            x = graph.add("Gather", x, graph.integers(places), axis=axis)
        return [x]
