"""Detection post-processing: score threshold, per-class non-maximum suppression, top-k."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec

import torch
from torch import Tensor

from framework.ops import portable_detections
from framework.ops.boxes import decode
from framework.ops.mining import highest
from framework.ops.nms import greedy

# How many candidates of an image go into the first round: at least, and for each that may be kept.
FIRST_CANDIDATES = 1024
CANDIDATES_PER_KEPT = 5
P = ParamSpec("P")


@dataclass(frozen=True)
class Suppression:
    """The parameters of non-maximum suppression.

    score        only scores strictly above count
    threshold    a box that overlaps a kept one of its class by more is left out
    eta          see `framework.ops.nms.greedy`
    class_limit  candidates of each class, the best; negative: all
    image_limit  kept boxes of each image, over all classes, the best; negative: all
    """

    score: float
    threshold: float
    eta: float = 1.0
    class_limit: int = -1
    image_limit: int = -1


def detect(scores: Tensor, boxes: Callable[[Tensor, Tensor, Tensor], Tensor],
           rule: Suppression) -> tuple[Tensor, Tensor, Tensor]:
    """Non-maximum suppression over all images and classes of a batch.

    scores  (N, C, P), C classes without the background
    boxes   gives the corners (..., 4) for the indices of image, class and prior
    Returns image, class and prior of each, (K,) int64: by image, then class, then score; equal
    scores by prior. Of equal scores at the image limit those of the lower class remain.

    With an image limit the classes of an image go through suppression in one list, best first,
    which ends when enough are kept: the boxes of most candidates are never decoded or compared.
    """
    num_images, num_classes, num_priors = scores.shape
    if rule.image_limit >= 0:
        lists = scores.flatten(1)
        width = max(FIRST_CANDIDATES, CANDIDATES_PER_KEPT * rule.image_limit)
    else:
        lists = scores.flatten(0, 1)
        width = num_priors
        if rule.class_limit >= 0:
            width = min(width, rule.class_limit)
    # If suppression leaves fewer than the limit while there are more candidates, try again with
    # four times as many: the best of them come first, so that the result is that of all of them.
    while True:
        order, valid, more = best_first(lists, rule.score, width)
        index = order + torch.arange(len(order), device=order.device)[:, None] * lists.shape[1]
        prior = index % num_priors
        rest = index // num_priors
        image = rest // num_classes
        kind = rest % num_classes
        kept = _thin(boxes(image, kind, prior), valid, kind, rule)
        if rule.image_limit < 0 or not bool((more & (kept.sum(1) < rule.image_limit)).any()):
            break
        width *= 4
    image, kind, prior = image[kept], kind[kept], prior[kept]
    turn = (image * num_classes + kind).argsort(stable=True)
    return image[turn], kind[turn], prior[turn]


def _thin(corners: Tensor, valid: Tensor, kind: Tensor, rule: Suppression) -> Tensor:
    if rule.image_limit < 0:
        return greedy(corners, valid, rule.threshold, eta=rule.eta)
    if 0 <= rule.class_limit < valid.shape[1]:
        valid = valid & (_rank_in_class(kind, valid) < rule.class_limit)
    return greedy(corners, valid, rule.threshold, eta=rule.eta, group=kind, most=rule.image_limit)


def _rank_in_class(kind: Tensor, valid: Tensor) -> Tensor:
    """(B, M): the number of valid entries of the same class before each."""
    num_classes = int(kind.max()) + 1 if kind.numel() else 1
    own = torch.nn.functional.one_hot(kind, num_classes).mul_(valid[:, :, None])
    return (own.cumsum(1) - own).gather(2, kind[:, :, None])[:, :, 0]


def best_first(lists: Tensor, score: float, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """Top-k with a threshold: the indices of the best scores of each list, the best first.

    lists  (B, W); equal scores in their order; NaN counts as not above
    score  only scores above it
    width  k
    Returns indices (B, M), which of them are real (B, M), and whether there were more (B,).
    """
    above = lists > score
    total = above.sum(1)
    num = total.clamp(max=width)
    chosen = above
    if bool((total > num).any()):
        chosen = highest(torch.where(above, lists, -torch.inf), num)
    row, column = chosen.nonzero(as_tuple=True)
    most = int(num.max()) if len(num) else 0
    valid = torch.arange(most, device=lists.device) < num[:, None]
    order = column.new_zeros(len(lists), most)
    order[valid] = column
    values = torch.where(valid, lists.gather(1, order), -torch.inf)
    turn = values.sort(dim=1, descending=True, stable=True).indices
    return order.gather(1, turn), valid, total > num


def rows_without_box(like: Tensor, num_images: int, width: int = 7) -> Tensor:
    """Rows (num_images, width) where no image has a box: the number of each, then -1."""
    rows = like.new_full((num_images, width), -1)
    rows[:, 0] = torch.arange(num_images, device=like.device)
    return rows


def exported_as(portable: Callable[P, Tensor]) -> Callable[[Callable[P, Tensor]],
                                                           Callable[P, Tensor]]:
    """Decorate an operation that is opaque for torch.compile: torch.export takes `portable`, made
    of PyTorch's own operators, so that a program runs without this project."""
    def decorate(operation: Callable[P, Tensor]) -> Callable[P, Tensor]:
        @functools.wraps(operation)
        def call(*args: P.args, **kwargs: P.kwargs) -> Tensor:
            exporting = torch.compiler.is_exporting()
            return portable(*args, **kwargs) if exporting else operation(*args, **kwargs)
        return call
    return decorate


