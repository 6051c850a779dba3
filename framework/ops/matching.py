"""Match priors with ground truth boxes (bipartite, then per prediction) for a whole batch."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.ops.boxes import crosses_border, iou
from framework.ops.device import blocks, sizes_may_vary

UNMATCHED = -1
IGNORED = -2
# Smaller overlaps count as 0 (MatchBBox).
SMALLEST_OVERLAP = 1e-6
# Widths of cells of one map, which may differ by rounding, are less than this factor apart.
SAME_MAP = 1.01


@torch.library.custom_op("framework::match", mutates_args=())
def match(boxes: Tensor, corners: Tensor, group: Tensor, num_groups: int,
          threshold: float, ignore_crossing: bool) -> tuple[Tensor, Tensor]:
    """Bipartite and per-prediction matching of ground truth rows with boxes, group by group.

    boxes            (P, 4) corners, the same priors in every group, or (num_groups, P, 4)
    corners, group   (R, 4) and (R,) int64: the rows and the group of each, an image for instance;
                     a row with a negative group is left out
    threshold        PER_PREDICTION: every box of this overlap or more is matched too;
                     negative: BIPARTITE only
    ignore_crossing  boxes that cross the border of the image are left out
    Returns (num_groups, P) each: the row (int64), or UNMATCHED, or IGNORED where a box is left
    out; and the largest overlap of the box with any row of its group, 0 up to 1e-6.

    First the largest overlap of all pairs of a group matches its row and box, again and again,
    among those not yet matched (ties: the lower box, then the earlier row). Then every box that
    is left takes the row it overlaps most (ties: the earlier row) if that reaches the threshold.
    An opaque operation, so that a compiled graph does not depend on the number of rows.
    Source: MatchBBox, bbox_util.cpp in weiliu89/caffe branch ssd.
    """
    corners = torch.where((group >= 0)[:, None], corners, 0)    # without area: overlaps nothing
    group = group.clamp(min=0)
    ignored = crosses_border(boxes) if ignore_crossing else None
    if ignored is not None:
        boxes = torch.where(ignored[..., None], 0, boxes)
    overlaps = _overlaps(boxes, corners, group)
    best, row = _best_rows(overlaps, group, num_groups, threshold)
    num_boxes = boxes.shape[-2]
    taken = _bipartite(overlaps, group)
    # rows without a box write into one cell more, which is cut off
    cell = torch.where(taken >= 0, group * num_boxes + taken, num_groups * num_boxes)
    matched = torch.cat([row.flatten(), row.new_zeros(1)])
    matched = matched.scatter_(0, cell, torch.arange(len(group), device=row.device))
    matched = matched[:-1].view(num_groups, num_boxes)
    if ignored is not None:
        matched = torch.where(ignored, IGNORED, matched)
    return matched.clone(), best


@match.register_fake
def _(boxes: Tensor, corners: Tensor, group: Tensor, num_groups: int,
      threshold: float, ignore_crossing: bool) -> tuple[Tensor, Tensor]:
    shape = (num_groups, boxes.shape[-2])
    return group.new_empty(shape, dtype=torch.int64), boxes.new_empty(shape)


@torch.library.custom_op("framework::match_anchors", mutates_args=())
def match_anchors(boxes: Tensor, corners: Tensor, group: Tensor, num_groups: int,
                  foreground: float, background: float) -> Tensor:
    """Match anchors with ground truth rows by two overlaps, group by group.

    boxes, corners, group  as for `match`
    Returns (num_groups, P): the row (int64) that the box overlaps most (ties: the earlier row) if
    the overlap reaches `foreground`, or if no other box overlaps some row of the group more (all
    of equal ones); else UNMATCHED below `background`, and IGNORED from there on.
    Source: torchvision.models.detection Matcher with allow_low_quality_matches; a row that no
    box overlaps keeps none here, where it keeps all there.
    """
    corners = torch.where((group >= 0)[:, None], corners, 0)    # without area: overlaps nothing
    group = group.clamp(min=0)
    overlaps = _overlaps(boxes, corners, group)
    best, row = _best_rows(overlaps, group, num_groups, 0.0)
    most = overlaps.amax(1, keepdim=True)
    nearest = ((overlaps == most) & (most > 0)).to(best.dtype)
    wanted = torch.zeros_like(best).index_add_(0, group, nearest) > 0
    matched = torch.where(best < background, UNMATCHED, IGNORED)
    return torch.where(wanted | ((best >= foreground) & (best > 0)), row, matched)


@match_anchors.register_fake
def _(boxes: Tensor, corners: Tensor, group: Tensor, num_groups: int,
      foreground: float, background: float) -> Tensor:
    return group.new_empty((num_groups, boxes.shape[-2]))


@torch.library.custom_op("framework::match_points", mutates_args=())
def match_points(squares: Tensor, corners: Tensor, group: Tensor, num_groups: int, radius: float,
                 least: float, most: float) -> Tensor:
    """Match points, each the middle of a cell, with the ground truth boxes around them (FCOS).

    squares         (P, 4) corners of a cell's size around the points; maps differ in their width
    corners, group  as for `match`
    radius          cells on both axes that the centre of a box is away, less than this
    least, most     cells that the farthest side is away, more and less than these; the first does
                    not hold for the smallest squares, the second not for the largest
    Returns (num_groups, P): the row (int64) of smallest area (ties: the earlier), or UNMATCHED.
    Source: torchvision.models.detection.fcos FCOS.compute_loss.
    """
    size = squares[:, 2:] - squares[:, :2]
    middle = (squares[:, 2:] + squares[:, :2]) / 2
    smallest = size[:, 0] <= size[:, 0].amin() * SAME_MAP
    largest = size[:, 0] * SAME_MAP >= size[:, 0].amax()
    best = squares.new_full((num_groups + 1, len(squares)), torch.inf)
    group = torch.where(group >= 0, group, num_groups)
    areas = (corners[:, 2:] - corners[:, :2]).prod(1)
    keys = squares.new_empty(len(corners), len(squares))
    for part in blocks(squares, len(corners), 4 * len(squares)):
        box = corners[part, None]
        sides = torch.cat([middle - box[..., :2], box[..., 2:] - middle], -1) / size.repeat(1, 2)
        apart = ((box[..., :2] + box[..., 2:]) / 2 - middle).abs() / size
        far = sides.amax(-1)
        fits = (apart.amax(-1) < radius) & (sides.amin(-1) > 0)
        fits &= ((far > least) | smallest) & ((far < most) | largest)
        keys[part] = torch.where(fits, areas[part, None], torch.inf)
    index = group[:, None].expand(-1, len(squares))
    best.scatter_reduce_(0, index, keys, "amin")
    wanted = (keys == best[group]) & keys.isfinite()
    number = torch.arange(len(corners), device=group.device)[:, None]
    row = torch.full_like(best, len(corners), dtype=torch.int64)
    row.scatter_reduce_(0, index, torch.where(wanted, number, len(corners)), "amin")
    return torch.where(row < len(corners), row, UNMATCHED)[:-1].clone()


@match_points.register_fake
def _(squares: Tensor, corners: Tensor, group: Tensor, num_groups: int, radius: float,
      least: float, most: float) -> Tensor:
    return group.new_empty((num_groups, len(squares)))


def _overlaps(boxes: Tensor, corners: Tensor, group: Tensor) -> Tensor:
    """(R, P) overlaps of each row with the boxes of its group; 0 where they do not count."""
    overlaps = boxes.new_empty(len(corners), boxes.shape[-2])
    for part in blocks(boxes, *overlaps.shape):
        own = boxes if boxes.dim() == 2 else boxes.index_select(0, group[part])
        overlaps[part] = torch.threshold_(iou(corners[part, None], own), SMALLEST_OVERLAP, 0.0)
    return overlaps


def _best_rows(overlaps: Tensor, group: Tensor, num_groups: int,
               threshold: float) -> tuple[Tensor, Tensor]:
    """The largest overlap of each box, and its row if that reaches the threshold, else -1."""
    num_rows, num_boxes = overlaps.shape
    best = overlaps.new_zeros(num_groups, num_boxes)
    index = group[:, None].expand(-1, num_boxes)
    best.scatter_reduce_(0, index, overlaps, "amax")
    if threshold < 0:
        return best, group.new_full(best.shape, UNMATCHED)
    # Of equal overlaps the earlier row: the least row number among those that reach the best one.
    first = best.new_full(best.shape, num_rows, dtype=torch.float32)
    numbers = torch.arange(num_rows, dtype=torch.float32, device=group.device)[:, None]
    for part in blocks(overlaps, num_rows, num_boxes):
        is_best = overlaps[part] == best.index_select(0, group[part])
        first.scatter_reduce_(0, index[part], torch.where(is_best, numbers[part], num_rows), "amin")
    return best, torch.where((best > 0) & (best >= threshold), first.long(), UNMATCHED)


def _bipartite(overlaps: Tensor, group: Tensor) -> Tensor:
    """Greedy bipartite matching: the box (R,) of each row, every box used at most once, or -1.

    Taking the largest of all pairs of a group, one after the other, gives the same as taking at
    once, round by round, every pair that is the largest both of its row and of its box: no later
    pair can take its row or its box from it. Few rounds
    are enough: on a CPU only the rows still without a box go into the next one, elsewhere there
    are as many rounds as rows, without waiting for the result.
    """
    num_rows = len(group)
    taken = group.new_full((num_rows,), UNMATCHED)
    rows = torch.arange(num_rows, device=group.device)
    left = overlaps
    for _ in range(num_rows):
        value, box = left.max(1)
        rivals = left.index_select(1, box)      # [r, s]: overlap of row r with the box s wants
        same = group[:, None] == group
        earlier = rows[:, None] < rows
        beaten = same & ((rivals > value) | ((rivals == value) & earlier))
        won = (value > 0) & ~beaten.any(0)
        taken = taken.index_put((rows,), torch.where(won, box, taken[rows]))
        # [r, s]: 0 where row s has taken a box that row r now has no overlap with, else no change
        gone = torch.where(same & won, 0.0, torch.inf).to(left.dtype)
        if sizes_may_vary(left):
            rest = (~won & (value > 0)).nonzero().flatten()
            if not len(rest):
                break
            rows, left, group, gone = rows[rest], left[rest], group[rest], gone[rest]
        else:
            left = left * ~won[:, None]
        left.scatter_reduce_(1, box.expand(len(rows), -1), gone, "amin")
    return taken
