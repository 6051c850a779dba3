"""Regions of interest from a YOLO grid, for Mask R-CNN's second stage (MaskYolo)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import at_least, honour
from framework.ops.device import sizes_may_vary
from framework.ops.losses import precise
from framework.ops.nms import greedy

NUMBERS = 5             # of an anchor in a cell: x, y, width, height, objectness
OVERLAP = 0.4
BOX_LABEL = {False: 5, True: 6}     # numbers of a box in the label, by with_mask
JOINTS_LABEL = 35       # more of them with_kps: an index and 17 points
JOINTS = 17


def _check_grid(spec: LayerSpec, field: str, grid: Shape) -> None:
    """SpecError for another number of channels or anchors, or classes."""
    param = getattr(spec.proto, field)
    at_least(spec, f"{field}.prop_num", [param.prop_num], 1)
    if not len(param.anchor_x) == len(param.anchor_y) == param.num_object:
        raise spec.error(f"{field}.anchor_x", f"is given {len(param.anchor_x)} times, anchor_y "
                         f"{len(param.anchor_y)} times; there are {param.num_object} anchors")
    if param.num_class or param.num_coord != 4:
        raise spec.error(f"{field}.num_class", f"is {param.num_class}, num_coord {param.num_coord};"
                         " they must be 0 and 4: the original reads its boxes so")
    if len(grid) != 4 or grid[1] != NUMBERS * param.num_object:
        raise spec.error("bottom", f"has the shape {tuple(grid)}; it must be (N, "
                         f"{NUMBERS * param.num_object}, H, W)")


@layer
class RoiGen(Layer):
    """Regions of interest of the objects that a YOLO grid finds.

    Bottom: grid (N, 5 A, H, W): for each of A anchors x, y, log width and height, objectness.
    Tops:   regions (prop_num, 5): image, x1, y1, x2, y2 in net_w x net_h, the anchors of an image
            in the grid's order, images one after the other; 1 for each of them (prop_num,). What
            is not used is 0.
    A box is there where the sigmoid of its objectness is above `thresh` and no better one overlaps
    it by more than 0.4. Its middle is the cell's corner and the sigmoid of x and y, its size the
    anchor's, in cells, by exp; it is cut to the image. `softmax` has no effect, as in the original.
    Errors: SpecError for a grid that does not fit, or classes.
    Source: RoiGenParameter; roi_gen_layer.cpp, box.cpp and box.hpp of leon-liangwu/MaskYolo_Caffe.
    """

    num_tops = (2, 2)
    no_gradient_bottoms = (0,)
    needs_float32 = True
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, grid: Shape):
        super().__init__(spec)
        honour(spec, "roi_gen_param", "num_class num_object num_coord prop_num anchor_x "
               "anchor_y thresh net_w net_h")
        _check_grid(spec, "roi_gen_param", grid)
        param = spec.proto.roi_gen_param
        self.num, self.thresh = param.prop_num, param.thresh
        self.anchors = list(zip(param.anchor_x, param.anchor_y, strict=True))
        self.size = (param.net_w, param.net_h) * 2

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(self.num, NUMBERS), (self.num,)]

    @torch.no_grad()
    def forward(self, grid: Tensor) -> tuple[Tensor, Tensor]:
        corners, scores = self._boxes(precise(grid))
        order = scores.sort(dim=1, descending=True, stable=True).indices
        best_first = corners.gather(1, order[..., None].expand(-1, -1, 4))
        kept = greedy(best_first, scores.gather(1, order) > self.thresh, OVERLAP,
                      early_exit=sizes_may_vary(grid))
        kept = torch.zeros_like(kept).scatter(1, order, kept).flatten()
        images = torch.arange(len(grid), device=grid.device).repeat_interleave(scores.shape[1])
        inside = corners.clamp(0, 1) * corners.new_tensor(self.size)
        rows = torch.cat([images[:, None].to(corners.dtype), inside.flatten(0, 1)], 1)
        # kept rows go to their number, all others to one row more, which is cut off
        index = torch.where(kept, kept.cumsum(0) - 1, self.num).clamp(max=self.num)
        regions = rows.new_zeros(self.num + 1, NUMBERS).index_copy(0, index, rows)[:self.num]
        found = torch.arange(self.num, device=grid.device) < kept.sum()
        return regions * found[:, None], found.to(rows.dtype)

    def _boxes(self, grid: Tensor) -> tuple[Tensor, Tensor]:
        """Corners (N, A H W, 4) in parts of the image, and objectness (N, A H W)."""
        height, width = grid.shape[2:]
        x, y, wide, high, score = grid.unflatten(1, (-1, NUMBERS)).unbind(2)
        columns = torch.arange(width, device=grid.device, dtype=grid.dtype)
        rows = torch.arange(height, device=grid.device, dtype=grid.dtype)[:, None]
        anchors = grid.new_tensor(self.anchors)[:, :, None, None]
        x, y = (columns + x.sigmoid()) / width, (rows + y.sigmoid()) / height
        wide = wide.exp() * anchors[:, 0] / width / 2
        high = high.exp() * anchors[:, 1] / height / 2
        corners = torch.stack([x - wide, y - high, x + wide, y + high], -1)
        return corners.flatten(1, 3), score.sigmoid().flatten(1)


@layer
class DecodeRois(Layer):
    """Regions of a YOLO grid with the targets of MaskYolo's training: known by shape only.

    Bottoms: grid (N, 5 A, H, W), as of RoiGen; labels (N, L) of MaskBoxData or KpsBoxData.
    Tops:    regions (prop_num, 5); 1 or 0 for each; their targets of boxes, and what of these
             counts inside and outside, (prop_num, 4) each; masks (prop_num, target_size,
             target_size); joints of that shape, or with a `sigma` (prop_num, 18, target_size,
             target_size).
    Errors:  SpecError for a grid or labels that do not fit, and at every forward: missing regions
             are drawn from the clock there.
    Source:  DecodeRoisParameter; decode_rois_layer.cpp of leon-liangwu/MaskYolo_Caffe.
    """

    num_bottoms = (2, 2)
    num_tops = (7, 7)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = "it makes targets of training"

    def __init__(self, spec: LayerSpec, grid: Shape, labels: Shape):
        super().__init__(spec)
        field = "decode_rois_param"
        honour(spec, field, "num_class num_object num_coord prop_num anchor_x anchor_y "
               "thresh with_mask mask_w mask_h target_size with_kps net_w net_h sigma")
        _check_grid(spec, field, grid)
        self.param = param = spec.proto.decode_rois_param
        numbers = math.prod(labels[1:])
        size = BOX_LABEL[param.with_mask]
        if param.with_mask:
            numbers -= param.mask_w * param.mask_h
            size += JOINTS_LABEL if param.with_kps else 0
        if numbers <= 0 or numbers % size:
            raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(labels)}; it "
                             f"must hold rows of {size} numbers and a mask of mask_w x mask_h")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        num, side = self.param.prop_num, self.param.target_size
        joints = (JOINTS + 1,) if self.param.sigma > 0 else ()
        return [(num, NUMBERS), (num,), *[(num, 4)] * 3, (num, side, side),
                (num, *joints, side, side)]

    @uncompiled
    def forward(self, *bottoms: Tensor) -> Tensor:
        raise self.spec.error("type", "'DecodeRois' is known by its shapes only: the targets of "
                              "its project's training are not made here")