@exported_as(portable_detections.detection_rows)
@torch.library.custom_op("framework::detection_rows", mutates_args=())
def detection_rows(loc: Tensor, conf: Tensor, priors: Tensor, variances: Tensor, background: int,
                   code: int, variance_in_target: bool, score: float, threshold: float,
                   eta: float, class_limit: int, image_limit: int,
                   attached: Tensor | None = None, clip: bool = False) -> Tensor:
    """Decode and suppress SSD's predictions to rows (K, 7): image, class, score, x1, y1, x2, y2.

    loc                (N, P, 1 or C, 4) codes of boxes, one for all classes or one for each
    conf               (N, P, C) scores
    priors, variances  (P, 4), or priors (N, P, 4), a set for each image
    background         the class left out; no class if it is another number
    attached           (N, P, E): E numbers of each prior that its rows end with, (K, 7 + E)
    clip               boxes end at 0 and 1, before they are compared
    The other numbers are those of `framework.ops.boxes.decode` and `Suppression`. If no image has
    a box, one row for each: its number, then -1. It is an opaque operation for torch.compile, as
    K depends on values.
    Source: detection_output_layer.cpp of weiliu89/caffe branch ssd.
    """
    num_images, num_priors, loc_classes = loc.shape[:3]
    classes = torch.tensor([index for index in range(conf.shape[2]) if index != background],
                           dtype=torch.int64, device=conf.device)
    scores = conf.transpose(1, 2)
    if 0 <= background < conf.shape[2]:
        scores = torch.cat([scores[:, :background], scores[:, background + 1:]], 1)
    scores = scores.contiguous()

    def boxes(image: Tensor, kind: Tensor, prior: Tensor) -> Tensor:
        index = image * num_priors + prior
        own = priors[prior] if priors.dim() == 2 else priors.flatten(0, 1)[index]
        if loc_classes > 1:
            index = index * loc_classes + classes[kind]
        corners = decode(loc.flatten(0, 2)[index], own, variances[prior], code, variance_in_target)
        return corners.clamp(0, 1) if clip else corners

    rule = Suppression(score, threshold, eta, class_limit, image_limit)
    image, kind, prior = detect(scores, boxes, rule)
    more = 0 if attached is None else attached.shape[2]
    if not len(image):
        return rows_without_box(loc, num_images, 7 + more)
    columns = [image.to(loc.dtype), classes[kind].to(loc.dtype),
               scores[image, kind, prior].to(loc.dtype)]
    ends = [] if attached is None else [attached[image, prior].to(loc.dtype)]
    return torch.cat([torch.stack(columns, 1), boxes(image, kind, prior), *ends], 1)


