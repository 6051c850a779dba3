"""Masks of MobileNet-YOLO: their loss (YoloSeg) and their overlap (SegmentationEvaluate)."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.loss.loss_settings import check_same_count
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import check_four_axes, honour
from framework.ops.losses import GivenSlopes, precise

LARGEST = 1e6       # scores are 0 to 1; what is far from that has no level


@layer
class YoloSeg(Layer):
    """Mask loss: the squared errors of sigmoids against masks from 0 to 1, times a scale.

    Bottoms: x (N, C, H, W) before any activation; masks with as many values; if given, the pixels
             of each class (N, C), which weigh those inside a mask.
    Top:     the loss (): the squares of object_scale * (sigmoid(x) - mask), summed, over N. With
             the third bottom the scale is object_scale * (2 - s) where the mask is above 0.5; s
             is the sum of the class's pixels over the sum of the others.
    The gradient is object_scale * (sigmoid(x) - mask) over N, which is not the derivative.
    Errors:  SpecError if the sizes do not fit.
    Source:  YoloSegParameter; yolo_seg.cpp of eric612/MobileNet-YOLO.
    """

    num_bottoms = (2, 3)
    loss = True
    no_gradient_bottoms = (1, 2)

    def __init__(self, spec: LayerSpec, x: Shape, mask: Shape, *pixels: Shape):
        super().__init__(spec)
        honour(spec, "yolo_seg_param", "object_scale")
        self.scale = spec.proto.yolo_seg_param.object_scale
        check_four_axes(spec, x)
        check_same_count(spec, x, mask)
        if pixels and math.prod(pixels[0]) != x[0] * x[1]:
            raise spec.error("bottom[2]", f"has the shape {tuple(pixels[0])}; it must hold one "
                             f"number for each of {x[1]} classes of {x[0]} items")

    def forward(self, x: Tensor, mask: Tensor, *pixels: Tensor) -> Tensor:
        wide = precise(x)
        mask = mask.detach().reshape(x.shape).to(wide.dtype)
        steps = self.scale * (wide.detach().sigmoid() - mask)
        if pixels:
            inside = pixels[0].detach().reshape(x.shape[:2]).to(wide.dtype)
            outside = x.shape[2] * x.shape[3] - inside
            weight = (2 - inside.sum(0) / outside.sum(0))[:, None, None]
            steps = torch.where(mask > 0.5, steps * weight, steps)
        return GivenSlopes.apply(wide, steps / len(x), steps.square().sum() / len(x))


@layer
class SegmentationEvaluate(Layer):
    """Mask overlap (IoU) of each channel of the first item, between scores and masks.

    Bottoms: scores (N, C, H, W), 0 to 1; masks (N, C, h, w).
    Top:     (1, 1, 1, C): pixels above `threshold` in both, over those in one of them; 0 if none
             is in both. Scores of another size than the masks are cut to 8 bits, resized by
             OpenCV (INTER_AREA) and compared there; then -1 marks an empty mask.
    The original looks at the first item of a batch alone, and so do we. No gradient. It runs on
    the CPU, and cannot be part of a compiled or exported graph.
    Errors:  SpecError if the channels differ or the threshold is not finite.
    Source:  SegmentationEvaluateParameter; segmentation_evaluate_layer.cpp of
             eric612/MobileNet-YOLO.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = COMPARES_WITH_LABELS

    def __init__(self, spec: LayerSpec, scores: Shape, masks: Shape):
        super().__init__(spec)
        honour(spec, "segmentation_evaluate_param", "threshold")
        self.threshold = spec.proto.segmentation_evaluate_param.threshold
        if not math.isfinite(self.threshold):
            raise spec.error("segmentation_evaluate_param.threshold", f"is {self.threshold}; it "
                             "must be a finite number")
        if len(scores) != 4 or len(masks) != 4 or scores[1] != masks[1]:
            raise spec.error("bottom", f"has the shapes {tuple(scores)} and {tuple(masks)}; both "
                             "must be (N, C, H, W) with as many channels")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(1, 1, 1, bottoms[1][1])]

    @uncompiled
    def forward(self, scores: Tensor, masks: Tensor) -> Tensor:
        real = masks[0].detach() > self.threshold
        if scores.shape[2:] == masks.shape[2:]:
            found = scores[0].detach() > self.threshold
            empty = 0.0
        else:
            found = self._resized(scores[0].detach(), masks.shape[2:])
            empty = -1.0
        common = (real & found).sum((1, 2))
        either = (real | found).sum((1, 2)).clamp(min=1)
        share = common.to(precise(scores).dtype) / either
        share = torch.where(real.any(2).any(1) | (common > 0), share, empty)
        return share.reshape(1, 1, 1, -1)

    def _resized(self, scores: Tensor, sizes: torch.Size) -> Tensor:
        import cv2  # lazy: costs 0.1 s, and nets without this layer do not need it

        # the cast of the original wraps around outside of 0 ... 1
        finite = scores.float().nan_to_num(0.0).clamp(-LARGEST, LARGEST).cpu().numpy()
        levels = (finite * 255).astype(np.int64).astype(np.uint8)
        planes = [cv2.resize(plane, (sizes[1], sizes[0]), interpolation=cv2.INTER_AREA)
                  for plane in levels]
        found = np.stack(planes) > int(self.threshold * 255)
        return torch.from_numpy(found).to(scores.device)
