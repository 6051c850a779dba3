"""Layers of pose nets: resizing, dropout of whole maps, points from maps and their scale."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import LARGEST_STEP, check_same_shape, honour, within
from framework.layers.region_rows import RegionRows
from framework.ops.by_item import by_item
from framework.proto import enum_name, has_field

SOURCE_NUMBERS = 5      # of each image: its number, width, height, scale and whether mirrored


@layer
class Resize(Layer):
    """Bilinear resizing from the upper left corner, to a size, by factors, or as another map.

    Bottoms: x (N, C, H, W); without resize_param a map of the size that the top gets.
    Top:     (N, C, height, width), or H * height_fac and W * width_fac rounded down, or with
             is_pyramid_test out_height_scale and out_width_scale. Cell (i, j) reads the point
             (i * H / h, j * W / w); what of it is beyond the last row or column adds nothing, as in
             the original. With `nearest` it is the cell that the point is in: MaskYolo_Caffe's
             layer is that, without a field that says so.
    Errors:  SpecError for both or none of resize_param and a second bottom, of sizes and factors,
             and for sizes below 1.
    Source:  ResizeParameter; resize_layer.cpp and util_img.cpp of
             zimenglan-sysu-512/pose_action_caffe, where a second bottom of 4 values states the
             size; here it must be a map. resize_layer.cu of leon-liangwu/MaskYolo_Caffe.
    """

    num_bottoms = (1, 2)
    no_gradient_bottoms = (1,)
    fork_fields = frozenset(["resize_param.nearest"])
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape, *like: Shape):
        super().__init__(spec)
        honour(spec, "resize_param", "height width height_fac width_fac is_pyramid_test "
               "out_height_scale out_width_scale nearest")
        if len(x) != 4 or any(len(shape) != 4 for shape in like):
            raise spec.error("bottom", f"has the shape {tuple(x)}; it must be (N, C, H, W)")
        if spec.proto.HasField("resize_param") == bool(like):
            raise spec.error("resize_param", "is one way to say the size, a second bottom the "
                             "other; one of them must be given")
        param = spec.proto.resize_param
        names = ("out_height_scale", "out_width_scale") if param.is_pyramid_test \
            else ("height_fac", "width_fac")
        by_size = not param.is_pyramid_test and param.HasField("height") \
            and param.HasField("width")
        by_factor = all(has_field(param, name) for name in names)
        if not like and by_size == by_factor:
            raise spec.error("resize_param", "must have height and width, or height_fac and "
                             "width_fac, or with is_pyramid_test out_height_scale and "
                             "out_width_scale")
        self.factors = tuple(getattr(param, name) for name in names) if by_factor else None
        self.nearest = param.nearest
        self.size = param.height, param.width
        within(spec, "resize_param.height", self._top_size(x, *like), 1, LARGEST_STEP)

    def _top_size(self, x: Shape, *like: Shape) -> tuple[int, ...]:
        if like:
            return tuple(like[0][2:])
        if self.factors is None:
            return self.size
        sizes = (size * factor for size, factor in zip(x[2:], self.factors, strict=True))
        return tuple(int(size) if 0 <= size < math.inf else 0 for size in sizes)

    def forward(self, x: Tensor, *like: Tensor) -> Tensor:
        sizes = self._top_size(tuple(x.shape), *(tuple(one.shape) for one in like))
        if self.nearest:
            row, column = (torch.arange(points, device=x.device) * cells // points
                           for cells, points in zip(x.shape[2:], sizes, strict=True))
            return x[:, :, row][:, :, :, column]
        down, along = (self._weights(x, cells, points)
                       for cells, points in zip(x.shape[2:], sizes, strict=True))
        top: Tensor = down @ x @ along.t()
        return top

    def _weights(self, x: Tensor, cells: int, points: int) -> Tensor:
        at = torch.arange(points, device=x.device, dtype=x.dtype)[:, None] * (cells / points)
        distance = (at - torch.arange(cells, device=x.device, dtype=x.dtype)).abs()
        return (1 - distance).clamp(min=0)


@layer
class SpatialDropout(Layer):
    """Dropout of whole maps: each channel of an item is 0 with dropout_ratio, else scaled up.

    Bottom: x (N, C, H, W). Top: as x; in TEST it is x.
    Errors: SpecError for a ratio that is not between 0 and 1.
    Source: SpatialDropoutParameter, whose dropout_scale is read by nothing;
            spatial_dropout_layer.cpp of zimenglan-sysu-512/pose_action_caffe; Tompson et al. 2015.
    """

    keeps_shape = True
    fork_fields = frozenset(["spatial_dropout_param"])

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "spatial_dropout_param", "dropout_ratio")
        self.ratio = spec.proto.spatial_dropout_param.dropout_ratio
        if not 0 < self.ratio < 1:
            raise spec.error("spatial_dropout_param.dropout_ratio", f"is {self.ratio:g}; it must "
                             "be between 0 and 1")
        if len(x) < 2:
            raise spec.error("bottom", f"has the shape {tuple(x)}; it must have channels")
        self.drops = spec.phase == "TRAIN"

    def forward(self, x: Tensor) -> Tensor:
        return torch.feature_dropout(x, self.ratio, self.drops)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return list(bottoms)


@layer
class CoordsFromHeatMaps(Layer):
    """Points of the highest values of maps, in pixels of the image.

    Bottom: maps (N, K, H, W).
    Tops:   x and y in turn (N, 2 K, 1, 1): the cell of the first highest value, or with top_k the
            means of the top_k highest ones' cells, rounded down, times heat_map_a plus heat_map_b;
            if wanted the highest value, or the mean of the top_k (N, K, 1, 1).
    The tops have no gradient.
    Errors: SpecError for another number of axes, a top_k below 0.
    Source: PoseCoordsFromHeatMapsParameter; coords_from_heat_map_layer.cpp of
            zimenglan-sysu-512/pose_action_caffe, where a second bottom states a and b; it is
            refused here.
    """

    reads = ("pose_coords_from_heat_maps_param",)
    num_tops = (1, 2)
    no_gradient_bottoms = (0,)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, maps: Shape):
        super().__init__(spec)
        field = "pose_coords_from_heat_maps_param"
        honour(spec, field, "heat_map_a heat_map_b top_k")
        param = spec.proto.pose_coords_from_heat_maps_param
        if len(maps) != 4:
            raise spec.error("bottom", f"has the shape {tuple(maps)}; it must be (N, K, H, W)")
        within(spec, f"{field}.top_k", (param.top_k,), 0, LARGEST_STEP)
        self.a, self.b, self.top_k = param.heat_map_a, param.heat_map_b, param.top_k

    def forward(self, maps: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        flat = maps.detach().flatten(2)
        if self.top_k:
            values, cells = flat.topk(min(self.top_k, flat.shape[2]), 2)
        else:
            cells = flat.argmax(2, keepdim=True)
            values = flat.gather(2, cells)
        width = maps.shape[3]
        num = cells.shape[2]
        points = torch.stack([(cells % width).sum(2) // num, (cells // width).sum(2) // num], 2)
        points = (points * self.a + self.b).to(maps.dtype).flatten(1)[..., None, None]
        if len(self.spec.tops) == 1:
            return points
        return points, values.mean(2)[..., None, None]


@layer
class RescaledPoseCoords(Layer):
    """Points of the scaled image as points of the original image.

    Bottoms: x and y in turn (N, 2 K, ...); of each image its number, width, height, scale and
             whether it was mirrored (N, 5, 1, 1).
    Top:     as the points: over the scale; -1 where that is beyond width or height; else x of a
             mirrored image from the other side. It has no gradient.
    Errors:  SpecError for other sizes.
    Source:  rescaled_pose_coords_layer.cpp of zimenglan-sysu-512/pose_action_caffe.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, points: Shape, images: Shape):
        super().__init__(spec)
        if math.prod(points[1:]) % 2 or images[0] != points[0] \
                or math.prod(images[1:]) != SOURCE_NUMBERS:
            raise spec.error("bottom", f"has the shapes {tuple(points)} and {tuple(images)}; they "
                             "must hold x and y of points, and 5 numbers, for each item")

    def forward(self, points: Tensor, images: Tensor) -> Tensor:
        _, width, height, scale, mirrored = by_item(images.detach(), -1, 1).unbind(1)
        x, y = (by_item(points.detach(), -1, 2) / scale[..., None]).unbind(2)
        turned = torch.where(mirrored != 0, width - 1 - x, x)
        moved = torch.stack([turned.where(x < width, -1), y.where(y < height, -1)], 2)
        return moved.reshape(points.shape)


