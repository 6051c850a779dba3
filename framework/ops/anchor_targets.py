"""Which anchors are objects, and their box regression targets: the training of an RPN."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from framework.ops.pixel_boxes import offsets_to, overlap

BACKGROUND, OBJECT, IGNORED = 0, 1, -1


@dataclass(frozen=True)
class AnchorRule:
    """When an anchor counts.

    positive, negative  overlaps from which on it is an object, and below which it is background
    border     pixels by which it may leave the image; negative: any
    clobbers   background comes last: it takes the best anchor of a box that overlaps too little
    number     anchors drawn of each image
    objects    the most of them that are objects
    """

    positive: float
    negative: float
    border: int
    clobbers: bool
    number: int
    objects: int


def label_anchors(anchors: Tensor, boxes: Tensor, image: Tensor, info: Tensor, rule: AnchorRule
                  ) -> tuple[Tensor, Tensor]:
    """Label each anchor of each image by its overlap with the boxes, before any is drawn.

    anchors  (M, 4) corners in pixels, ends included
    boxes    (G, 4)
    image    (G,) int64: which of the N images each box is of; -1: it does not count
    info     (N, 2 or more): height and width of the images
    Returns labels (N, M), 1 for objects, 0 for background, -1 for what does not count, and the
    index of the box (N, M) that overlaps the anchor most, of equal ones the first; G for none.
    An anchor is an object if no other overlaps one of the boxes more (ties: all of them), or from
    `positive` on.
    Source: anchor_target_layer.py of rbgirshick/py-faster-rcnn; Ren et al. 2015, 3.1.2.
    """
    num_images, num_anchors, num_boxes = len(info), len(anchors), len(boxes)
    counts = torch.ones(num_images, num_anchors, dtype=torch.bool, device=anchors.device)
    if rule.border >= 0:
        edge = info[:, [1, 0]] + rule.border
        counts = (anchors[:, :2] >= -rule.border).all(1) & (anchors[:, 2:] < edge[:, None]).all(2)
    slot = torch.where(image < 0, num_images, image)        # one more image, for what is not one
    every = torch.cat([counts, torch.zeros_like(counts[:1])])
    shares = torch.where(every[slot], overlap(boxes[:, None], anchors), -1)        # (G, M)
    rows = slot[:, None].expand(-1, num_anchors)
    best = shares.new_full((num_images + 1, num_anchors), -1).scatter_reduce(
        0, rows, shares, "amax")
    index = torch.arange(num_boxes, device=boxes.device)[:, None]
    first = torch.where(shares == best[slot], index, num_boxes)
    match = first.new_full((num_images + 1, num_anchors), num_boxes).scatter_reduce(
        0, rows, first, "amin")[:-1]
    most = shares.amax(1, keepdim=True) if num_boxes else shares
    chosen = ((shares == most) & (most > 0)).to(shares.dtype)
    is_best = torch.zeros_like(best).scatter_reduce(0, rows, chosen, "amax")[:-1] > 0
    best = best[:-1]
    objects = is_best | (best >= rule.positive)
    low = best < rule.negative
    background = low if rule.clobbers else low & ~objects
    labels = torch.where(objects, OBJECT, IGNORED)
    labels = torch.where(background, BACKGROUND, labels)
    return torch.where(counts, labels, IGNORED), torch.where(counts, match, num_boxes)


def draw_anchors(labels: Tensor, rule: AnchorRule, draws: Tensor) -> Tensor:
    """The labels with those that were not drawn ignored, at most `number` of each image.

    draws  (N, M) random numbers from 0 to 1: those of the smallest are drawn
    Nothing is read from the device: the number of objects stays there.
    """
    objects = labels == OBJECT
    taken = _lowest(draws, objects, labels.new_full(labels.shape[:1], rule.objects), rule.objects)
    room = rule.number - taken.sum(1)
    others = _lowest(draws, labels == BACKGROUND, room, rule.number)
    return torch.where(taken | others, labels, IGNORED)


def _lowest(draws: Tensor, valid: Tensor, number: Tensor, most: int) -> Tensor:
    """Which valid entries (N, M) have the `number` (N,) lowest draws; number is at most `most`."""
    keys = torch.where(valid, draws, 2)
    order = keys.topk(min(most, keys.shape[1]), dim=1, largest=False).indices
    rank = torch.arange(order.shape[1], device=order.device)
    taken = torch.zeros_like(valid).scatter(1, order, rank < number[:, None])
    return taken & valid


def anchor_offsets(anchors: Tensor, boxes: Tensor, match: Tensor, labels: Tensor) -> Tensor:
    """The offsets (N, M, 4) from objects to their boxes; 0 for other anchors."""
    padded = torch.cat([boxes, boxes.new_tensor([[0, 0, 1, 1]])])
    objects = (labels == OBJECT)[:, :, None]
    targets = torch.where(objects, padded[match], anchors)
    return torch.where(objects, offsets_to(anchors.expand_as(targets), targets), 0)
