"""Detection post-processing in operators of PyTorch alone: what torch.export writes.

The same rows as those of `framework.ops.detections`, whose steps are operators of this project: a
program that has them cannot be loaded without it. Here a box goes after the other through a loop of
the program, over lists of one length, so that only the number of rows depends on values.
"""

from __future__ import annotations

import torch
from torch import Tensor

from framework.ops.boxes import decode, iou

SMALLEST = 0.5      # an adaptive threshold does not shrink below it


def suppress(corners: Tensor, valid: Tensor, threshold: float, eta: float = 1.0) -> Tensor:
    """Greedy non-maximum suppression of B lists of boxes, the best first: which are kept.

    corners  (B, K, 4)
    valid    (B, K) bool: the others are neither kept nor do they suppress
    eta      below 1, the threshold of a list shrinks by it after each kept box while above 0.5
    Returns (B, K) bool. Source: ApplyNMSFast, bbox_util.cpp in weiliu89/caffe branch ssd.
    """
    position = torch.arange(corners.shape[1], device=corners.device)
    start = torch.zeros((), dtype=torch.int64, device=corners.device)
    end = torch.cat([start[None], (valid * (position + 1)).flatten()]).amax()

    def more(index: Tensor, kept: Tensor, limit: Tensor) -> Tensor:
        return index < end

    def step(index: Tensor, kept: Tensor, limit: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        one = index.reshape(1, 1).expand(corners.shape[0], 1)
        own = corners.gather(1, one[:, :, None].expand(-1, -1, 4))
        covered = (kept & (iou(own, corners) > limit)).any(1, keepdim=True)
        good = valid.gather(1, one) & ~covered
        shrinks = good & (limit > SMALLEST)
        return (index + 1, kept | (good & (position == index)),
                torch.where(shrinks, limit * eta, limit))

    limits = corners.new_full((corners.shape[0], 1), threshold)
    _, kept, _ = torch.while_loop(more, step, (start, torch.zeros_like(valid), limits))
    found: Tensor = kept
    return found


def detection_rows(loc: Tensor, conf: Tensor, priors: Tensor, variances: Tensor, background: int,
                   code: int, variance_in_target: bool, score: float, threshold: float,
                   eta: float, class_limit: int, image_limit: int,
                   attached: Tensor | None = None, clip: bool = False) -> Tensor:
    """`framework.ops.detections.detection_rows`."""
    num_images, num_priors, loc_classes = loc.shape[:3]
    classes = torch.tensor([index for index in range(conf.shape[2]) if index != background],
                           dtype=torch.int64, device=conf.device)
    own = priors.expand(num_images, num_priors, 4)
    if loc_classes > 1:
        loc = loc.index_select(2, classes)
    corners = decode(loc, own[:, :, None], variances[:, None], code, variance_in_target)
    if clip:
        corners = corners.clamp(0, 1)
    corners = corners.expand(-1, -1, len(classes), -1).transpose(1, 2)
    if attached is not None:
        more = attached.to(corners.dtype)[:, None].expand(-1, len(classes), -1, -1)
        corners = torch.cat([corners, more], 3)
    values, kept, corners = _best_of_lists(conf.index_select(2, classes).transpose(1, 2), corners,
                                           score, threshold, eta, class_limit)
    labels = classes[:, None].expand_as(kept[0]).expand_as(kept)
    kept, values = kept.flatten(1), values.flatten(1)
    if image_limit >= 0:
        best = torch.where(kept, values, -torch.inf)
        order = best.sort(dim=1, descending=True, stable=True).indices
        kept = kept & (order.argsort(1) < image_limit)
    return _rows(kept, labels.flatten(1), values, corners.flatten(1, 2))


def best_boxes(corners: Tensor, scores: Tensor, labels: Tensor, score: float,
               threshold: float) -> Tensor:
    """`framework.ops.detections.best_boxes`."""
    num_candidates = scores.shape[2]
    each = corners[:, :, None].expand(-1, -1, num_candidates, -1).flatten(1, 2)
    values, order = _sorted(scores.flatten(1), score)
    each = each.gather(1, order[:, :, None].expand(-1, -1, 4))
    kept = suppress(each, values > -torch.inf, threshold)
    return _rows(kept, labels.flatten(1).gather(1, order), values, each)


def best_boxes_by_class(corners: Tensor, scores: Tensor, score: float, threshold: float) -> Tensor:
    """`framework.ops.detections.best_boxes_by_class`."""
    num_classes = scores.shape[2]
    each = corners[:, None].expand(-1, num_classes, -1, -1)
    values, kept, each = _best_of_lists(scores.transpose(1, 2), each, score, threshold, 1.0, -1)
    labels = torch.arange(1, num_classes + 1, device=scores.device)[:, None].expand_as(kept)
    values, order = torch.where(kept, values, -torch.inf).flatten(1).sort(dim=1, descending=True,
                                                                          stable=True)
    each = each.flatten(1, 2).gather(1, order[:, :, None].expand(-1, -1, 4))
    return _rows(values > -torch.inf, labels.flatten(1).gather(1, order), values, each)


def _sorted(scores: Tensor, least: float) -> tuple[Tensor, Tensor]:
    """Scores along the last axis from the highest, with -inf for those not above `least`, and
    their positions; equal scores in their order."""
    above = torch.where(scores > least, scores, -torch.inf)
    values, order = above.sort(dim=-1, descending=True, stable=True)
    return values, order


def _best_of_lists(scores: Tensor, corners: Tensor, least: float, threshold: float, eta: float,
                   limit: int) -> tuple[Tensor, Tensor, Tensor]:
    """Suppression in each class of each image, among its `limit` best, or all if negative.

    scores (N, C, P), corners (N, C, P, 4 and more numbers of each box). Returns scores (N, C, K)
    from the highest, which are kept (N, C, K), and corners (N, C, K, as given).
    """
    values, order = _sorted(scores, least)
    if 0 <= limit < scores.shape[2]:
        values, order = values[:, :, :limit], order[:, :, :limit]
    best = corners.gather(2, order[..., None].expand(-1, -1, -1, corners.shape[3]))
    valid = (values > -torch.inf).flatten(0, 1)
    kept = suppress(best[..., :4].flatten(0, 1), valid, threshold, eta)
    return values, kept.unflatten(0, scores.shape[:2]), best


def _rows(kept: Tensor, labels: Tensor, scores: Tensor, corners: Tensor) -> Tensor:
    """Rows (K, 3 + E) of the kept boxes, image by image in their order; or one of -1 for each.

    kept, labels, scores  (N, M)
    corners               (N, M, E)
    """
    image = torch.arange(kept.shape[0], device=kept.device, dtype=corners.dtype)
    columns = [image[:, None].expand_as(kept), labels.to(corners.dtype), scores.to(corners.dtype)]
    table = torch.cat([torch.stack(columns, 2), corners], 2)
    nothing = corners.new_full((1, 2 + corners.shape[2]), -1)
    none = torch.cat([image[:, None], nothing.expand(kept.shape[0], -1)], 1)
    wanted = torch.cat([kept, (~kept.any()).expand(kept.shape[0], 1)], 1)
    return torch.cat([table, none[:, None]], 1)[wanted]