@layer
class CrossBlobsSum(Layer):
    """Sum of bottoms of one shape.

    Bottoms: one or more (N, ...). Top: as each of them.
    Errors:  SpecError for bottoms of different shapes.
    Source:  cross_blobs_sum_layer.cpp of zimenglan-sysu-512/pose_action_caffe.
    """

    num_bottoms = (1, None)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        check_same_shape(spec, bottoms)

    def forward(self, *bottoms: Tensor) -> Tensor:
        return torch.stack(bottoms).sum(0)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        return [graph.add("Sum", *bottoms)]


@layer
class SecondaryRegionsOpScores(RegionRows):
    """The maximum, sum or mean of the scores of an image's secondary regions (R*CNN).

    Bottoms: scores (B * R, ...), R = n_secondary_regions, one less with has_scene_branch; with a
             second bottom its first value is what n_secondary_regions is else, and while that is 0
             as many as it has items, with which the net is built.
    Tops:    (B, ...); with MAX if wanted the rows that the maxima come from, and their flat
             indices.
    Errors:  SpecError without n_secondary_regions and a second bottom, for rows that it does not
             divide, and for further tops without MAX. DataError where the value does not divide.
    Source:  SecondaryRegionsOpScoresParameter; secondary_regions_op_scores_layer.cpp of
             zimenglan-sysu-512/pose_action_caffe; Gkioxari et al. 2015.
    """

    num_bottoms = (1, 2)
    num_tops = (1, 3)
    no_gradient_bottoms = (1,)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, scores: Shape, *counts: Shape):
        super().__init__(spec)
        field = "secondary_regions_op_scores_param"
        honour(spec, field, "n_secondary_regions op_scores has_scene_branch")
        param = spec.proto.secondary_regions_op_scores_param
        self.others = int(param.has_scene_branch)
        stated = counts[0][0] if counts and counts[0] else param.n_secondary_regions
        self.num = stated - self.others or (stated if counts else 0)
        self.kind = enum_name(param, "op_scores")
        if not 0 < self.num <= scores[0] or scores[0] % self.num:
            raise spec.error(f"{field}.n_secondary_regions", f"makes {self.num} regions; it must "
                             f"divide {scores[0]} rows")
        if len(spec.tops) > 1 and self.kind != "MAX":
            raise spec.error("top", "is given more than once; only MAX has further tops")

    @classmethod
    def assumed_rows(cls, spec: LayerSpec) -> int:
        param = spec.proto.secondary_regions_op_scores_param
        return max(0, param.n_secondary_regions - param.has_scene_branch)

    @uncompiled
    def _stated(self, counts: Tensor, rows: int) -> int:
        """How many regions the second bottom says that an image has."""
        if counts.is_meta or not (number := int(counts.flatten()[0])):
            return self.num
        num = number - self.others or number
        if num < 1 or rows % num:
            raise DataError(f"{self.spec.place()}: '{self.spec.bottoms[1]}' says {number} regions "
                            f"for each image; they must divide the {rows} rows of "
                            f"'{self.spec.bottoms[0]}'")
        return num

    def forward(self, scores: Tensor, *counts: Tensor) -> Tensor | tuple[Tensor, ...]:
        num = self._stated(counts[0], len(scores)) if counts else self.num
        groups = scores.reshape(-1, num, *scores.shape[1:])
        if self.kind != "MAX":
            return groups.sum(1) if self.kind == "SUM" else groups.mean(1)
        top, region = groups.max(1)
        if len(self.spec.tops) == 1:
            return top
        first = torch.arange(len(groups), device=scores.device) * num
        rows = region + first.reshape(-1, *[1] * (region.dim() - 1))
        size = math.prod(scores.shape[1:])
        cells = torch.arange(size, device=scores.device).reshape(scores.shape[1:])
        further = rows.to(scores.dtype), (rows * size + cells).to(scores.dtype)
        return (top, *further[:len(self.spec.tops) - 1])
