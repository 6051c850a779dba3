"""Resizing by TensorFlow's rules: ResizeBilinear and ResizeNearestNeighbor."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour

PLANES = {"NHWC": 1, "NCHW": 2}     # the axis of the height; that of the width follows
FIELDS = ("align_corners output_height output_width data_format scale_height scale_width "
          "half_pixel_centers")


class _Plane:
    """What both layers read alike: the axes of the plane, its sizes, and where cells are.

    name     of the param message
    centers  its second field of cells that are moved by half of one
    """

    def __init__(self, spec: LayerSpec, name: str, x: Shape, centers: str):
        honour(spec, name, f"{FIELDS} {centers}")
        param: Any = getattr(spec.proto, name)      # one of two messages
        if param.data_format not in PLANES:
            raise spec.error(f"{name}.data_format", f"is {param.data_format}; it must be "
                             f"{' or '.join(PLANES)}")
        if len(x) != 4:
            raise spec.error("bottom", f"has the shape {x}; {spec.type} takes 4 axes")
        chosen = [field for field in ("align_corners", "half_pixel_centers", centers)
                  if getattr(param, field)]
        if len(chosen) > 1:
            raise spec.error(f"{name}.{chosen[1]}", f"is true with {chosen[0]}: true; one of them "
                             "says where cells are")
        self.rule = chosen[0] if chosen else ""
        self.axis = PLANES[param.data_format]
        self.given = [param.output_height if param.HasField("output_height") else None,
                      param.output_width if param.HasField("output_width") else None]
        self.scales = [param.scale_height, param.scale_width]
        if min(self.sizes(x)) < 1:
            raise spec.error(f"{name}.output_height", f"and output_width make a plane of "
                             f"{' x '.join(map(str, self.sizes(x)))} cells")

    def sizes(self, shape: Shape) -> list[int]:
        """Height and width of the top."""
        return [math.floor(_as_float32(size * scale)) if given is None else given for
                size, scale, given in zip(shape[self.axis:], self.scales, self.given, strict=False)]

    def places(self, shape: Shape, device: torch.device) -> Iterator[tuple[int, int, Tensor]]:
        """For height and width: the axis, the cells of the bottom, and for each cell of the top its
        position in the bottom, by the rule that is not of half cells; float32."""
        for axis, top in enumerate(self.sizes(shape), self.axis):
            size = shape[axis]
            index = torch.arange(top, dtype=torch.float32, device=device)
            one = torch.ones((), dtype=torch.float32, device=device)
            step = one * size / top
            if self.rule == "align_corners" and top > 1:
                step = one * (size - 1) / (top - 1)
            yield axis, size, (index + 0.5 if "half_pixel" in self.rule else index) * step


def _as_float32(value: float) -> float:
    """The float32 nearest to a number above 0, in Python's arithmetic, which torch can trace."""
    mantissa, exponent = math.frexp(value)
    return round(mantissa * 2**24) * 2.0**(exponent - 24)


@layer
class ResizeBilinear(Layer):
    """Bilinear interpolation of the plane, by the cells that TensorFlow chooses.

    Bottom: x (N, H, W, C), or (N, C, H, W) with `data_format: "NCHW"`.
    Top:    y, x with output_height and output_width, or H * scale_height and W * scale_width
            rounded down. Cell i is between cells floor(p) and ceil(p) of the bottom, p = i * H /
            H'; with align_corners i * (H - 1) / (H' - 1); with half_pixel_centers (i + 0.5) * H /
            H' - 0.5; pytorch_half_pixel is the same, but -0.5 for one cell. Positions are float32.
    Blobs:  none.
    Errors: SpecError for two of these rules at once, and for data_format NCHWD.
    Source: resize_bilinear_layer.cpp of foss-for-synopsys-dwc-arc-processors/synopsys-caffe.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.plane = _Plane(spec, "resize_bilinear_param", x, "pytorch_half_pixel")

    def _parts(self, shape: Shape, device: torch.device
               ) -> list[tuple[int, Tensor, Tensor, Tensor]]:
        """For width and height the axis, the cells at both sides of each of the top, and the share
        of the second."""
        parts = []
        for axis, size, place in self.plane.places(shape, device):
            if "half_pixel" in self.plane.rule:
                place = place - 0.5
                if self.plane.rule == "pytorch_half_pixel" and len(place) == 1:
                    place = torch.full_like(place, -0.5)
            low = place.floor()
            parts.append((axis, low.clamp(min=0).long(), place.ceil().clamp(max=size - 1).long(),
                          (place - low).reshape(-1, *(1,) * (3 - axis))))
        return parts[::-1]      # as the source: its sum of two rows is the last step

    def forward(self, x: Tensor) -> Tensor:
        for axis, lower, upper, share in self._parts(x.shape, x.device):
            first = x.index_select(axis, lower)
            x = first + (x.index_select(axis, upper) - first) * share.to(x.dtype)
        return x

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        for axis, lower, upper, share in self._parts(graph.shape(x), torch.device("cpu")):
            first, second = (graph.add("Gather", x, graph.integers(cells.tolist()), axis=axis)
                             for cells in (lower, upper))
            more = graph.add("Mul", graph.add("Sub", second, first), graph.floats(share))
            x = graph.add("Add", first, more)
        return [x]


@layer
class ResizeNearestNeighbor(Layer):
    """Nearest neighbour resizing of the plane, by the cells that TensorFlow chooses.

    Bottom: x (N, H, W, C), or (N, C, H, W) with `data_format: "NCHW"`.
    Top:    y, of the sizes of ResizeBilinear. Cell i is cell floor(i * H / H') of the bottom; with
            align_corners i * (H - 1) / (H' - 1), rounded; with half_pixel_centers
            floor((i + 0.5) * H / H'); with half_pixel_onnx floor((i + 0.5) * H / H' - 0.5); all
            from 0 to H - 1. Positions are float32.
    Blobs:  none.
    Errors: SpecError for two of these rules at once.
    Source: resize_nearest_neighbor_layer.cpp of
            foss-for-synopsys-dwc-arc-processors/synopsys-caffe.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        self.plane = _Plane(spec, "resize_nearest_neighbor_param", x, "half_pixel_onnx")

    def _cells(self, shape: Shape, device: torch.device) -> list[tuple[int, Tensor]]:
        """For height and width the axis, and the cells of the bottom that those of the top are."""
        cells = []
        for axis, size, place in self.plane.places(shape, device):
            if self.plane.rule == "half_pixel_onnx":
                place = place - 0.5
            elif self.plane.rule == "align_corners":
                place = place.double() + 0.5        # rounded: the half goes up
            cells.append((axis, place.floor().clamp(0, size - 1).long()))
        return cells

    def forward(self, x: Tensor) -> Tensor:
        for axis, cells in self._cells(x.shape, x.device):
            x = x.index_select(axis, cells)
        return x

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x = bottoms[0]
        for axis, cells in self._cells(graph.shape(x), torch.device("cpu")):
            x = graph.add("Gather", x, graph.integers(cells.tolist()), axis=axis)
        return [x]
