"""RoI align: bilinear samples of regions, by cascade-rcnn's rule and by Mask R-CNN's."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_sizes, honour
from framework.layers.rcnn.regions import (
    check_regions,
    check_samples,
    example_regions,
    grown,
    read_size,
    region_columns,
)
from framework.layers.rcnn.regions_onnx import (
    FLOAT,
    INT64,
    columns_onnx,
    flat_onnx,
    grown_onnx,
    sample_bilinear_onnx,
)
from framework.ops.regions import sample_bilinear
from framework.ops.roi_align import Grid, largest_samples, levels_of, roi_align
from framework.proto import has_field

OWN_FIELDS = ("sampling_ratio", "level_stride", "canonical_size", "canonical_level")
ATTRIBUTE_OPSET = 16        # from which on ONNX's RoiAlign has coordinate_transformation_mode


@layer
class ROIAlign(Layer):
    """RoI align: bilinear samples of each region, at the corners of bins or averaged in them.

    Bottoms: x (N, C, H, W), or with level_stride one for each (FPN); regions (R, 5): item, x1, y1,
             x2, y2 in pixels, no gradient.
    Top:     without sampling_ratio (R, C, pooled_h + 1, pooled_w + 1), read bilinearly from corner
             to corner; 0 where a point is outside the map or the region has no size. A pooling
             layer of kernel 2 and stride 1 after it makes pooled_h * pooled_w bins.
             With sampling_ratio (R, C, pooled_h, pooled_w): the mean of sampling_ratio ^ 2 samples
             in each bin, as Mask R-CNN has it; a sample more than a cell outside the map is 0.
    With roi_align_param (R, C, pooled_h, pooled_w): with its sampling_ratio as above; without, as
             nnop/caffe and jasjeetIM/Mask-RCNN have it, the largest of four samples in each bin, at
             its thirds; a region then reaches to its last cell, as in ROIPooling.
    Of several maps a region of size s, the root of its area, is read from that of stride
    2 ^ floor(canonical_level + log2(s / canonical_size)), or the nearest.
    Errors:  SpecError for other shapes, or a size of 0; for level_stride without sampling_ratio, or
             that is not one power of 2 after the other.
    Source:  roi_align_layer of zhaoweicai/cascade-rcnn and of nnop/caffe; with sampling_ratio
             Detectron's and torchvision's (He et al. 2017); MultiScaleRoIAlign for several maps.
    """

    reads = ("roi_pooling_param",)
    num_bottoms = (2, None)
    pools_regions = True
    needs_float32 = True
    fork_fields = frozenset(f"roi_pooling_param.{name}" for name in OWN_FIELDS)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        other = has_field(spec.proto, "roi_align_param")
        field = "roi_align_param" if other else "roi_pooling_param"
        param = getattr(spec.proto, field)
        if other and has_field(spec.proto, "roi_pooling_param"):
            raise spec.error("roi_align_param", "is given together with roi_pooling_param; each is "
                             "another way to sample")
        *maps, rois = bottoms
        self.takes_largest = other and not param.HasField("sampling_ratio")
        if other and not self.takes_largest and param.sampling_ratio == 0:
            raise spec.error("roi_align_param.sampling_ratio", "is 0; it must be at least 1, or "
                             "left out")
        if self.takes_largest:
            return self._read_largest(bottoms)
        self.height, self.width = read_size(spec, " ".join(OWN_FIELDS), field)
        self.check: IndexCheck = check_regions(spec, maps[0], rois, len(maps))
        self.strides = [] if other else list(param.level_stride)
        check_samples(spec, f"{field}.sampling_ratio", param.sampling_ratio)
        self.samples = param.sampling_ratio
        self.scale = 1 / self.strides[0] if self.strides else param.spatial_scale
        self.pad_ratio = 0.0 if other else param.pad_ratio
        self.canonical: tuple[int, int] = \
            (0, 0) if other else (param.canonical_size, param.canonical_level)
        if len(maps) != max(len(self.strides), 1):
            raise spec.error("bottom", f"is given {len(bottoms)} times; it must be "
                             f"{max(len(self.strides), 1) + 1}, a map for each level_stride, then "
                             "the regions")
        for x in maps:
            if len(x) != 4 or x[:2] != maps[0][:2]:
                raise spec.error("bottom", f"has maps of the shapes {maps}; they must differ in "
                                 "height and width only")
        self._check_strides()

    def _read_largest(self, bottoms: Sequence[Shape]) -> None:
        """The settings of nnop/caffe's form."""
        spec = self.spec
        honour(spec, "roi_align_param", "pooled_h pooled_w spatial_scale")
        check_sizes(spec, "roi_align_param", "pooled_h pooled_w")
        if len(bottoms) != 2:
            raise spec.error("bottom", f"is given {len(bottoms)} times; it must be 2")
        self.check = check_regions(spec, bottoms[0], bottoms[1])
        param = spec.proto.roi_align_param
        self.height, self.width = param.pooled_h, param.pooled_w
        self.scale = param.spatial_scale

    def _check_strides(self) -> None:
        field = "roi_pooling_param.level_stride"
        if not self.strides:
            return
        if not self.samples:
            raise self.spec.error(field, "is given without sampling_ratio")
        first = self.strides[0]
        wanted = [first << index for index in range(len(self.strides))]
        if first < 1 or first & (first - 1) or self.strides != wanted:
            raise self.spec.error(field, f"is {self.strides}; strides must be powers of 2, each "
                                  "twice the one before")
        if self.spec.proto.roi_pooling_param.HasField("spatial_scale"):
            raise self.spec.error("roi_pooling_param.spatial_scale", "is given together with "
                                  "level_stride, which says the same")
        if self.canonical[0] == 0:
            raise self.spec.error("roi_pooling_param.canonical_size", "is 0; it must be at least 1")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        x, rois = bottoms[0], bottoms[-1]
        more = 0 if self.takes_largest or self.samples else 1
        return [(rois[0], x[1], self.height + more, self.width + more)]

    def forward(self, *bottoms: Tensor) -> Tensor:
        *maps, rois = bottoms
        item, *sides = region_columns(rois, self.check, len(maps[0]))
        if self.takes_largest:
            cells = [side * self.scale for side in sides]
            return largest_samples(maps[0], item, cells, self.height, self.width)
        corners = grown(sides, self.pad_ratio)
        if self.samples:
            return self._averaged(maps, item, torch.stack(corners, 1))
        x1, y1, x2, y2 = (side * self.scale - 0.5 for side in corners)
        bins = [torch.arange(num + 1, device=item.device, dtype=x1.dtype) / num
                for num in (self.height, self.width)]
        rows = y1[:, None] + (y2 - y1)[:, None] * bins[0]
        columns = x1[:, None] + (x2 - x1)[:, None] * bins[1]
        sampled = sample_bilinear(maps[0], item, rows, columns)
        return sampled.masked_fill(((y2 <= y1) | (x2 <= x1))[:, None, None, None], 0)

    def _averaged(self, maps: Sequence[Tensor], item: Tensor, corners: Tensor) -> Tensor:
        level = torch.zeros_like(item)
        scale = torch.full_like(corners[:, :1], self.scale)
        if self.strides:
            level = levels_of(corners, *self.canonical, len(maps), self._first_level())
            scale = (1 / corners.new_tensor(self.strides))[level][:, None]
        grid = Grid(self.height, self.width, self.samples)
        return roi_align(maps, item, level, corners * scale, grid)

    def _first_level(self) -> int:
        return self.strides[0].bit_length() - 1

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        if index != len(shapes) - 1:
            return None
        return example_regions([shapes[0], shapes[-1]], self.scale)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if self.takes_largest:
            raise self.spec.error("roi_align_param", "has no ONNX form: ONNX's RoiAlign has its "
                                  "samples at other points of the bins")
        if self.samples:
            return self._averaged_onnx(graph, bottoms)
        item, *corners = columns_onnx(graph, bottoms[1])
        scale, half = graph.floats(self.scale), graph.floats(0.5)
        x1, y1, x2, y2 = (graph.add("Sub", graph.add("Mul", side, scale), half)
                          for side in grown_onnx(graph, corners, self.pad_ratio))
        points = []
        for first, last, num in ((y1, y2, self.height), (x1, x2, self.width)):
            parts = graph.floats([index / num for index in range(num + 1)])
            length = graph.add("Sub", last, first)
            points.append(graph.add("Add", first, graph.add("Mul", length, parts)))
        sampled = sample_bilinear_onnx(graph, bottoms[0], item, *points)
        empty = graph.add("Or", graph.add("LessOrEqual", y2, y1),
                          graph.add("LessOrEqual", x2, x1))
        empty = graph.add("Unsqueeze", empty, graph.integers([2, 3]))
        return [graph.add("Where", empty, graph.floats(0.0), sampled)]

    def _averaged_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        """ONNX's RoiAlign of each map; of several, the one that each region is read from."""
        rois = flat_onnx(graph, bottoms[-1])
        item = graph.add("Cast", graph.reshape(graph.cut(rois, 1, 0, 1), [-1]), to=INT64)
        sides = [graph.cut(rois, 1, index, index + 1) for index in range(1, 5)]
        corners = graph.add("Concat", *grown_onnx(graph, sides, self.pad_ratio), axis=1)
        # before it had the attribute, RoiAlign did so always
        form = {} if graph.opset < ATTRIBUTE_OPSET else \
            {"coordinate_transformation_mode": "output_half_pixel"}
        strides = [float(stride) for stride in self.strides] or [1 / self.scale]
        pooled = [graph.add("RoiAlign", x, corners, item, mode="avg", output_height=self.height,
                            output_width=self.width, sampling_ratio=self.samples,
                            spatial_scale=1 / stride, **form)
                  for x, stride in zip(bottoms[:-1], strides, strict=True)]
        if len(pooled) == 1:
            return pooled
        level = self._level_onnx(graph, corners)
        found = pooled[0]
        for index, other in enumerate(pooled[1:], 1):
            own = graph.add("Equal", level, graph.floats(float(index)))
            found = graph.add("Where", own, other, found)
        return [found]

    def _level_onnx(self, graph: OnnxGraph, corners: str) -> str:
        """As levels_of: (R, 1, 1, 1), as floats."""
        size = graph.add("Sub", graph.cut(corners, 1, 2, 4), graph.cut(corners, 1, 0, 2))
        size = graph.add("Max", size, graph.floats(0.0))
        area = graph.add("Mul", graph.cut(size, 1, 0, 1), graph.cut(size, 1, 1, 2))
        # an empty region takes the first map, and the logarithm of 0 is not everywhere the same
        area = graph.add("Max", area, graph.floats(1e-12))
        ratio = graph.add("Div", graph.add("Sqrt", area), graph.floats(float(self.canonical[0])))
        power = graph.add("Div", graph.add("Log", ratio), graph.floats(math.log(2)))
        level = graph.add("Add", power, graph.floats(self.canonical[1] + 1e-6))
        level = graph.add("Sub", graph.add("Floor", level), graph.floats(float(
            self._first_level())))
        level = graph.add("Clip", level, graph.floats(0.0), graph.floats(
            float(len(self.strides) - 1)))
        return graph.reshape(graph.add("Cast", level, to=FLOAT), [-1, 1, 1, 1])


