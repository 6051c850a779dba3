"""Layers of action nets on regions of an image: the first one, and the scene as a region."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import LARGEST_STEP, check_four_axes, honour, within
from framework.layers.region_rows import RegionRows
from framework.ops.regions import Bins, bin_edges, rectangle_max


@layer
class ExtractPrimary(RegionRows):
    """The first region of each image, and its other ones.

    Bottom: x (B * R, ...), R regions of each of ims_per_batch images.
    Tops:   (B, ...) the first ones; (B * (R - 1), ...) the others; with one region an image the
            net is built as if there were one other, and a forward gives none.
    Errors: SpecError for rows that ims_per_batch does not divide (a second bottom that states the
            number of regions is refused here).
    Source: ExtractPrimaryParameter; extract_primary_layer.cpp of
            zimenglan-sysu-512/pose_action_caffe.
    """

    num_tops = (2, 2)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        field = "extract_primary_param"
        honour(spec, field, "ims_per_batch")
        self.num = spec.proto.extract_primary_param.ims_per_batch
        if not 0 < self.num <= x[0] or x[0] % self.num:
            raise spec.error(f"{field}.ims_per_batch", f"is {self.num}; it must divide the {x[0]} "
                             "rows of the bottom")

    @classmethod
    def assumed_rows(cls, spec: LayerSpec) -> int:
        return 2 * spec.proto.extract_primary_param.ims_per_batch

    @classmethod
    def rows_before(cls, spec: LayerSpec, top: int, rows: int) -> int:
        return spec.proto.extract_primary_param.ims_per_batch * (rows + 1) if top else rows

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        num, *rest = bottoms[0]
        return [(self.num, *rest), (max(1, num - self.num), *rest)]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        images = x.reshape(self.num, -1, *x.shape[1:])
        return images[:, 0], images[:, 1:].flatten(0, 1)


@layer
class ScenePooling(Layer):
    """RoI pooling of the whole map: the maximum of each of pooled_h * pooled_w bins.

    Bottom: x (N, C, H, W). Top: (N, C, pooled_h, pooled_w). Bins go from floor to ceil, so
            neighbours may overlap.
    Errors: SpecError for another number of axes, or a size of 0.
    Source: ScenePoolingParameter; scene_pooling_layer.cpp of zimenglan-sysu-512/pose_action_caffe.
    """

    no_onnx_form = UNWRITTEN
    needs_float32 = True

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        field = "scene_pooling_param"
        honour(spec, field, "pooled_h pooled_w")
        param = spec.proto.scene_pooling_param
        check_four_axes(spec, x)
        self.height, self.width = (within(
            spec, f"{field}.{name}", (getattr(param, name),), 1, LARGEST_STEP)[0]
            for name in ("pooled_h", "pooled_w"))

    def forward(self, x: Tensor) -> Tensor:
        num, _, height, width = x.shape
        edges = [bin_edges(zeros, torch.full_like(zeros, size), bins, size)
                 for zeros, size, bins in ((x.new_zeros(num), height, self.height),
                                           (x.new_zeros(num), width, self.width))]
        item = torch.arange(num, device=x.device)
        return rectangle_max(x, item, Bins(*edges[0], *edges[1]))