@torch.library.register_fake("framework::detection_rows")
def _(loc: Tensor, conf: Tensor, priors: Tensor, variances: Tensor, background: int,
      code: int, variance_in_target: bool, score: float, threshold: float,
      eta: float, class_limit: int, image_limit: int,
      attached: Tensor | None = None, clip: bool = False) -> Tensor:
    more = 0 if attached is None else attached.shape[2]
    return loc.new_empty(torch.library.get_ctx().new_dynamic_size(), 7 + more)


@exported_as(portable_detections.best_boxes)
@torch.library.custom_op("framework::best_boxes", mutates_args=())
def best_boxes(corners: Tensor, scores: Tensor, labels: Tensor, score: float,
               threshold: float) -> Tensor:
    """Class-agnostic non-maximum suppression of each image to rows (K, 7).

    corners         (N, M, 4)
    scores, labels  (N, M, C), C candidates of each box; scores must be above `score`
    Rows hold image, label, score, x1, y1, x2, y2, by image and falling score; of equal scores the
    earlier box comes first. If no image has a box, there is one row for each: its number, then -1.
    It is an opaque operation for torch.compile, as K depends on values.
    """
    num_images, _, num_candidates = scores.shape
    lists = scores.flatten(1)
    order, valid, _ = best_first(lists, score, lists.shape[1])
    box = (order // num_candidates)[:, :, None].expand(-1, -1, 4)
    kept = greedy(corners.gather(1, box), valid, threshold)
    image, rank = kept.nonzero(as_tuple=True)
    if not len(image):
        return rows_without_box(corners, num_images)
    found = order[image, rank]
    numbers = [image, labels.flatten(1)[image, found], lists[image, found]]
    columns = torch.stack([number.to(corners.dtype) for number in numbers], 1)
    return torch.cat([columns, corners[image, found // num_candidates]], 1)


@torch.library.register_fake("framework::best_boxes")
def _(corners: Tensor, scores: Tensor, labels: Tensor, score: float, threshold: float) -> Tensor:
    return corners.new_empty(torch.library.get_ctx().new_dynamic_size(), 7)


@exported_as(portable_detections.best_boxes_by_class)
@torch.library.custom_op("framework::best_boxes_by_class", mutates_args=())
def best_boxes_by_class(corners: Tensor, scores: Tensor, score: float, threshold: float) -> Tensor:
    """Non-maximum suppression of each image and class to rows (K, 7), as best_boxes gives them.

    corners  (N, M, 4)
    scores   (N, M, C) of the labels 1 to C; they must be above `score`
    """
    def boxes(image: Tensor, kind: Tensor, box: Tensor) -> Tensor:
        return corners[image, box]

    image, kind, box = detect(scores.transpose(1, 2).contiguous(), boxes,
                              Suppression(score, threshold))
    if not len(image):
        return rows_without_box(corners, len(corners))
    found = scores[image, box, kind]
    turn = found.argsort(descending=True, stable=True)
    turn = turn[image[turn].argsort(stable=True)]
    numbers = [number[turn].to(corners.dtype) for number in (image, kind + 1, found)]
    return torch.cat([torch.stack(numbers, 1), corners[image, box][turn]], 1)


@torch.library.register_fake("framework::best_boxes_by_class")
def _(corners: Tensor, scores: Tensor, score: float, threshold: float) -> Tensor:
    return corners.new_empty(torch.library.get_ctx().new_dynamic_size(), 7)
