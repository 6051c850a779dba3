"""Training of a region proposal net (RPN): ground truth in pixels, and targets of anchors."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_reasons import CHOOSES_EXAMPLES
from framework.layers.params import honour, plain, times
from framework.layers.rcnn.proposal import anchor_levels, shifted_anchors
from framework.ops.anchor_targets import (
    OBJECT,
    AnchorRule,
    anchor_offsets,
    draw_anchors,
    label_anchors,
)
from framework.ops.by_item import by_item

MAX_DRAWN = 1 << 20


@layer
class GroundTruthBoxes(Layer):
    """Convert AnnotatedData's boxes from parts of the image to pixels, as R-CNN's layers take them.

    Bottoms: boxes (1, 1, G, 8): item, label, instance, xmin, ymin, xmax, ymax, difficult; image
             size (N, 3): height, width, scale, as AnnotatedData gives it with `image_info: true`.
             No gradient.
    Top:     (G, 8): image, x1, y1, x2, y2, label, ignored, difficult, in pixels, ends included.
             Difficult boxes (crowds) are ignored ones too. A row of item -1 stays one.
    Errors:  SpecError for shapes that do not fit.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)
    needs_float32 = True
    no_onnx_form = "it reads labels, which a deploy net does not have"

    def __init__(self, spec: LayerSpec, boxes: Shape, info: Shape):
        super().__init__(spec)
        if len(boxes) != 4 or boxes[3] != 8 or len(info) != 2 or info[1] < 3:
            raise spec.error("bottom", f"has the shapes {tuple(boxes)} and {tuple(info)}; they "
                             "must be (1, 1, rows, 8) and (N, 3): boxes and image sizes of "
                             "AnnotatedData with image_info: true")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(bottoms[0][2], 8)]

    def forward(self, boxes: Tensor, info: Tensor) -> Tensor:
        rows = boxes.detach().reshape(-1, 8)
        item = rows[:, 0].long()
        size = info.detach()[item.clamp(0, len(info) - 1)][:, [1, 0, 1, 0]]
        corners = rows[:, 3:7] * size - rows.new_tensor([0, 0, 1, 1])
        # at least a pixel
        corners = torch.cat([corners[:, :2], corners[:, 2:].maximum(corners[:, :2])], 1)
        corners = torch.where(item[:, None] < 0, -1, corners)
        difficult = torch.where(item < 0, 0, rows[:, 7])[:, None]
        return torch.cat([rows[:, :1], corners, rows[:, 1:2], difficult, difficult], 1)


