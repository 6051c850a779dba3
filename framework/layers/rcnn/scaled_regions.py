"""RoI pooling of regions that are scaled around their middle, or halves of them."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_sizes, honour, within
from framework.layers.rcnn.regions import (
    bins_of,
    check_regions,
    example_regions,
    region_columns,
)
from framework.layers.rcnn.regions_onnx import flat_onnx
from framework.ops.regions import rectangle_max

LEFT, RIGHT, UPPER, LOWER = 1, 2, 3, 4      # half_part


@layer
class ROIMaskPooling(Layer):
    """RoI pooling of scaled regions, or of one half of each.

    Bottoms: x (N, C, H, W); regions (R, 5): item, x1, y1, x2, y2 in pixels, no gradient.
    Top:     (R, C, pooled_h, pooled_w), as ROIPooling's of other regions: each is roi_scale times
             as wide and high, x2 - x1 and y2 - y1, around its middle; half_part 1, 2, 3, 4 takes
             its left, right, upper or lower half.
    Errors:  SpecError for other shapes, a size of 0, another half_part, and mask_scale, whose
             kernel compares values with 0 and stores them, so that their order counts.
    Source:  roi_mask_pooling_layer.cu of wk910930/ccnn; its code for CPUs is ROIPooling's.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)
    pools_regions = True
    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape, rois: Shape):
        super().__init__(spec)
        field = "roi_mask_pooling_param"
        honour(spec, field, "pooled_h pooled_w spatial_scale half_part roi_scale mask_scale")
        param = spec.proto.roi_mask_pooling_param
        check_sizes(spec, field, "pooled_h pooled_w")
        within(spec, f"{field}.half_part", (param.half_part,), 0, LOWER)
        if param.mask_scale > 0:
            raise spec.error(f"{field}.mask_scale", f"is {param.mask_scale:g}; only 0, no mask, is "
                             "supported")
        self.size = param.pooled_h, param.pooled_w
        self.scale, self.growth = param.spatial_scale, param.roi_scale
        self.part = param.half_part
        self.check = check_regions(spec, x, rois)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(bottoms[1][0], bottoms[0][1], *self.size)]

    def forward(self, x: Tensor, rois: Tensor) -> Tensor:
        item, x1, y1, x2, y2 = region_columns(rois, self.check, len(x))
        middle_x, middle_y = (x1 + x2) / 2, (y1 + y2) / 2
        across, down = (x2 - x1) * self.growth / 2, (y2 - y1) * self.growth / 2
        corners = [
            middle_x if self.part == RIGHT else middle_x - across,
            middle_y if self.part == LOWER else middle_y - down,
            middle_x if self.part == LEFT else middle_x + across,
            middle_y if self.part == UPPER else middle_y + down]
        bins = bins_of(x, [side * self.scale for side in corners], *self.size)
        return rectangle_max(x, item, bins)

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        return example_regions(shapes, self.scale) if index else None

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        rois = flat_onnx(graph, bottoms[1])
        low, high = graph.cut(rois, 1, 1, 3), graph.cut(rois, 1, 3, 5)
        middle = graph.add("Mul", graph.add("Add", low, high), graph.floats(0.5))
        reach = graph.add("Mul", graph.add("Sub", high, low), graph.floats(self.growth / 2))
        first, last = graph.add("Sub", middle, reach), graph.add("Add", middle, reach)
        sides = [graph.cut(first, 1, 0, 1), graph.cut(first, 1, 1, 2), graph.cut(last, 1, 0, 1),
                 graph.cut(last, 1, 1, 2)]
        if self.part:
            halved = {LEFT: (2, 0), RIGHT: (0, 0), UPPER: (3, 1), LOWER: (1, 1)}[self.part]
            sides[halved[0]] = graph.cut(middle, 1, halved[1], halved[1] + 1)
        rois = graph.add("Concat", graph.cut(rois, 1, 0, 1), *sides, axis=1)
        return [graph.add("MaxRoiPool", bottoms[0], rois, pooled_shape=list(self.size),
                          spatial_scale=self.scale)]
