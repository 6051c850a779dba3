"""Targets of anchors in volumes: what trains a region proposal network for CT scans."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import CHOOSES_EXAMPLES
from framework.layers.params import check_sizes, honour

SIDES = ("width", "height", "length")
BOX = 8             # x1, y1, z1, x2, y2, z2, class, whether it counts
NUMBERS = 6         # of a regression target


@layer
class AnchorTarget3D(Layer):
    """Labels and box regression targets of all anchors in volumes; AnchorTarget with `anchor_size`.

    Bottoms: a blob (N, C, L, H, W) that gives the size of the map; boxes (N, G, 8): x1, y1, z1,
             x2, y2, z2, class, and above 0 if it counts; length, height and width of the first
             volume in (N, 19); if wanted the volumes, which are not read. No gradient.
    Tops:    labels (N, 1, A L, H, W): the class of an object, or 1 without
             use_multi_classification, 0 background, -1 does not count; targets dx dy dz dw dh dl
             (N, 6 A, L, H, W), less bbox_normalize_mean and over bbox_normalize_std with
             bbox_normalize; their inside weights (1 of objects) and outside weights (1 over the
             number of objects, or of the background).
    The A anchors are of each length with each height with each width, around multiples of
    feat_stride_xy and feat_stride_z. One that is not within the volume does not count. It is
    background below rpn_negative_overlap; of the last box of which it is the best that is not
    another's yet; and above rpn_positive_overlap of the box that it overlaps most. With
    rpn_clobber_positives the first comes last. Nothing is drawn. Without a box all are background.
    Errors:  SpecError for sizes that are missing, and bottoms that do not fit.
    Source:  AnchorTargetParameter; anchor_target_layer.cpp and fast_rcnn_layers.cpp of
             superxuang/caffe_3d_faster_rcnn.
    """

    reads = ("anchor_target_param",)
    num_bottoms = (3, 4)
    num_tops = (4, 4)
    no_gradient_bottoms = (0, 1, 2, 3)
    needs_float32 = True
    no_onnx_form = CHOOSES_EXAMPLES
    anchors: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, boxes: Shape, info: Shape, *volumes: Shape):
        super().__init__(spec)
        name = "anchor_target_param"
        honour(spec, name, "anchor_size feat_stride_xy feat_stride_z rpn_clobber_positives "
               "rpn_positive_overlap rpn_negative_overlap use_multi_classification bbox_normalize "
               "bbox_normalize_mean bbox_normalize_std")
        param = spec.proto.anchor_target_param
        self.strides = read_strides(spec, name)
        self.clobbers = param.rpn_clobber_positives
        self.overlaps = (param.rpn_negative_overlap, param.rpn_positive_overlap)
        self.has_classes = param.use_multi_classification
        self.mean, self.deviation = mean_and_deviation(spec, name)
        if len(x) != 5 or len(boxes) != 3 or boxes[::2] != (x[0], BOX) or math.prod(info[1:]) < 3:
            raise spec.error("bottom", f"has the shapes {tuple(x)}, {tuple(boxes)} and "
                             f"{tuple(info)}; they must be (N, C, L, H, W), (N, G, 8) and (N, 19)")
        self.register_buffer("anchors", read_anchors(spec, name), persistent=False)

    def forward(self, x: Tensor, boxes: Tensor, info: Tensor, *volumes: Tensor
                ) -> tuple[Tensor, ...]:
        size = x.shape[2:]
        anchors = anchors_of_map(self.anchors, size, self.strides)
        limits = info.detach().flatten(1)[0, [2, 1, 0]].to(anchors)
        inside = (anchors[:, :3] >= 0).all(1) & (anchors[:, 3:] < limits).all(1)
        truth = boxes.detach().to(anchors)
        counts = truth[:, :, 7] > 0
        overlaps = volume_overlaps(anchors, truth[:, :, :6]).where(counts[:, :, None], -1)
        most, best = overlaps.max(1)
        classes = truth[:, :, 6].trunc() if self.has_classes else torch.ones_like(truth[:, :, 6])
        labels = self._labels(overlaps, most, classes.gather(1, best), classes, counts, inside)
        is_object = labels > 0
        chosen = truth[:, :, :6].gather(1, best[..., None].expand(-1, -1, NUMBERS))
        targets = (volume_offsets(anchors, chosen) - anchors.new_tensor(self.mean)) \
            / anchors.new_tensor(self.deviation)
        targets = targets.where(is_object[..., None], 0)
        background = (labels == 0).to(anchors)
        objects = is_object.to(anchors)
        weights = objects / objects.sum(1, keepdim=True).clamp(min=1) \
            + background / background.sum(1, keepdim=True).clamp(min=1)
        return (self._as_maps(labels[..., None], size, 1).to(x.dtype),
                *(self._as_maps(one.expand(-1, -1, NUMBERS), size, NUMBERS).to(x.dtype)
                  for one in (targets, objects[..., None], weights[..., None])))

    def _labels(self, overlaps: Tensor, most: Tensor, best_class: Tensor, classes: Tensor,
                counts: Tensor, inside: Tensor) -> Tensor:
        """(N, K) of the overlaps (N, G, K)."""
        low, high = self.overlaps
        below = most < low
        labels = torch.full_like(most, -1)
        if not self.clobbers:
            labels = labels.where(~below, 0)
        index = torch.arange(inside.shape[0], device=inside.device)
        is_first = index == inside.to(torch.uint8).argmax()
        taken = torch.zeros_like(most, dtype=torch.bool)
        for number in range(overlaps.shape[1]):             # each takes one that is left
            free = inside & (~taken | is_first)
            found = overlaps[:, number].where(free, -2).argmax(1, keepdim=True)
            own = (index == found) & counts[:, number, None]
            taken = taken | own
            labels = torch.where(own, classes[:, number, None], labels)
        labels = torch.where((most > high) & counts.any(1, keepdim=True), best_class, labels)
        if self.clobbers:
            labels = labels.where(~below, 0)
        labels = labels.where(counts.any(1, keepdim=True), 0)
        return labels.where(inside, -1)

    def _as_maps(self, values: Tensor, size: torch.Size, number: int) -> Tensor:
        """(N, A number, L, H, W) of (N, L H W A, number); labels are (N, 1, A L, H, W)."""
        num_anchors = self.anchors.shape[0]
        maps = values.reshape(-1, *size, num_anchors, number).permute(0, 4, 5, 1, 2, 3)
        if number == 1:
            return maps.reshape(-1, 1, num_anchors * size[0], *size[1:])
        return maps.reshape(-1, num_anchors * number, *size)


def read_anchors(spec: LayerSpec, name: str) -> Tensor:
    """(A, 6) x1, y1, z1, x2, y2, z2 around 0, float64: each length with each height and width of
    `anchor_size` of the message `name`."""
    sizes = [torch.tensor(list(getattr(getattr(spec.proto, name).anchor_size, side)),
                          dtype=torch.float64) for side in SIDES]
    if not all(len(side) for side in sizes):
        raise spec.error(f"{name}.anchor_size", "must have a width, a height and a length")
    length, height, width = torch.meshgrid(*reversed(sizes), indexing="ij")
    half = torch.stack([width, height, length], -1).reshape(-1, 3) / 2
    return torch.cat([-half, half - 1], 1)


def read_strides(spec: LayerSpec, name: str) -> tuple[int, int, int]:
    """Pixels from a cell to the next along z, y and x."""
    param = getattr(spec.proto, name)
    check_sizes(spec, name, "feat_stride_xy feat_stride_z")
    return param.feat_stride_z, param.feat_stride_xy, param.feat_stride_xy


def mean_and_deviation(spec: LayerSpec, name: str) -> tuple[list[float], list[float]]:
    """What targets are less and over with `bbox_normalize`: 0 and 1 without it."""
    param = getattr(spec.proto, name)
    mean, deviation = [0.0] * NUMBERS, [1.0] * NUMBERS
    if param.bbox_normalize:
        mean, deviation = list(param.bbox_normalize_mean), list(param.bbox_normalize_std)
    if len(mean) != NUMBERS or len(deviation) != NUMBERS or 0 in deviation:
        raise spec.error(f"{name}.bbox_normalize", "needs six bbox_normalize_mean and six "
                         "bbox_normalize_std, not 0")
    return mean, deviation


def anchors_of_map(anchors: Tensor, size: torch.Size, strides: tuple[int, int, int]) -> Tensor:
    """(L H W A, 6): the anchors (A, 6) of each cell, in the order of the cells."""
    steps = [torch.arange(cells, device=anchors.device) * stride
             for cells, stride in zip(size, strides, strict=True)]
    depth, down, along = torch.meshgrid(*steps, indexing="ij")
    shift = torch.stack([along, down, depth] * 2, -1).reshape(-1, 1, NUMBERS)
    return (shift + anchors).reshape(-1, NUMBERS).double()


def box_sizes(boxes: Tensor) -> Tensor:
    """Width, height and length of boxes (..., 6), both ends included."""
    return boxes[..., 3:6] - boxes[..., :3] + 1


def volume_overlaps(anchors: Tensor, truth: Tensor) -> Tensor:
    """Intersection over union (N, G, K) of boxes (N, G, 6) and anchors (K, 6), ends included."""
    low = torch.maximum(truth[:, :, None, :3], anchors[:, :3])
    high = torch.minimum(truth[:, :, None, 3:], anchors[:, 3:])
    shared = (high - low + 1).clamp(min=0).prod(3)
    return shared / (box_sizes(anchors).prod(1) + box_sizes(truth).prod(2)[..., None] - shared)


def volume_offsets(anchors: Tensor, truth: Tensor) -> Tensor:
    """(N, K, 6): the way from the anchors (K, 6) to the boxes (N, K, 6), and logs of sizes."""
    size, wanted = box_sizes(anchors), box_sizes(truth)
    middle, aim = anchors[:, :3] + size / 2, truth[..., :3] + wanted / 2
    return torch.cat([(aim - middle) / size, (wanted / size).log()], -1)