@layer
class ROIAlignment(Layer):
    """RoI align with one bilinear sample, at the center of each bin.

    Bottoms: x (N, C, H, W); regions (R, 5): item, x1, y1, x2, y2 in pixels, no gradient.
    Top:     (R, C, pooled_h, pooled_w). A region is x2 - x1 + 1 cells wide, at least 1, after
             spatial_scale; a bin is cut to the cells of the map and read at its center.
    Errors:  SpecError for other shapes, or a size of 0.
    Source:  ROIAlignmentParameter; roi_alignment_layer.cu of nqanh/affordance-net and
             leon-liangwu/MaskYolo_Caffe.
    """

    num_bottoms = (2, 2)
    pools_regions = True
    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape, rois: Shape):
        super().__init__(spec)
        self.height, self.width = read_size(spec, field="roi_alignment_param")
        self.check: IndexCheck = check_regions(spec, x, rois, 1)
        self.scale = spec.proto.roi_alignment_param.spatial_scale

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(bottoms[1][0], bottoms[0][1], self.height, self.width)]

    def forward(self, x: Tensor, rois: Tensor) -> Tensor:
        item, *sides = region_columns(rois, self.check, len(x))
        x1, y1, x2, y2 = (side * self.scale for side in sides)
        rows = _centers(y1, y2, self.height, x.shape[2])
        columns = _centers(x1, x2, self.width, x.shape[3])
        return sample_bilinear(x, item, rows, columns)

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        return example_regions([shapes[0], shapes[1]], self.scale) if index == 1 else None

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        item, *corners = columns_onnx(graph, bottoms[1])
        scale, one = graph.floats(self.scale), graph.floats(1.0)
        x1, y1, x2, y2 = (graph.add("Mul", side, scale) for side in corners)
        points = []
        for first, last, num, cells in ((y1, y2, self.height, graph.shape(bottoms[0])[2]),
                                        (x1, x2, self.width, graph.shape(bottoms[0])[3])):
            length = graph.add("Max", graph.add("Add", graph.add("Sub", last, first), one), one)
            ends = []
            for more in (0, 1):
                parts = graph.floats([(index + more) / num for index in range(num)])
                end = graph.add("Add", first, graph.add("Mul", length, parts))
                ends.append(graph.add("Clip", end, graph.floats(0.0), graph.floats(cells - 1.0)))
            points.append(graph.add("Mul", graph.add("Add", *ends), graph.floats(0.5)))
        return [sample_bilinear_onnx(graph, bottoms[0], item, *points)]


def _centers(first: Tensor, last: Tensor, num: int, cells: int) -> Tensor:
    """(R, num): the centers of bins from `first` on, cut to the cells 0 to `cells` - 1."""
    length = (last - first + 1).clamp(min=1)[:, None]
    parts = torch.arange(num, device=first.device, dtype=first.dtype)
    ends = [(first[:, None] + length * (parts + more) / num).clamp(0, cells - 1)
            for more in (0, 1)]
    return (ends[0] + ends[1]) / 2
