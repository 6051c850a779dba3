"""Boxes and labels of the segments that graph-based segmentation finds in images."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.index_check import IndexCheck
from framework.layers.params import honour
from framework.ops.graph_segments import Ints, boxes_of, segments

ASSUMED_SEGMENTS = 100      # that shapes known before a forward have, as in the original
NUM_LABELS = 255
LARGEST_K = 2**24       # a difference of colours is at most 442, and it is over the size


@layer
class Segmentation(Layer):
    """Graph-based segmentation (Felzenszwalb and Huttenlocher): the box of each segment.

    Bottoms: images (N, 3, H, W); if given, the label of each pixel (N, 1, H, W), from 0 to 254.
    Tops:    (S, 5, 1, 1) image, x1, y1, x2, y2 of each of the S segments of all images, the box
             with `bbox_extension` pixels around it. Then with labels (S, 1, 1, 1) the label that
             the box has most often (the least of equals), but for the last two rows and columns of
             it; then, or without labels second, the number of each pixel's segment (N, 1, H, W),
             which goes on from image to image.
    `smoothing`, `k` and `min_size`: framework/ops/graph_segments. With `max_k` above 0 each image
    has a whole k drawn from min_k on and below max_k. No gradient.
    Runs on the CPU, edge by edge: it breaks a compiled graph and cannot be exported.
    Errors:  SpecError for other shapes, for more tops, for a smoothing beyond the width and a k
             beyond 2^24, and for `method: 1`, which makes nothing.
    Source:  SegmentationParameter; segmentation_layer.cpp of StevenHickson/caffe, which loses the
             rows of earlier images where a batch has more than it has memory for.
    """

    reads = ("seg_param",)
    num_bottoms = (1, 2)
    num_tops = (1, 3)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = "it joins the pixels of images edge by edge"

    def __init__(self, spec: LayerSpec, images: Shape, *labels: Shape):
        super().__init__(spec)
        honour(spec, "seg_param", "bbox_extension smoothing k min_size min_k max_k")
        self.param = param = spec.proto.seg_param
        if len(images) != 4 or images[1] != 3 or min(images[2:]) < 3:
            raise spec.error("bottom[0]", f"has the shape {tuple(images)}; it must be images "
                             "(N, 3, H, W) of 3 x 3 pixels or more")
        if labels and math.prod(labels[0]) != math.prod(images) // 3:
            raise spec.error("bottom[1]", f"has the shape {tuple(labels[0])}; it must hold a label "
                             f"for each pixel of {tuple(images)}")
        if len(spec.tops) > 2 and not labels:
            raise spec.error("top", "is given 3 times; without labels there are boxes and numbers "
                             "of segments")
        for field, most in (("smoothing", images[3]), ("k", LARGEST_K)):
            if not 0 <= getattr(param, field) <= most:
                raise spec.error(f"seg_param.{field}", f"is {getattr(param, field):g}; it must be "
                                 f"from 0 to {most}")
        if param.max_k and not 1 <= param.max_k - param.min_k <= LARGEST_K:
            raise spec.error("seg_param.max_k", f"is {param.max_k:g}; it must be 1 to {LARGEST_K} "
                             f"above min_k, {param.min_k:g}")
        self.check = IndexCheck(spec, 1, labels[0], NUM_LABELS) if labels else None
        # of boxes, labels and numbers of segments
        self.made = ([0, 1, 2] if labels else [0, 2])[:len(spec.tops)]

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        num, _, height, width = bottoms[0]
        found: list[Shape] = [(ASSUMED_SEGMENTS, 5, 1, 1), (ASSUMED_SEGMENTS, 1, 1, 1),
                              (num, 1, height, width)]
        return [found[index] for index in self.made]

    @uncompiled
    def forward(self, images: Tensor, *labels: Tensor) -> tuple[Tensor, ...]:
        pixels = images.detach().cpu().float().numpy()
        given = None
        if self.check is not None:
            given = self.check(labels[0].detach()).cpu().numpy().reshape(
                len(pixels), *pixels.shape[2:])
        rows: list[list[float]] = []
        most: list[int] = []
        numbers = np.empty((len(pixels), 1, *pixels.shape[2:]), np.float32)
        for item, image in enumerate(pixels):
            found = segments(image, self.param.smoothing, self._k(), self.param.min_size)
            boxes = boxes_of(found, self.param.bbox_extension)
            numbers[item, 0] = found + len(rows)
            rows += [[float(item), *map(float, box)] for box in boxes]
            if given is not None:
                most += [_most_frequent(given[item], box) for box in boxes]
        found_tops = (images.new_tensor(rows)[..., None, None],
                      images.new_tensor(most).reshape(-1, 1, 1, 1),
                      torch.from_numpy(numbers).to(images))
        return tuple(found_tops[index] for index in self.made)

    def _k(self) -> float:
        if not self.param.max_k:
            return self.param.k
        span = int(self.param.max_k - self.param.min_k)
        return float(torch.randint(span, ()).item()) + self.param.min_k


def _most_frequent(labels: Ints, box: Ints) -> int:
    """The label that the box has most often, without its last two rows and columns."""
    x1, y1, x2, y2 = box
    inside = labels[y1:y2 - 1, x1:x2 - 1].ravel()
    return int(np.bincount(inside, minlength=1).argmax())