@layer
class AnchorTarget(Layer):
    """Labels and box regression targets of a random sample of anchors: what trains an RPN.

    Bottoms: for each map a blob (N, C, H, W) that gives its size; boxes (G, 8) as of
             GroundTruthBoxes; image size (N, 3): height, width, scale. No gradient.
    Tops:    labels: 1 object, 0 background, -1 does not count; box targets dx dy dw dh, their
             inside weights (1 of objects) and outside weights (1 over the anchors drawn of the
             image). With one map (N, 1, A H, W) and (N, 4 A, H, W), as py-faster-rcnn's layer
             has them; with level_stride (N, A (H W + H' W' + ...)) and (N, 4 A (...)): the maps
             flattened, one after the other.
    The anchors are Proposal's. One that leaves the image by more than allowed_border does not
    count. It is an object if it overlaps a box by positive_overlap, or is the best of one (but for
    those below negative_overlap, with clobber_positives); background below negative_overlap.
    batch_size of each image are drawn, at most fg_fraction of them objects. Boxes that are ignored
    do not count. Drawn with torch's generator of the device; nothing leaves the device.
    Errors:  SpecError for shapes and thresholds that do not fit.
    Source:  anchor_target_layer.py of rbgirshick/py-faster-rcnn; several maps as Detectron's and
             torchvision's (rpn.py).
    """

    num_bottoms = (3, None)
    num_tops = (1, 4)
    needs_float32 = True
    no_onnx_form = CHOOSES_EXAMPLES

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        name = "anchor_target_param"
        honour(spec, name, "feat_stride base_size ratio scale level_stride allowed_border "
               "positive_overlap negative_overlap clobber_positives batch_size fg_fraction")
        param = plain(spec.proto.anchor_target_param)
        self.levels = anchor_levels(spec, name)
        *maps, boxes, info = bottoms
        if len(maps) != len(self.levels):
            raise spec.error("bottom", f"is given {len(bottoms)} times; it must be "
                             f"{len(self.levels) + 2}: a blob of each map's size, the boxes, and "
                             "the image size")
        if len(boxes) != 2 or boxes[1] != 8 or len(info) != 2 or info[1] < 3 \
                or any(len(x) != 4 or x[0] != info[0] for x in maps):
            found = ", ".join(str(tuple(shape)) for shape in bottoms)
            raise spec.error("bottom", f"has the shapes {found}; they must be (N, C, H, W), (G, "
                             "8) and (N, 3)")
        if not 0 <= param.negative_overlap <= param.positive_overlap <= 1:
            raise spec.error(f"{name}.negative_overlap", f"is {param.negative_overlap:g}, and "
                             f"positive_overlap {param.positive_overlap:g}; they must be from 0 "
                             "to 1, the first not above the second")
        if not 1 <= param.batch_size <= MAX_DRAWN:
            raise spec.error(f"{name}.batch_size", f"is {param.batch_size}; it must be from 1 to "
                             f"{MAX_DRAWN}")
        if not 0 <= param.fg_fraction <= 1:
            raise spec.error(f"{name}.fg_fraction", f"is {param.fg_fraction:g}; it must be from 0 "
                             "to 1")
        self.check = IndexCheck(spec, len(maps), boxes[:1], what="images", unit="box")
        self.rule = AnchorRule(param.positive_overlap, param.negative_overlap,
                               param.allowed_border, param.clobber_positives, param.batch_size,
                               int(times(param.batch_size, param.fg_fraction)))

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        num, images = len(self.levels[0].anchors), bottoms[-1][0]
        high, wide = bottoms[0][2:]
        labels: Shape = (images, 1, num * high, wide)
        offsets: Shape = (images, 4 * num, high, wide)
        if len(self.levels) > 1:
            total = num * sum(shape[2] * shape[3] for shape in bottoms[:-2])
            labels, offsets = (images, total), (images, 4 * total)
        return [labels, offsets, offsets, offsets][:len(self.spec.tops)]

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        *maps, boxes, info = (bottom.detach() for bottom in bottoms)
        grids = [shifted_anchors(boxes.new_tensor(level.anchors), level.stride,
                                 (x.shape[2], x.shape[3]))
                 for level, x in zip(self.levels, maps, strict=True)]
        anchors = torch.cat([grid.reshape(-1, 4) for grid in grids])
        counts = (boxes[:, 6] == 0) & (boxes[:, 0] != -1)
        image = self.check(boxes[:, 0].where(counts, 0), len(info)).where(counts, -1)
        labels, match = label_anchors(anchors, boxes[:, 1:5], image, info, self.rule)
        labels = draw_anchors(labels, self.rule, torch.rand(labels.shape, device=labels.device))
        offsets = anchor_offsets(anchors, boxes[:, 1:5], match, labels)
        inside = (labels == OBJECT)[:, :, None].expand_as(offsets)
        drawn = labels >= 0
        outside = (drawn / drawn.sum(1, keepdim=True).clamp(min=1))[:, :, None]
        tops = [labels[:, :, None], offsets, inside, outside.expand_as(offsets)]
        shapes = [tuple(grid.shape[:3]) for grid in grids]
        return tuple(by_channel(top.to(offsets.dtype), shapes)
                     for top in tops[:len(self.spec.tops)])


def by_channel(values: Tensor, shapes: list[tuple[int, ...]]) -> Tensor:
    """Values (N, M, K) of anchors, cell by cell, in the order of a map's channels.

    shapes  (H, W, A) of each map. Returns (N, 1, A H, W) or (N, 4 A, H, W) of one map, or
    (N, K M) of several.
    """
    parts = values.split([high * wide * num for high, wide, num in shapes], 1)
    maps = [by_item(part, *shape, -1).permute(0, 3, 4, 1, 2)
            for part, shape in zip(parts, shapes, strict=True)]
    if len(maps) == 1:
        whole = maps[0].flatten(1, 2)       # (N, A K, H, W)
        if values.shape[2] == 1:
            return by_item(whole, 1, -1, whole.shape[3])
        return whole
    return torch.cat([one.flatten(1) for one in maps], 1)
