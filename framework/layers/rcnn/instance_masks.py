"""Mask R-CNN's masks: what a region should show of its object, and the mask of a detection."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.onnx_reasons import CHOOSES_EXAMPLES
from framework.layers.params import honour
from framework.layers.rcnn.regions_onnx import INT64
from framework.ops.instance_masks import cut_masks
from framework.ops.pixel_boxes import overlap

IGNORED = -1.0


@layer
class MaskTarget(Layer):
    """The regions of objects, and what of its object's mask each should show.

    Bottoms: regions (R, 5, ...): image, x1, y1, x2, y2; their labels (R, ...), 0 is background, as
             ProposalTarget gives them; boxes (G, 8) as of GroundTruthBoxes; masks (G, H, W), 0 or
             1, of these boxes. No gradient.
    Tops:    the P regions of objects (P, 5); targets (P, num_classes, mask_size, mask_size) from 0
             to 1 in the channel of the region's label, -1 in all others, for a
             SigmoidCrossEntropyLoss with ignore_label -1. Without any object one region of -1
             only. At build P is R.
    A region has the mask of the box of its image and label that it overlaps most, cut to the
    region. Data decide P: torch.compile breaks the graph here.
    Errors:  SpecError for shapes that do not fit: masks of another number than the boxes;
             DataError for a label that is not below num_classes.
    Source:  He et al. 2017; roi_heads.py of torchvision (project_masks_on_boxes,
             maskrcnn_loss).
    """

    num_bottoms = (4, 4)
    num_tops = (2, 2)
    no_gradient_bottoms = (0, 1, 2, 3)
    needs_float32 = True
    no_onnx_form = CHOOSES_EXAMPLES

    def __init__(self, spec: LayerSpec, rois: Shape, labels: Shape, boxes: Shape, masks: Shape):
        super().__init__(spec)
        honour(spec, "mask_target_param", "num_classes mask_size")
        param = spec.proto.mask_target_param
        for field, least in (("num_classes", 2), ("mask_size", 1)):
            if getattr(param, field) < least:
                raise spec.error(f"mask_target_param.{field}", f"is {getattr(param, field)}; it "
                                 f"must be at least {least}")
        if math.prod(rois[1:]) != 5 or math.prod(labels) != rois[0] or len(boxes) != 2 \
                or boxes[1] != 8 or len(masks) != 3 or masks[0] != boxes[0]:
            found = ", ".join(str(tuple(shape)) for shape in (rois, labels, boxes, masks))
            raise spec.error("bottom", f"has the shapes {found}; they must be (R, 5), (R,), (G, "
                             "8) and (G, height, width)")
        self.classes, self.size = param.num_classes, param.mask_size
        self.check = IndexCheck(spec, 1, rois[:1], param.num_classes, unit="region",
                                hint="mask_target_param.num_classes is too small")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(bottoms[0][0], 5), (bottoms[0][0], self.classes, self.size, self.size)]

    def forward(self, rois: Tensor, labels: Tensor, boxes: Tensor, masks: Tensor
                ) -> tuple[Tensor, ...]:
        rois, label = rois.detach().flatten(1), self.check(labels.detach().flatten())
        chosen = (label > 0).nonzero()[:, 0]
        if not len(chosen):
            target = rois.new_full((1, self.classes, self.size, self.size), IGNORED)
            return rois[:1], target
        rois, label = rois[chosen], label[chosen]
        own = (rois[:, None, 0] == boxes[:, 0]) & (label[:, None] == boxes[:, 5])
        shares = torch.where(own, overlap(rois[:, None, 1:], boxes[:, 1:5]), -1)
        cut = cut_masks(masks.detach().to(rois.dtype), shares.argmax(1), rois[:, 1:], self.size)
        column = label[:, None] == torch.arange(self.classes, device=label.device)
        return rois, torch.where(column[:, :, None, None], cut[:, None], IGNORED)


@layer
class MaskOutput(Layer):
    """The mask of each detection: the channel of its label.

    Bottoms: masks (D, C, M, N), after a sigmoid; detections (1, 1, D, 7) as of RegionOutput, of
             whose regions the masks were computed. No gradient goes to these.
    Tops:    (D, M, N), in the frame of the detection's box; that of a row without a detection
             (label -1) is its first channel. If wanted the detections as they are, so that they are
             an output of the net too.
    tools/detect draws them, and DetectionEvaluate scores them.
    Errors:  SpecError if the numbers of masks and detections differ.
    Source:  He et al. 2017; maskrcnn_inference in roi_heads.py of torchvision.
    """

    num_bottoms = (2, 2)
    num_tops = (1, 2)
    no_gradient_bottoms = (1,)
    gives_masks = True

    def __init__(self, spec: LayerSpec, masks: Shape, rows: Shape):
        super().__init__(spec)
        if len(masks) != 4 or math.prod(rows) != 7 * masks[0]:
            raise spec.error("bottom", f"has the shapes {tuple(masks)} and {tuple(rows)}; they "
                             "must be (D, C, M, N) and (1, 1, D, 7)")
        self.check = IndexCheck(spec, 1, masks[:1], masks[1], unit="detection")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        masks, rows = bottoms
        shapes: list[Shape] = [(masks[0], *masks[2:]), rows]
        return shapes[:len(self.spec.tops)]

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        if index == 0:
            return None
        rows = torch.zeros(shapes[1]).reshape(-1, 7)
        rows[:, 1] = torch.arange(len(rows)) % shapes[0][1]
        return rows.reshape(shapes[1])

    def forward(self, masks: Tensor, rows: Tensor) -> tuple[Tensor, ...]:
        label = self.check(rows.detach().reshape(-1, 7)[:, 1].clamp(min=0))
        index = label[:, None, None, None].expand(-1, 1, *masks.shape[2:])
        tops = masks.gather(1, index)[:, 0], rows.detach().clone()
        return tops[:len(self.spec.tops)]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        _, classes, *_ = graph.shape(bottoms[0])
        label = graph.cut(graph.reshape(bottoms[1], [-1, 7]), 1, 1, 2)
        label = graph.add("Max", label, graph.floats(0.0))
        own = graph.add("Equal", graph.add("Cast", label, to=INT64),
                        graph.integers([list(range(classes))]))
        factor = graph.add("Unsqueeze", graph.add("Cast", own, to=1), graph.integers([2, 3]))
        mask = graph.reduce("ReduceSum", graph.add("Mul", bottoms[0], factor), [1], False)
        return [mask, graph.add("Identity", bottoms[1])][:len(self.spec.tops)]
