"""Windows cut about the maxima of maps, and maps laid back over the image they were cut from.

Where a cell of one blob is in another follows from the layers between them: the net reads that from
its definition (framework/net/crop_alignment.py) and tells it to the layer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.coordinates import Affine
from framework.layers.params import honour, times


class Alignment(NamedTuple):
    """Where rows and columns of bottom 1 are in bottom 0, from the layers between the two.

    maps     for rows and columns
    cut      the same of a CropPatchFromMaxFeaturePosition on the way; () if there is none
    factors  what a step in the bottom of that layer is in bottom 0
    """

    maps: tuple[Affine, Affine]
    cut: tuple[Affine, ...] = ()
    factors: tuple[float, float] = (1.0, 1.0)


class AlignedLayer(Layer):
    """A layer whose first two bottoms are aligned: the net that it is in sets `alignment`."""

    alignment: Alignment | None = None

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        others = bottoms[2:2 + len(spec.tops)]
        if len(others) < len(spec.tops):
            raise spec.error("top", f"is given {len(spec.tops)} times; it must be once for each of "
                             f"the {len(bottoms) - 2} bottoms after the first two")
        if any(len(shape) != 4 for shape in bottoms):
            raise spec.error("bottom", f"has the shapes {[tuple(shape) for shape in bottoms]}; "
                             "they must be (N, C, H, W)")
        for name, shape in zip(spec.bottoms[2:], others, strict=False):
            if shape[2:] != bottoms[0][2:] or shape[0] != bottoms[0][0]:
                raise spec.error("bottom", f"'{name}' has the shape {tuple(shape)}; it must have "
                                 f"the items, rows and columns of '{spec.bottoms[0]}', "
                                 f"{tuple(bottoms[0])}")

    def _aligned(self) -> Alignment:
        if self.alignment is None:
            raise self.spec.error("bottom", "cannot be aligned but in a net read from a file")
        return self.alignment


def window_begins(maps: Tensor, where: Sequence[Affine], size: Sequence[int]) -> list[Tensor]:
    """First rows and columns (N, C) of windows of `size` about the largest value of each map.

    where   of rows and columns of the maps in the blob that is cut
    """
    largest = maps.flatten(2).argmax(2)
    cells = (largest // maps.shape[3], largest % maps.shape[3])
    return [torch.floor(cell.double() * float(place.factor) + float(place.shift) - extent / 2)
            for cell, place, extent in zip(cells, where, size, strict=True)]


@layer
class CropPatchFromMaxFeaturePosition(AlignedLayer):
    """Crop windows about the position of the largest value of each channel of a map.

    Bottoms: the blob that positions are in (N, C, H, W); maps (N, K, h, w), no gradient to either;
             one x (N, C, H, W) for each top.
    Tops:    with h = floor(crop_factor * H) and w = floor(crop_factor * W), at least 1: (N, K C, h,
             w), channel k C + c the window of channel c about the largest value of map k; where
             `match_channel` of that top is set (N, K, h, w), each channel by its own map. Beyond
             the edges is 0. A window begins at floor(position - h / 2), the position found by the
             layers between the first two bottoms.
    Errors:  SpecError for shapes that do not fit, and bottoms that have no common blob.
    Source:  PatchAtMaximumParameter, zimenglan-sysu-512/pose_action_caffe
             crop_patch_from_max_feature_position_layer.cpp.
    """

    num_bottoms = (3, None)
    num_tops = (1, None)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = "the windows follow from the values"

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec, *bottoms)
        field = "crop_patch_from_max_feature_position_param"
        honour(spec, field, "crop_factor match_channel")
        param = spec.proto.crop_patch_from_max_feature_position_param
        if not 0 < param.crop_factor <= 1:
            raise spec.error(f"{field}.crop_factor", f"is {param.crop_factor:g}; it must be above 0"
                             " and at most 1")
        if len(bottoms) - 2 != len(spec.tops) or bottoms[1][0] != bottoms[0][0]:
            raise spec.error("bottom", f"has the shapes {[tuple(shape) for shape in bottoms]}; "
                             "there must be two and one for each top, of as many items")
        self.size = [max(1, math.floor(times(extent, param.crop_factor)))
                     for extent in bottoms[0][2:]]
        matched = list(param.match_channel)[:len(spec.tops)]
        self.matched = matched + [False] * (len(spec.tops) - len(matched))
        self.num = bottoms[1][1]
        for matched_one, shape in zip(self.matched, bottoms[2:], strict=True):
            if matched_one and shape[1] != self.num:
                raise spec.error(f"{field}.match_channel", f"is true for a bottom of {shape[1]} "
                                 f"channels; there are {self.num} maps")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(shape[0], self.num if matched else self.num * shape[1], *self.size)
                for matched, shape in zip(self.matched, bottoms[2:], strict=True)]

    def forward(self, place: Tensor, maps: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
        begins = window_begins(maps, self._aligned().maps, self.size)
        return tuple(self._cut(x, begins, matched)
                     for x, matched in zip(inputs, self.matched, strict=True))

    def _cut(self, x: Tensor, begins: Sequence[Tensor], matched: bool) -> Tensor:
        """The windows (N, K or K C, h, w) of x."""
        if not matched:
            repeats = x.shape[1]
            x = x.repeat(1, self.num, 1, 1)
            begins = [begin.repeat_interleave(repeats, 1) for begin in begins]
        rows, columns = (begin.long()[..., None] + torch.arange(extent, device=x.device)
                         for begin, extent in zip(begins, self.size, strict=True))
        height, width = x.shape[2:]
        lines = rows.clamp(0, height - 1)[..., None].expand(-1, -1, -1, width)
        cells = columns.clamp(0, width - 1)[:, :, None].expand(-1, -1, self.size[0], -1)
        inside = ((rows >= 0) & (rows < height))[..., None] \
            & ((columns >= 0) & (columns < width))[:, :, None]
        return torch.where(inside, x.gather(2, lines).gather(3, cells), 0)


@layer
class ResizeWithMap(AlignedLayer):
    """Bilinear resize to the size of another blob, each cell at the same part of the image.

    Bottoms: the blob that x is like (N, C, H, W); one that gives the size (N, D, h, w), no gradient
             to either; one x (N, C, H, W) for each top.
    Tops:    (N, C, h, w): x at the position that a cell has by the layers between the first two
             bottoms; cells beyond the edges count as 0. After a CropPatchFromMaxFeaturePosition of
             K maps the channels are K groups, each put where its window was cut.
    Errors:  SpecError for shapes that do not fit, and bottoms that have no common blob.
    Source:  resize_with_map_layer.cpp, util_img.cpp and coords.hpp of
             zimenglan-sysu-512/pose_action_caffe. A net hands over the maps and the first top of
             the layer that cut, as two further bottoms.
    """

    num_bottoms = (3, None)
    num_tops = (1, None)
    no_gradient_bottoms = (0, 1)
    needs_float32 = True
    no_onnx_form = "the positions may follow from values"
    reads = ()

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec, *bottoms)
        self.is_cut = len(bottoms) == len(spec.tops) + 4
        if not self.is_cut and len(bottoms) != len(spec.tops) + 2:
            raise spec.error("bottom", f"is given {len(bottoms)} times; it must be twice, and once "
                             "for each top")
        num = bottoms[-2][1] if self.is_cut else 1
        for shape in bottoms[2:2 + len(spec.tops)]:
            if shape[1] % num:
                raise spec.error("bottom", f"has {shape[1]} channels; they must be groups of the "
                                 f"{num} windows that were cut")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(*shape[:2], *bottoms[1][2:]) for shape in bottoms[2:2 + len(self.spec.tops)]]

    def forward(self, place: Tensor, like: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
        alignment = self._aligned()
        moves: list[Tensor | float] = [0.0, 0.0]
        num = 1
        if self.is_cut:
            maps, window = inputs[-2:]
            num = maps.shape[1]
            begins = window_begins(maps, alignment.cut, window.shape[2:])
            moves = [begin[:, :, None, None] * factor
                     for begin, factor in zip(begins, alignment.factors, strict=True)]
        rows, columns = (self._weights(axis, like, place, moves) for axis in (0, 1))
        tops = []
        for x in inputs[:len(self.spec.tops)]:
            groups = x.unflatten(1, (num, -1))
            tops.append((rows.to(x.dtype) @ groups @ columns.to(x.dtype).mT).flatten(1, 2))
        return tuple(tops)

    def _weights(self, axis: int, like: Tensor, place: Tensor, moves: Sequence[Tensor | float]
                 ) -> Tensor:
        """What each cell of an axis of x counts (..., cells of the top, cells of x)."""
        where = self._aligned().maps[axis]
        cells = torch.arange(like.shape[2 + axis], device=like.device, dtype=torch.float64)
        places = cells * float(where.factor) + float(where.shift) - moves[axis]
        others = torch.arange(place.shape[2 + axis], device=like.device, dtype=torch.float64)
        return (1 - (places[..., None] - others).abs()).clamp(min=0)
